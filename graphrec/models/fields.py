"""Users and items as rows of sparse columns, as factorization machines see them: who they are, and fields beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from graphrec.errors import ConfigError, DataError
from graphrec.graph.columns import Numbers, Words
from graphrec.graph.content import Joined
from graphrec.graph.data import Data, Shape
from graphrec.graph.projection import THEN, list_ends
from graphrec.models.base import Needs, require_features
from graphrec.models.features import FeatureScaling
from graphrec.ragged import Ints

Mask = npt.NDArray[np.bool_]

CONTENT = "content"
"""The field that stands for all features of items."""


@dataclass(frozen=True)
class Side:
    """What is known of the users, or of the items: x of Rendle's Eq. 1, in two parts.

    Attributes:
        rows: float32 [nodes, columns], by row; first a column for each node, 1 where it has a training record.
        fields: int64 [columns], of which field each column is, the nodes themselves 0.
    """

    rows: sparse.csr_array
    fields: Ints

    @cached_property
    def columns(self) -> sparse.csc_array:
        """The same, by column."""
        return sparse.csc_array(self.rows)

    @cached_property
    def squares(self) -> sparse.csr_array:
        """The same with every number squared, by row."""
        return self.rows.power(2)

    @property
    def known(self) -> Mask:
        """bool [nodes], of which anything is known."""
        return np.asarray(np.diff(self.rows.indptr) > 0)


def named(fields: str) -> list[str]:
    """Return the fields of a setting such as ``Item>Genre,Item.year,content``."""
    return [name.strip() for name in fields.split(",") if name.strip()]


def needed(fields: str) -> Needs:
    """Return what of the graph these fields are read from; raises ``ConfigError`` for what can be none."""
    names = named(fields)
    for name in names:
        if name != CONTENT and THEN not in name and "." not in name:
            raise ConfigError(
                f"fields={fields}: {name!r} is no field; take lists as Item>Genre, properties as User.age, or "
                f"{CONTENT} for all features of items"
            )
    return Needs(
        features=CONTENT in names,
        lists=tuple(name for name in names if THEN in name),
        fields=tuple(name for name in names if "." in name),
    )


def widths(shape: Shape, label: str, fields: str) -> list[int]:
    """Return how many columns the fields of ``label`` have, the nodes themselves first."""
    found = [shape.nodes[label]]
    for name in _of(label, fields, shape.item):
        if name == CONTENT:
            found.append(shape.width)
        elif name in shape.lists:
            found.append(shape.nodes[list_ends(name)[1]])
        else:
            found.append(shape.words.get(name, 1))
    return found


def side(data: Data, label: str, fields: str) -> Side:
    """Return what is known of the nodes of ``label``.

    A node of m listed ones has 1/m of each; a number is standardised over the nodes that have a training record, and
    left out where a node has none; of text each different value is a column; features are standardised and of unit
    length. A node without a training record has no column of its own, which nothing could be learned for.
    """
    shape = data.shape
    # Lists of every item's users would be as large as the records, only to be counted.
    seen = (data.by_user.lengths if label == "User" else np.bincount(data.records.item, minlength=data.items)) > 0
    parts = [sparse.csr_array(sparse.diags_array(seen.astype(np.float32)))]
    for name, width in zip(_of(label, fields, data.item), widths(shape, label, fields)[1:], strict=True):
        parts.append(_part(data, name, width, seen))
    rows = sparse.hstack(parts, format="csr", dtype=np.float32)
    rows.eliminate_zeros()
    of = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
    return Side(rows, of)


def require_fields(data: Data, fields: str) -> None:
    """Raise ``ConfigError`` for a field of neither users nor items, ``DataError`` for one that says nothing."""
    for name in named(fields):
        label = _label(name, data.item)
        if label not in ("User", data.item):
            raise ConfigError(f"fields={fields}: {name!r} is neither of User nor of {data.item}")
        if name == CONTENT:
            require_features(data, f"fields={fields}")
        elif not _part(data, name, widths(data.shape, label, name)[1], np.ones(data.nodes[label], bool)).nnz:
            raise DataError(f"fields={fields}: no {label} has any {name}")


def _label(name: str, item: str) -> str:
    return item if name == CONTENT else name.partition(THEN if THEN in name else ".")[0]


def _of(label: str, fields: str, item: str) -> Iterator[str]:
    return (name for name in named(fields) if _label(name, item) == label)


def _part(data: Data, name: str, width: int, seen: Mask) -> sparse.csr_array:
    """Return the columns of one field, float32 [nodes, width]."""
    if name == CONTENT:
        return sparse.csr_array(_standard(data.content, seen))
    if name in data.lists:
        listed = data.lists[name].distinct()
        share = 1 / np.repeat(listed.lengths, listed.lengths).astype(np.float32)
        return sparse.csr_array((share, listed.indices, listed.indptr), (len(listed), width))
    column = data.fields[name]
    if isinstance(column, Words):
        there = np.flatnonzero(column.codes >= 0)
        found = np.ones(len(there), np.float32), (there, column.codes[there])
        return sparse.csr_array(found, (len(column), width))
    there = np.flatnonzero(np.isfinite(column.values))
    found = _scaled(column, seen)[there], (there, np.zeros(len(there), np.int64))
    return sparse.csr_array(found, (len(column), width))


def _scaled(column: Numbers, seen: Mask) -> npt.NDArray[np.float32]:
    """Return a number at mean 0 and deviation 1 over ``seen`` nodes; 0 where all are equal."""
    values = np.asarray(column.values)
    known = values[seen & np.isfinite(values)]
    if len(known) < 2 or not known.std():
        return np.zeros(len(values), np.float32)
    scaled: npt.NDArray[np.float32] = ((values - known.mean()) / known.std()).astype(np.float32)
    return scaled


def _standard(content: Joined, seen: Mask) -> npt.NDArray[np.float32]:
    """Return features standardised over ``seen`` nodes and of unit length; zeros of one that has none."""
    scaling = FeatureScaling(content.width, "standard")
    scaling.fit(content, seen)
    return scaling.of(content).numpy()
