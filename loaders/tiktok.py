"""The TikTok micro-video data set of MMSSL and DiffMM: likes in three splits, image and audio features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graphrec.errors import DataError
from graphrec.loading.blocks import Block, FeatureBlock, NodeBlock, RelationshipBlock
from graphrec.loading.loader import Options as BaseOptions
from graphrec.loading.loader import require_folder

SPLITS = {"trnMat.npz": "train", "valMat.npz": "valid", "tstMat.npz": "test"}
FEATURES = {"image": "image_feat.npy", "audio": "audio_feat.npy"}


class TikTok:
    """Loads a folder with {trn,val,tst}Mat.npz (row, col, shape), image_feat.npy and audio_feat.npy."""

    name: ClassVar[str] = "tiktok"
    title: ClassVar[str] = "the TikTok micro-video set: likes with their split, image and audio features"
    example: ClassVar[str] = "graphrec load tiktok tiktok/"
    Options: ClassVar[type[BaseOptions]] = BaseOptions

    def blocks(self, paths: Sequence[Path], options: BaseOptions, workspace: Path) -> Iterator[Block]:
        """Yield videos, likes and features of each folder."""
        for folder in paths:
            require_folder(folder, "give the folder with trnMat.npz")
            users, items = (int(n) for n in _arrays(folder / "trnMat.npz", "shape")["shape"])
            videos = pa.array([str(i) for i in range(items)])
            yield NodeBlock("User", pa.table({"id": pa.array([str(u) for u in range(users)])}), str(folder))
            yield NodeBlock("Item", pa.table({"id": videos, "kind": pa.repeat("video", items)}), str(folder))
            for file, split in SPLITS.items():
                pairs = _arrays(folder / file, "row", "col")
                table = pa.table(
                    {
                        "from": pa.array(pairs["row"]).cast(pa.string()),
                        "to": pa.array(pairs["col"]).cast(pa.string()),
                        "split": pa.repeat(split, len(pairs["row"])),
                    }
                )
                yield RelationshipBlock("LIKED", "User", "Item", table, str(folder / file))
            for name, file in FEATURES.items():
                matrix = _matrix(folder / file)
                if len(matrix) != items:
                    raise DataError(
                        f"{folder / file}: {len(matrix)} rows for {items} videos", str(folder / file)
                    )
                yield FeatureBlock(name, "Item", videos.to_pylist(), matrix, str(folder / file))


def _arrays(path: Path, *names: str) -> dict[str, npt.NDArray[np.int64]]:
    _require(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            missing = [name for name in names if name not in arrays]
            if missing:
                raise DataError(f"{path}: no array named {', '.join(missing)}", str(path))
            return {name: np.asarray(arrays[name], np.int64) for name in names}
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise DataError(f"{path}: not readable as .npz ({error})", str(path)) from error


def _require(path: Path) -> None:
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; the folder must hold {', '.join((*SPLITS, *FEATURES.values()))}",
            str(path),
        )


def _matrix(path: Path) -> npt.NDArray[np.float32]:
    _require(path)
    try:
        return np.asarray(np.load(path, allow_pickle=False), np.float32)
    except (OSError, EOFError, ValueError, BadZipFile) as error:
        raise DataError(f"{path}: not readable as .npy ({error})", str(path)) from error
