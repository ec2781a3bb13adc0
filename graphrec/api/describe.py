"""A property of nodes -> a feature matrix, by an encoder that is fitted on its values once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from graphrec import schema
from graphrec.api.carry import BLOCK, Carried, Written, carried, known, that_belong, write_means
from graphrec.errors import ConfigError, DataError, unknown
from graphrec.features import FeatureStore, check_name
from graphrec.graph.belonging import belonging, reachable
from graphrec.media import value_encoder
from graphrec.media.kept_encoders import TFIDF, Values, files, kept_encoder
from graphrec.media.sentences import PREFIX
from graphrec.media.text import blank
from graphrec.media.value_encoder import ENCODERS, Encoder
from graphrec.properties import WORDS
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

USUAL: Mapping[schema.PropertyType, str] = {"string": TFIDF, "list": "n-hot"}
"""Of numbers, times and what is true or false it is ``number``; of texts that are categories ``n-hot``."""
CATEGORIES, EACH, SHORT = 50, 4, 30
"""Texts are categories where there are at most so many different ones, used so often on average, none longer."""
TAKES: Mapping[str, tuple[schema.PropertyType, ...]] = {
    "n-hot": ("string", "list"),
    "number": ("int64", "float64", "bool"),
}
"""Types of the properties that an encoder describes; texts where nothing is said."""

SPLIT = "split"
HELD_OUT = ("valid", "test")
"""What nodes of these parts say is what models are tested on."""


@dataclass(frozen=True)
class DescribedValues:
    """What ``describe`` did.

    Attributes:
        name: of the feature matrix.
        label: of the nodes that are described.
        dimension: numbers per node.
        fitted: whether the encoder was fitted now, and not read from where an earlier call had kept it.
        described: how many nodes got a vector.
        known: how many had one already.
        without_value: how many of the nodes that may have the value have none.
        left_out: how many different values have no number of their own, beyond the most frequent ones.
        again: how many got another vector than they had, since other values belong to them.
        carried: how values came to nodes of another label; None where nodes are described by their own.
        encoder: by what values were put in numbers.
    """

    name: str
    label: str
    dimension: int
    fitted: bool
    described: int
    known: int
    without_value: int
    left_out: int = 0
    again: int = 0
    carried: Carried | None = None
    encoder: str = ""


def describe(
    store: GraphStore,
    workspace: Workspace,
    what: str,
    *,
    onto: str | None = None,
    name: str | None = None,
    encoder: str | None = None,
    dimension: int | None = None,
    seed: int = 0,
    refit: bool = False,
) -> DescribedValues:
    """Describe the values of a property of all nodes of a label by a vector each.

    The encoder is fitted on the values that are there the first time, and kept; nodes that come later are described by
    it in the same space, and the vectors of earlier ones stay as they are, also where their value has changed.

    With ``onto`` the vectors go to the nodes of another label, to which those with the values belong: of comments to
    the videos that they are on, on their segments or frames. Each gets the mean of its vectors, and another mean when
    further values belong to it.

    Args:
        store: the graph.
        workspace: where the feature matrix and the encoder are kept.
        what: ``Label.property``, for example ``Item.title`` or, of the graph's own, ``User.country``.
        onto: label of the nodes to describe; None for those that have the property.
        name: of the feature matrix; None for ``item-title``, with ``onto`` for ``item-comment-text``, and the like.
        encoder: one of ``ENCODERS``, or ``sentence-transformers:MODEL``, which needs no fit and has its own dimension;
            None for the one of before or what is usual of the property's type: ``tfidf`` for text, ``n-hot`` for
            lists and for texts that are categories, ``number``.
        dimension: numbers per node; None for what the encoder was fitted with, or 128; of ``n-hot`` the most values
            that have a number, 1,000 by default.
        seed: of the fit.
        refit: fit anew on all texts of today, and describe all nodes again.

    Raises ``NotFoundError`` for an unknown label, property or encoder, ``ConfigError`` for a property that the encoder
    does not describe, labels that nothing connects, or a dimension that is not the fitted one, ``DataError`` where
    there is no value, none belongs to a node of ``onto``, or the name is taken.
    """
    asked, usual = _asked(store, what, encoder, onto)
    name = name or _named(asked)
    check_name(name)
    features = FeatureStore(workspace.features)
    found = _values(store, asked)
    if encoder is None and usual == TFIDF:
        before = None if refit else kept_encoder(workspace.encoders, name)
        # Who names a dimension, or carries what people say onto other nodes, has no categories in mind.
        plain = asked.onto is None and dimension is None
        usual = before.encoder if before else _of_texts([*found.values.values()]) if plain else TFIDF
    encoder = usual
    path, other = files(workspace.encoders, name)[:: 1 if encoder == TFIDF else -1]
    noted = workspace.encoders / f"{name}.npy"
    taken = name in features.names()
    if taken and not path.exists() and not other.exists():
        raise DataError(f"feature {name!r} was not made by `graphrec describe`; choose another --name")
    if other.exists() and not refit:
        raise ConfigError(
            f"feature {name!r} was made by another encoder than {encoder}; describe anew with --refit, "
            "or choose another --name"
        )
    keys = sorted(found.values)
    values = [found.values[key] for key in keys]
    owners = belonging(store, asked.label, pa.array(keys, pa.string()), asked.onto) if asked.onto else None
    fitted = refit or not path.exists()
    if fitted:
        used = values if owners is None else that_belong(values, owners, asked)
        made = value_encoder.fit(encoder, str(asked), used, dimension, seed)
        noted.unlink(missing_ok=True)
        if taken:
            features.drop(name)
        value_encoder.keep(path, made, str(asked), encoder)
        other.unlink(missing_ok=True)
    else:
        made = value_encoder.load(path, encoder, str(asked), dimension)
    if owners is None:
        written = _write(features, name, asked.label, keys, values, made)
    else:
        written = write_means(features, name, asked.described, owners, values, made, noted)
    return DescribedValues(
        name,
        asked.described,
        made.dimension,
        fitted,
        written.new,
        written.same,
        found.without,
        getattr(made, "left_out", 0),
        written.other,
        carried(asked.label, owners, found.held_out) if owners else None,
        encoder,
    )


def _of_texts(texts: Sequence[str]) -> str:
    """Return what suits texts: n-hot for few short ones that come again and again."""
    different = set(texts)
    few = 0 < len(different) <= CATEGORIES and EACH * len(different) <= len(texts)
    return "n-hot" if few and max(map(len, different)) <= SHORT else TFIDF


@dataclass(frozen=True)
class _Found:
    """Values by the ids of their nodes, and how many nodes have none or one that is held out."""

    values: dict[str, Any]
    without: int
    held_out: int


def _values(store: GraphStore, asked: Values) -> _Found:
    held = asked.onto is not None and any(one.name == SPLIT for one in store.properties.of(asked.label))
    table = store.read_nodes(asked.label, [asked.name, *([SPLIT] if held else [])])
    written = {
        key: value
        for key, value in zip(table["id"].to_pylist(), table[asked.name].to_pylist(), strict=True)
        if value is not None and not (isinstance(value, str) and blank(value))
    }
    parts = dict(zip(table["id"].to_pylist(), table[SPLIT].to_pylist(), strict=True)) if held else {}
    values = {key: value for key, value in written.items() if parts.get(key) not in HELD_OUT}
    return _Found(values, table.num_rows - len(written), len(written) - len(values))


def _write(
    features: FeatureStore, name: str, label: str, keys: Sequence[str], values: Sequence[Any], made: Encoder
) -> Written:
    """Describe the nodes that have no vector yet."""
    count = 0
    for start in range(0, len(keys), BLOCK):
        block = keys[start : start + BLOCK]
        new = np.flatnonzero(~known(features, name, block)).tolist()
        if new:
            features.write(
                name, label, [block[at] for at in new], made.encode([values[start + at] for at in new])
            )
        count += len(new)
    return Written(count, 0, len(keys) - count)


def _named(asked: Values) -> str:
    # The described label first: behind, as in look-item, it would say that a matrix of segments is of the same space.
    onto = f"{asked.onto}-" if asked.onto else ""
    return f"{onto}{asked.label}-".lower() + asked.name


def _asked(store: GraphStore, what: str, encoder: str | None, onto: str | None) -> tuple[Values, str]:
    """Return whose values are to be described, and by which encoder."""
    label, dot, name = what.partition(".")
    if not dot:
        raise ConfigError(f"{what!r} names no property of a label; write one like Item.title")
    schema.label(label)
    prop = store.properties.find(label, name)
    encoder = encoder or USUAL.get(prop.type, "number")
    if encoder not in ENCODERS and not encoder.startswith(PREFIX):
        raise unknown("encoder", encoder, [*ENCODERS, f"{PREFIX}MODEL"])
    if prop.type not in TAKES.get(encoder, ("string",)):
        raise ConfigError(
            f"{what} holds {WORDS[prop.type]}, which {encoder} does not describe; leave --encoder out for "
            f"{USUAL.get(prop.type, 'number')}"
        )
    if onto is not None and schema.label(onto).name not in (there := reachable(label)):
        raise ConfigError(
            f"{label} nodes belong to no {onto} (what users do is no belonging); {what} can be carried onto "
            f"{', '.join(there) or 'no other label'}"
        )
    return Values(label, prop.name, onto), encoder
