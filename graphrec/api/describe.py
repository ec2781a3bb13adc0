"""The texts of nodes -> a feature matrix, by an encoder that is fitted on them once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from graphrec import schema
from graphrec.errors import ConfigError, DataError, unknown
from graphrec.features import FeatureStore
from graphrec.media.text import TextSettings, TfidfEncoder, blank
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

ENCODERS = ("tfidf",)

BLOCK = 65_536


@dataclass(frozen=True)
class Described:
    """What ``describe`` did.

    Attributes:
        name: of the feature matrix.
        label: of the nodes.
        dimension: numbers per node.
        fitted: whether the encoder was fitted now, and not read from where an earlier call had kept it.
        described: how many nodes got a vector.
        known: how many had one already.
        without_text: how many have no text.
    """

    name: str
    label: str
    dimension: int
    fitted: bool
    described: int
    known: int
    without_text: int


def describe(
    store: GraphStore,
    workspace: Workspace,
    what: str,
    *,
    name: str | None = None,
    encoder: str = "tfidf",
    dimension: int | None = None,
    seed: int = 0,
    refit: bool = False,
) -> Described:
    """Describe the texts in a property of all nodes of a label by a vector each.

    The encoder is fitted on the texts that are there the first time, and kept; nodes that come later are described by
    it in the same space, and the vectors of earlier ones stay as they are, also where their text has changed.

    Args:
        store: the graph.
        workspace: where the feature matrix and the encoder are kept.
        what: ``Label.property``, for example ``Item.title``.
        name: of the feature matrix; None for ``item-title`` and the like.
        encoder: one of ``ENCODERS``.
        dimension: numbers per node; None for what the encoder was fitted with, or 128.
        seed: of the fit.
        refit: fit anew on all texts of today, and describe all nodes again.

    Raises ``NotFoundError`` for an unknown label, property or encoder, ``ConfigError`` for a property that is no text
    or a dimension that is not the fitted one, ``DataError`` where there is no text or the name is taken.
    """
    if encoder not in ENCODERS:
        raise unknown("text encoder", encoder, ENCODERS)
    label, prop = _property(what)
    name = name or f"{label.lower()}-{prop}"
    features, path = FeatureStore(workspace.features), workspace.encoders / f"{name}.safetensors"
    taken = name in features.names()
    if taken and not path.exists():
        raise DataError(f"feature {name!r} was not made by `graphrec describe`; choose another --name")
    table = store.read_nodes(label, [prop])
    texts = {
        key: text
        for key, text in zip(table["id"].to_pylist(), table[prop].to_pylist(), strict=True)
        if text is not None and not blank(text)
    }
    fitted = refit or not path.exists()
    if fitted:
        settings = TextSettings(seed=seed)
        settings = settings if dimension is None else replace(settings, dimension=dimension)
        tfidf = TfidfEncoder.fit([texts[key] for key in sorted(texts)], settings)
        if taken:
            features.drop(name)
        tfidf.save(path, {"what": what})
    else:
        tfidf = _kept(path, what, dimension)
    keys, described = sorted(texts), 0
    for start in range(0, len(keys), BLOCK):
        new = _without_vector(features, name, keys[start : start + BLOCK])
        if new:
            features.write(name, label, new, tfidf.encode([texts[key] for key in new]))
        described += len(new)
    return Described(
        name,
        label,
        tfidf.settings.dimension,
        fitted,
        described,
        len(texts) - described,
        table.num_rows - len(texts),
    )


def _property(what: str) -> tuple[str, str]:
    label, dot, name = what.partition(".")
    if not dot:
        raise ConfigError(f"{what!r} names no property of a label; write one like Item.title")
    prop = schema.label(label).property(name)
    if prop.type != "string":
        raise ConfigError(
            f"{what} is no text but {prop.type}; describe one such as Item.title or Comment.text"
        )
    return label, prop.name


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
