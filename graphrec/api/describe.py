"""A property of nodes -> a feature matrix, by an encoder that is fitted on its values once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from graphrec import schema
from graphrec.errors import ConfigError, DataError, unknown
from graphrec.features import FeatureStore, Floats, check_name
from graphrec.files import read_json, write_json
from graphrec.media import values
from graphrec.media.sentences import PREFIX, SentenceEncoder
from graphrec.media.text import TextSettings, TfidfEncoder, blank
from graphrec.properties import WORDS
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

ENCODERS = ("tfidf", *values.ENCODERS)
USUAL: Mapping[schema.PropertyType, str] = {"string": "tfidf", "list": "n-hot"}
"""Of numbers, times and what is true or false it is ``number``."""
TAKES: Mapping[str, tuple[schema.PropertyType, ...]] = {
    "n-hot": ("string", "list"),
    "number": ("int64", "float64", "bool"),
}
"""Types of the properties that an encoder describes; texts where nothing is said."""

BLOCK = 65_536


@dataclass(frozen=True)
class DescribedValues:
    """What ``describe`` did.

    Attributes:
        name: of the feature matrix.
        label: of the nodes.
        dimension: numbers per node.
        fitted: whether the encoder was fitted now, and not read from where an earlier call had kept it.
        described: how many nodes got a vector.
        known: how many had one already.
        without_value: how many have no value.
        left_out: how many different values have no number of their own, beyond the most frequent ones.
    """

    name: str
    label: str
    dimension: int
    fitted: bool
    described: int
    known: int
    without_value: int
    left_out: int = 0


def describe(
    store: GraphStore,
    workspace: Workspace,
    what: str,
    *,
    name: str | None = None,
    encoder: str | None = None,
    dimension: int | None = None,
    seed: int = 0,
    refit: bool = False,
) -> DescribedValues:
    """Describe the values of a property of all nodes of a label by a vector each.

    The encoder is fitted on the values that are there the first time, and kept; nodes that come later are described by
    it in the same space, and the vectors of earlier ones stay as they are, also where their value has changed.

    Args:
        store: the graph.
        workspace: where the feature matrix and the encoder are kept.
        what: ``Label.property``, for example ``Item.title`` or, of the graph's own, ``User.country``.
        name: of the feature matrix; None for ``item-title`` and the like.
        encoder: one of ``ENCODERS``, or ``sentence-transformers:MODEL``, which needs no fit and has its own dimension;
            None for what is usual of the property's type: ``tfidf`` for text, ``n-hot`` for lists, ``number``.
        dimension: numbers per node; None for what the encoder was fitted with, or 128; of ``n-hot`` the most values
            that have a number, 1,000 by default.
        seed: of the fit.
        refit: fit anew on all texts of today, and describe all nodes again.

    Raises ``NotFoundError`` for an unknown label, property or encoder, ``ConfigError`` for a property that the encoder
    does not describe or a dimension that is not the fitted one, ``DataError`` where there is no value or the name is
    taken.
    """
    label, prop, encoder = _asked(store, what, encoder)
    name = name or f"{label.lower()}-{prop}"
    check_name(name)
    features = FeatureStore(workspace.features)
    path, other = _paths(workspace, name, encoder)
    taken = name in features.names()
    if taken and not path.exists() and not other.exists():
        raise DataError(f"feature {name!r} was not made by `graphrec describe`; choose another --name")
    if other.exists() and not refit:
        raise ConfigError(
            f"feature {name!r} was made by another encoder than {encoder}; describe anew with --refit, "
            "or choose another --name"
        )
    table = store.read_nodes(label, [prop])
    texts = {
        key: text
        for key, text in zip(table["id"].to_pylist(), table[prop].to_pylist(), strict=True)
        if text is not None and not (isinstance(text, str) and blank(text))
    }
    fitted = refit or not path.exists()
    keys, described = sorted(texts), 0
    made: Encoder
    if encoder in values.ENCODERS:
        made = _of_values(path, what, encoder, [texts[key] for key in keys], dimension, fitted)
    elif encoder != "tfidf":
        made = _sentences(path, what, encoder, dimension, fitted)
    elif fitted:
        settings = TextSettings(seed=seed)
        settings = settings if dimension is None else replace(settings, dimension=dimension)
        made = TfidfEncoder.fit([texts[key] for key in keys], settings)
    else:
        made = _kept(path, what, dimension)
    if fitted:
        if taken:
            features.drop(name)
        _keep(path, made, what, encoder)
        other.unlink(missing_ok=True)
    for start in range(0, len(keys), BLOCK):
        new = _without_vector(features, name, keys[start : start + BLOCK])
        if new:
            features.write(name, label, new, made.encode([texts[key] for key in new]))
        described += len(new)
    return DescribedValues(
        name,
        label,
        made.dimension,
        fitted,
        described,
        len(texts) - described,
        table.num_rows - len(texts),
        getattr(made, "left_out", 0),
    )


class Encoder(Protocol):
    """What describes values.

    Attributes:
        dimension: D, numbers per value.
    """

    @property
    def dimension(self) -> int: ...  # noqa: D102 - an attribute

    def encode(self, values: Sequence[Any], /) -> Floats:
        """Return float32 [n, D]."""
        ...


def _paths(workspace: Workspace, name: str, encoder: str) -> tuple[Path, Path]:
    """Return where the encoder of a matrix is kept, and where it would be if it were of the other kind."""
    fitted, named = (workspace.encoders / f"{name}.{suffix}" for suffix in ("safetensors", "json"))
    return (fitted, named) if encoder == "tfidf" else (named, fitted)


def _keep(path: Path, encoder: Encoder, what: str, name: str) -> None:
    if isinstance(encoder, TfidfEncoder):
        encoder.save(path, {"what": what})
    elif isinstance(encoder, values.ValueEncoder):
        values.save(encoder, path, what)
    else:
        write_json(path, {"what": what, "encoder": name})


def _sentences(path: Path, what: str, encoder: str, dimension: int | None, fitted: bool) -> SentenceEncoder:
    wanted = {"what": what, "encoder": encoder}
    if not fitted and (kept := read_json(path)) != wanted:
        raise ConfigError(
            f"feature {path.stem!r} describes {kept.get('what')} by {kept.get('encoder')}; describe anew with "
            "--refit, or choose another --name"
        )
    made = SentenceEncoder(encoder.removeprefix(PREFIX))
    if dimension not in (None, made.dimension):
        raise ConfigError(
            f"{encoder} gives {made.dimension} numbers per text, not {dimension}; leave --dimension out"
        )
    return made


def _of_values(
    path: Path, what: str, encoder: str, given: Sequence[Any], dimension: int | None, fitted: bool
) -> Encoder:
    if fitted:
        if not given:
            raise DataError(f"{what} has no value yet; load some first")
        return values.ENCODERS[encoder].fit(given, dimension)
    made, described = values.load(path)
    if (described, made.name) != (what, encoder):
        raise ConfigError(
            f"feature {path.stem!r} describes {described} by {made.name}; describe anew with --refit, or choose "
            "another --name"
        )
    if dimension not in (None, made.dimension):
        raise ConfigError(
            f"feature {path.stem!r} was fitted with dimension {made.dimension}, not {dimension}; fit anew with "
            "--refit, or choose another --name"
        )
    return made


def _asked(store: GraphStore, what: str, encoder: str | None) -> tuple[str, str, str]:
    """Return label, property and encoder."""
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
    return label, prop.name, encoder


def _kept(path: Path, what: str, dimension: int | None) -> TfidfEncoder:
    """Return the encoder in ``path``, after a look at whether it is the one that is asked for."""
    found, told = TfidfEncoder.load(path)
    if told.get("what") != what:
        raise ConfigError(
            f"feature {path.stem!r} describes {told.get('what')}, not {what}; choose another --name"
        )
    if dimension not in (None, found.settings.dimension):
        raise ConfigError(
            f"feature {path.stem!r} was fitted with dimension {found.settings.dimension}, not {dimension}; "
            "fit anew with --refit, or choose another --name"
        )
    return found


def _without_vector(features: FeatureStore, name: str, ids: list[str]) -> list[str]:
    if name not in features.names():
        return ids
    _, known = features.read(name, ids)
    return [key for key, there in zip(ids, known.tolist(), strict=True) if not there]
