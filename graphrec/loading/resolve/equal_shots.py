"""Videos cut into equal shots, each of which a frame stands for: by its time alone, without a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graphrec.loading.resolve.playing import Pieces, Times
from graphrec.store.base import GraphStore, Ints
from graphrec.store.upsert import positions


@dataclass(frozen=True)
class EqualShots:
    """The frames of equal shots.

    Attributes:
        pieces: all frames that comments may be ON: those that videos have, and of those videos that are cut the ones
            that some comment falls on.
        frames: ``id``, ``video``, ``time_s`` and ``shots`` of the latter.
        videos: how many videos are cut.
        guessed: of how many of those nobody knows how long they are: they are cut up to their last comment.
        kept: how many videos with comments have frames of their own, which stay.
    """

    pieces: Pieces
    frames: pa.Table
    videos: int
    guessed: int
    kept: int

    def write(self, store: GraphStore) -> None:
        """Write the frames, and of which videos they are."""
        store.write_nodes("Frame", self.frames.select(["id", "time_s", "shots"]))
        owned = pa.table({"from": self.frames["video"], "to": self.frames["id"]})
        store.write_relationships("HAS_FRAME", "Item", "Frame", owned)

    @staticmethod
    def clear(store: GraphStore) -> None:
        """Delete the frames of equal shots that no comment is ON, and nobody likes, as the stored graph has it."""
        frames = store.read_nodes("Frame", ["shots"])
        idle = pc.is_valid(frames["shots"]).to_numpy().copy()
        if not idle.any():
            return
        for name, source in (("ON", "Comment"), ("LIKED", "User")):
            edges = store.read_relationships(name, source, "Frame")
            idle[positions(edges.target_ids, frames["id"])[np.unique(edges.target)]] = False
        store.delete_nodes("Frame", frames["id"].filter(pa.array(idle)).combine_chunks())


def equal_shots(comments: pa.Table, store: GraphStore, shots: int | None) -> EqualShots:
    """Return the frames of equal shots that comments fall on.

    Args:
        comments: ``video`` (id, empty where nobody knows), ``moment_s`` and ``time_s`` (float64), without nulls.
        store: what knows the videos.
        shots: into how many each video is cut that has no frames but those of equal shots; None for as many as it was.
    """
    pieces = Pieces.stored(store, "Frame")
    # A video's frames are all of equal shots, or none is.
    framed = np.zeros(len(pieces.videos), bool)
    framed[pieces.video] = pieces.shots == 0
    video = positions(comments["video"], pieces.videos)
    length, guessed = _lengths(comments, video, pieces.videos, store)
    # A shot has a millisecond at least: by those their ids are told apart.
    wanted = _as_before(pieces, store) if shots is None else np.full(len(pieces.videos), shots)
    count = np.minimum(np.where(framed, 0, wanted), np.ceil(1000 * length).astype(np.int64))
    here = np.flatnonzero(video >= 0)
    here = here[count[video[here]] > 0]
    of, moment = video[here], comments["moment_s"].to_numpy()[here]
    shot = np.clip(np.floor(moment / length[of] * count[of]), 0, count[of] - 1).astype(np.int64)
    # Where rounding has put it a shot too late, or too early.
    shot -= shot * length[of] / count[of] > moment
    shot += (shot + 1 < count[of]) & ((shot + 1) * length[of] / count[of] <= moment)
    number = np.unique(of * (count.max(initial=0) + 1) + shot)
    of, shot = np.divmod(number, count.max(initial=0) + 1)
    start = shot * length[of] / count[of]
    ids = pieces.videos.take(pa.array(of))
    time = pa.array(np.round(1000 * start).astype(np.int64)).cast(pa.string())
    keys = pc.binary_join_element_wise(ids, time, "@")
    frames = pa.table({"id": keys, "video": ids, "time_s": start, "shots": count[of]})
    stay = count[pieces.video] == 0
    of_both = replace(
        pieces,
        ids=pa.chunked_array([*pieces.ids.filter(pa.array(stay)).chunks, *frames["id"].chunks], pa.string()),
        video=np.concatenate([pieces.video[stay], of]),
        begins=np.concatenate([pieces.begins[stay], start]),
        shots=np.concatenate([pieces.shots[stay], count[of]]),
    )
    cut = np.unique(of)
    kept = framed[np.unique(video[video >= 0])].sum()
    return EqualShots(of_both, frames, len(cut), int(guessed[cut].sum()), int(kept))


def _as_before(pieces: Pieces, store: GraphStore) -> Ints:
    """Return into how many shots each video was cut last, int64 [v]; 0 of one that was not.

    Frames of an earlier cut stay where somebody likes them: what comments are on tells.
    """
    found = np.zeros(len(pieces.videos), np.int64)
    if not pieces.shots.any():
        return found
    np.maximum.at(found, pieces.video, pieces.shots)
    on = store.read_relationships("ON", "Comment", "Frame")
    frames = positions(on.target_ids, pieces.ids)[np.unique(on.target)]
    frames = frames[frames >= 0]
    found[pieces.video[frames]] = pieces.shots[frames]
    return found


def _lengths(
    comments: pa.Table, video: Ints, videos: pa.ChunkedArray, store: GraphStore
) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Return how long ``videos`` are, float64 [v], seconds, and bool [v]: whether only their last comments tell it."""
    items = store.read_nodes("Item", ["duration_s"])
    row = positions(videos, items["id"])
    told = pc.fill_null(items["duration_s"], 0).to_numpy()[row]
    guessed = ~(np.isfinite(told) & (told > 0))
    last = np.zeros(len(videos))
    np.maximum.at(last, video[video >= 0], comments["time_s"].to_numpy()[video >= 0])
    return np.maximum(np.where(guessed, last, told), 0.001), guessed
