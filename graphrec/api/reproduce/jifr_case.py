"""JIFR's figure 5: what a user had liked, and the frame of an item that each system would show her."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from graphrec.api.reproduce.jifr_frames import RANKS_FRAMES, frame_scorer
from graphrec.api.reproduce.paper import Found
from graphrec.api.reproduce.pictures import strip
from graphrec.api.reproduce.report import Block, Text
from graphrec.graph.ids import Ids
from graphrec.models.base import Scorer
from graphrec.models.item_frames import FRAME, frames_of
from graphrec.ragged import Ints
from graphrec.serving.load_model import Loaded
from graphrec.serving.lookups import rows
from graphrec.store.base import closing
from graphrec.store.open import open_store
from graphrec.tasks.cases import RankingCases
from graphrec.workspace import Workspace

HISTORY = 8
"""So many of the user's training items are shown."""


def case_study(found: Found, whole: str, plain: str, also: str) -> list[Block]:
    """Return a picture of one user: a test case that ``whole`` gets right and ``plain`` does not.

    Args:
        found: everything.
        whole: title of the system whose cases are looked at.
        plain: title of the one that is to err.
        also: projection of the likes of frames.
    """
    first = {title: next(iter(runs.values())) for title, runs in found.runs.items()}
    loaded = found.load(first[whole].id) if {whole, plain} <= first.keys() else None
    if loaded is None or also not in loaded.beside:
        return [Text(["There are no likes of frames, by which it could be told who is right."])]
    frames = loaded.beside[also]
    cases = frames.split.test
    chosen: dict[str, Ints] = {}
    for title, run in first.items():
        scorer = (
            frame_scorer(found.load(run.id), frames.split.data) if run.model in RANKS_FRAMES else None
        )
        if scorer is not None:
            chosen[title] = _best(scorer, cases)
    right = {
        title: np.array([at in cases.relevant[row] for row, at in enumerate(best)])
        for title, best in chosen.items()
    }
    only, reverse = (right[whole] & ~right[plain]).nonzero()[0], int((~right[whole] & right[plain]).sum())
    told = (
        f"Of {len(cases):,} test cases {whole} puts a frame first that the user liked in {right[whole].sum():,}, and "
        f"{plain} in {right[plain].sum():,}: {len(only):,} that only {whole} gets right, {reverse:,} that only {plain} "
        "does."
    )
    if not len(only):
        return [Text([told])]
    # The longest list among them: the more frames there are, the less is it by chance.
    case = (
        int(only[np.argmax(cases.candidates.lengths[only])]) if cases.candidates is not None else int(only[0])
    )
    return [Text([told]), _drawn(found, loaded, frames.snapshot.items, cases, case, chosen)]


def _drawn(
    found: Found, loaded: Loaded, frames: Ids, cases: RankingCases, case: int, chosen: Mapping[str, Ints]
) -> Block:
    user = int(cases.users[case])
    had = loaded.snapshot.items.take(loaded.split.data.by_user[user][:HISTORY])
    assert cases.candidates is not None
    asked = cases.candidates[case]
    ids = frames.take(asked)
    every = frames_of(loaded.split.data)
    at = loaded.snapshot.ids[FRAME].index(ids[:1])[0]
    item = loaded.snapshot.items[int(every.rows[every.indices == at][0])]
    with closing(open_store(found.workspace, found.store)) as store:
        of = rows(store, "frames_of_items", ids=[*had, item])
    pictures = {row["id"]: _picture(found.workspace, row["uri"]) for row in of}
    posters = {
        row["item"]: _picture(found.workspace, row["uri"])
        for row in sorted(of, key=lambda row: row["id"], reverse=True)
    }
    liked = set(cases.relevant[case].tolist())
    shown = []
    for at, frame in zip(asked.tolist(), ids, strict=True):
        by = [title for title, best in chosen.items() if best[case] == at]
        words = ["liked"] * (at in liked) + by
        shown.append((pictures.get(frame), "\n".join(words)))
    history = [(posters.get(one), one) for one in had]
    return strip(
        "case",
        [(f"Liked by {loaded.snapshot.users[user]}", history), (f"Frames of {item}", shown)],
        f"Above, what {loaded.snapshot.users[user]} had liked in training, each by its first frame. Below, the frames "
        f"of {item} from the test, the one that was liked, and which system puts which first.",
    )


def _picture(workspace: Workspace, uri: str | None) -> Path | None:
    path = None if uri is None else workspace.root / uri
    return path if path is not None and path.is_file() else None


def _best(scorer: Scorer, cases: RankingCases) -> Ints:
    """Return int64 [cases], the first candidate of each."""
    assert cases.candidates is not None
    found = np.zeros(len(cases), np.int64)
    for case in range(len(cases)):
        listed = cases.candidates[case]
        scores = scorer.grid(torch.from_numpy(cases.users[case : case + 1]), torch.from_numpy(listed))
        found[case] = listed[int(scores[0].argmax())]
    return found
