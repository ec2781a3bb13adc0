"""How metrics are written, and what each says."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, str]] = {
    "map": ("MAP", "mean average precision: how early the liked ones come, over all of them"),
    "nmsd": ("NMSD", "how much passes before half of the liked ones are seen; less is better"),
    "hr": ("HR", "hits in the first K of the K, or of all liked ones if these are fewer"),
    "ndcg": ("NDCG", "hits in the first K, earlier ones counting more"),
    "recall": ("Recall", "which share of the liked ones is in the first K"),
    "precision": ("Precision", "which share of the first K is liked"),
    "mrr": ("MRR", "one divided by the place of the first liked one"),
    "auc": ("AUC", "how often a liked one comes before another; 0.5 is chance"),
    "coverage": ("Coverage", "which share of the catalogue is in anybody's first K"),
}


def called(name: str) -> str:
    """Return a metric's name as people write it: ``Recall@20`` for ``recall@20``; other names stay as they are."""
    stem, at, cut = name.partition("@")
    return f"{NAMES[stem][0]}{at}{cut}" if stem in NAMES else name


def meaning(name: str) -> str:
    """Return in a few words what a metric says; nothing for one that is not known."""
    stem, _, cut = name.partition("@")
    said = NAMES[stem][1] if stem in NAMES else ""
    return said.replace("K", cut) if cut else said
