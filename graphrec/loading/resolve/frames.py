"""Still pictures as frames of the items that the graph knows."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa

from graphrec.errors import DataError
from graphrec.features import SUFFIXES
from graphrec.loading.blocks import FeatureBlock, FileBlock, Known, NodeBlock, RelationshipBlock
from graphrec.media.encoders.base import FrameEncoder
from graphrec.store.base import GraphStore
from graphrec.store.upsert import positions

if TYPE_CHECKING:
    from graphrec.media.stills import Still

log = logging.getLogger(__name__)

_TOGETHER = 200
"""Pictures that are stored in one transaction."""


@dataclass(frozen=True)
class StillFile:
    """A picture of an item; its frame is called by both."""

    path: Path
    item: str
    name: str

    @property
    def frame(self) -> str:
        """Id of the frame."""
        return f"{self.item}:{self.name}"


@dataclass(frozen=True)
class PendingFrames:
    """Pictures of items; those of items that the store does not know are left out.

    Attributes:
        files: the pictures, no two of the same frame.
        encoder: what describes them.
        source: the folders that they are from.
    """

    files: Sequence[StillFile]
    encoder: FrameEncoder
    source: str
    after_its_file: ClassVar[bool] = False

    def resolve(self, known: Known) -> Iterator[NodeBlock | RelationshipBlock | FeatureBlock | FileBlock]:
        """Yield frames, whose they are and what they look like; a picture that cannot be used costs only itself.

        Raises ``DataError`` where no item is known.
        """
        files = self.files if known.store is None else self._of_known_items(known.store)
        uris = _stored(files, known.store)
        with ThreadPoolExecutor() as threads:
            for start in range(0, len(files), _TOGETHER):
                some = slice(start, start + _TOGETHER)
                kept = []
                for file, uri, still in zip(files[some], uris[some], threads.map(self._read, files[some]), strict=True):
                    reason = still if isinstance(still, str) else _contradiction(file, still, uri)
                    if not isinstance(still, str) and not reason:
                        still.keep(known.workspace)
                        kept.append((file, still))
                    yield FileBlock(str(file.path), len(files), reason)
                if kept:
                    yield from self._blocks(kept)

    def _of_known_items(self, store: GraphStore) -> Sequence[StillFile]:
        items = pa.array([file.item for file in self.files], pa.string())
        known = positions(items, store.read_nodes("Item")["id"]) >= 0
        if not known.any():
            raise DataError(
                f"{self.source}: no picture is of an item that is in the graph: ITEM.jpg and ITEM/*.jpg are taken for "
                f"pictures of the Item ITEM, such as {self.files[0].item!r}; load the items first",
                self.source,
            )
        strange = sorted({file.item for file, there in zip(self.files, known, strict=True) if not there})
        if strange:
            named = ", ".join(strange[:5]) + (f" and {len(strange) - 5} more" if len(strange) > 5 else "")
            log.info(
                "%s: %d pictures of items that are not in the graph are left out: %s",
                self.source,
                np.count_nonzero(~known),
                named,
            )
        return [file for file, there in zip(self.files, known, strict=True) if there]

    def _read(self, file: StillFile) -> Still | str:
        # What reads pictures takes long to import, and every command would.
        from graphrec.media.stills import read_still

        try:
            return read_still(file.path, self.encoder.picture)
        except DataError as error:
            return str(error)

    def _blocks(
        self, kept: Sequence[tuple[StillFile, Still]]
    ) -> Iterator[NodeBlock | RelationshipBlock | FeatureBlock]:
        from graphrec.media.stills import describe_still

        more = f" and {len(kept) - 1} more" if len(kept) > 1 else ""
        source = f"{kept[0][0].path}{more}"
        ids = [file.frame for file, _ in kept]
        yield NodeBlock("Frame", pa.table({"id": ids, "uri": [still.uri for _, still in kept]}), source)
        ends = pa.table({"from": [file.item for file, _ in kept], "to": ids})
        yield RelationshipBlock("HAS_FRAME", "Item", "Frame", ends, source, existing=("Item", "Frame"))
        looks = np.stack([describe_still(still.pixels, self.encoder) for _, still in kept])
        name = self.encoder.name + SUFFIXES["Frame"]
        yield FeatureBlock(name, "Frame", ids, looks, source, self.encoder.version)


def _stored(files: Sequence[StillFile], store: GraphStore | None) -> list[str | None]:
    """Return the picture that the graph has of each frame."""
    if store is None:
        return [None] * len(files)
    frames = store.read_nodes("Frame", ["uri"])
    at = positions(pa.array([file.frame for file in files], pa.string()), frames["id"])
    found: list[str | None] = frames["uri"].take(pa.array(at, mask=at < 0)).to_pylist()
    return found


def _contradiction(file: StillFile, still: Still, stored: str | None) -> str:
    if stored in (None, still.uri):
        return ""
    return f"{file.path}: frame {file.frame!r} is in the graph with another picture; rename the file"
