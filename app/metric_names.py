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
    "f1": ("F1", "the harmonic mean of precision and recall in the first K"),
    "rmse": ("RMSE", "root of the mean squared error of predictions; less is better"),
    "mae": ("MAE", "mean error of predictions; less is better"),
    "gauc": ("GAUC", "AUC within each user, averaged over users; 0.5 is chance"),
    "logloss": ("Log loss", "how surprising what happened was to the model; less is better"),
    "calibration": ("Calibration error", "how far predicted probabilities are from what happened; less is better"),
    "calibration_ratio": ("Calibration ratio", "predicted mean divided by the true one; 1 is best"),
    "r": ("R", "correlation of predictions with what is true"),
    "r2": ("R²", "share of the variance that predictions explain"),
    "ap": ("AP", "average precision, averaged over classes"),
}


def called(name: str) -> str:
    """Return a metric's name as people write it: ``Recall@20`` for ``recall@20``; other names stay as they are."""
    if name == "coverage":
        return "Known"
    stem, at, cut = name.partition("@")
    if cut == "user" and stem in NAMES:
        return f"{NAMES[stem][0]} by user"
    return f"{NAMES[stem][0]}{at}{cut}" if stem in NAMES else name


def meaning(name: str) -> str:
    """Return in a few words what a metric says; nothing for one that is not known."""
    if name == "coverage":
        return "which share of what was asked the model itself could predict"
    stem, _, cut = name.partition("@")
    said = NAMES[stem][1] if stem in NAMES else ""
    if cut == "user":
        return f"{said}; of each user, averaged over users"
    return said.replace("K", cut) if cut else said
