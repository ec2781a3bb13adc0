"""What KFRCI's tables can be tried on: a niconico archive, and a made world of videos that people comment on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from graphrec.api.demo.measuring import Truth
from graphrec.api.prepare import prepare_comments
from graphrec.api.reproduce.paper import Source, Step
from graphrec.graph.snapshot import Snapshot
from graphrec.loaders.comments import ARCHIVE, Comments, CommentsOptions
from graphrec.loaders.frames import Frames, FramesOptions
from graphrec.loaders.table import TableLoader, TableOptions
from graphrec.loading.load import load
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace
from graphrec.worlds.comments import CommentWorld, make_comment_world

SHOTS = 100
"""Of a niconico video. By the paper's 1,000, of which 288,983 in all are commented on, eight times as many frames would
be ranked after each epoch."""
WORLD_DIFFERS = (
    "A small made world of 80 users with 140 comments each on 2,500 frames, whose looks tell a part of what draws a "
    "user, and whose topic, of which only words tell, another. It tells whether everything runs and what the systems "
    "can find, not how they do on the paper's 40 users, 11 movies and 29,137 comments.",
    "Every frame has a picture of its own, 10 s after the one before; shots are not cut.",
    "Pictures are described by colour and texture, not by a network.",
    "Each system is trained for a limited number of epochs.",
)


def make_world(
    graph: GraphStore,
    workspace: Workspace,
    seed: int,
    step: Step,
    *,
    users: int = 80,
    videos: int = 50,
    shots: int = 50,
    praises: int = 100,
    blames: int = 40,
) -> None:
    """Write the world's pictures and tables, load and prepare them, and keep what is hidden in them."""
    world = make_comment_world(
        workspace.root / "world", seed=seed, users=users, videos=videos, shots=shots, praises=praises, blames=blames,
        progress=lambda done, of: step("pictures drawn", done, of),
    )  # fmt: skip
    load_world(graph, world, workspace, step)
    np.savez_compressed(
        _hidden(workspace), scores=world.scores, users=np.array(world.users), frames=np.array(world.frame_ids)
    )


def load_world(graph: GraphStore, world: CommentWorld, workspace: Workspace, step: Step) -> None:
    """Load videos, frames, pictures and comments, and put each comment on the frame that it was begun at."""

    def told(name: str, rows: int, *, of: int | None = None) -> None:
        if of:
            step("pictures described", rows, of)

    for path, options in (
        (world.videos, TableOptions(nodes="Item:id", property=["title", "duration_s"])),
        (world.frames, TableOptions(nodes="Frame:id", property=["time_s"])),
        (world.frames, TableOptions(rels="HAS_FRAME", from_="Item:video", to="Frame:id")),
    ):
        load(graph, TableLoader(), [path], options, workspace)
    load(graph, Frames(), [world.stills], FramesOptions(), workspace, progress=told)
    load(graph, Comments(), [world.comments], CommentsOptions.model_validate({"on": "frame"}), workspace)
    prepare_comments(graph, on="Frame")


def truth(workspace: Workspace, snapshot: Snapshot) -> Truth | None:
    """Return the scores that the world's comments were drawn by; None where the workspace has no such world."""
    if not _hidden(workspace).exists():
        return None
    with np.load(_hidden(workspace)) as hidden:
        users, frames = (hidden[name].tolist() for name in ("users", "frames"))
        return Truth(hidden["scores"], users, frames, snapshot.users, snapshot.items)


def _hidden(workspace: Workspace) -> Path:
    return workspace.root / "world" / "truth.npz"


def _find_archive(folder: Path) -> Sequence[Path] | None:
    for one in (folder, folder / "niconico"):
        if any((one / name).is_file() for name in ARCHIVE):
            return [one]
    return None


def _load_archive(graph: GraphStore, paths: Sequence[Path], workspace: Workspace, step: Step) -> None:
    load(graph, Comments(), paths, CommentsOptions.model_validate({}), workspace)
    prepare_comments(graph, shots=SHOTS)


SOURCES = (
    Source(
        "niconico comments",
        "comments.tsv.gz and videos.tsv of a niconico archive, in a folder niconico",
        _find_archive,
        _load_archive,
        (
            "The paper has 29,137 Chinese comments of 40 users on 11 movies, which were never published; here it is "
            "what the archive holds, in Japanese.",
            "There are no images: VBPR, KFRI and KFRCI cannot be tried, and KFRC is what is left of the paper's model.",
            f"Each video is cut into {SHOTS} equal shots and not 1,000, since all are ranked after every epoch; only "
            "shots that somebody comments on are frames. So there are more comments to a frame than in the paper.",
            "Words of praise and blame are counted by lists of ours, not by the Stanford toolkit.",
        ),
    ),
)
