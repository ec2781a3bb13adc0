"""Tables and figures of the trailers' paper: table 1, the fusion of figures 7 and 8, table 3, and figure 9."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean, median

import numpy as np
import numpy.typing as npt
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_predict

from graphrec.api.reproduce.paper import Found
from graphrec.api.reproduce.pictures import bands, paths
from graphrec.api.reproduce.report import Block, Picture, Table, Text
from graphrec.api.reproduce.trailer_encoders import feature
from graphrec.evaluation.systems import Measured
from graphrec.features import FeatureStore
from graphrec.models.trailernet import TrailerNet
from graphrec.serving.ratings import predicted
from graphrec.store.base import GraphStore, closing
from graphrec.store.open import open_store
from graphrec.tasks.node_targets import mean_values
from graphrec.training.runs import find_run
from graphrec.worlds.trailers import oracle_ap

Floats = npt.NDArray[np.float64]

KS = np.linspace(0, 1, 21)
FOLDS = 5
"""So many parts tell each other's R² in table 3."""
MOVIES = 6
WORLD = "world"
"""Where in a workspace its made world is, if it has one."""
_OVER: Mapping[str, Callable[[Sequence[float]], float]] = {"min": min, "max": max, "mean": fmean, "median": median}


def over_folds(
    measured: Mapping[str, Sequence[Measured]], printed: Mapping[str, Mapping[str, Sequence[float]]]
) -> Table:
    """Return table 1: least, greatest, mean and median over folds, the paper's figures in brackets."""
    rows = []
    for title, runs in measured.items():
        row = [title]
        for metric in ("rmse", "mae"):
            values = [one.evaluation.metrics[metric] for one in runs]
            papers = printed.get(title, {}).get(metric, ())
            for place, of in enumerate(_OVER.values()):
                told = f" ({papers[place]:.4f})" if papers else ""
                row.append(f"{of(values):.4f}{told}")
        rows.append(row)
    columns = ["", *(f"{metric.upper()} {name}" for metric in ("rmse", "mae") for name in _OVER)]
    return Table(columns, rows, "Less is better. Over the runs, one a fold.")


def genres(found: Found, titles: Mapping[str, str]) -> Table:
    """Return how well each network tells the genres of movies that it was not trained on; ``titles`` by encoder."""
    features, rows = FeatureStore(found.workspace.features), []
    for encoder, title in titles.items():
        test = find_run(found.workspace, features.info(feature(encoder)).run).manifest["test"]
        rows.append([title, f"{test['groups']:,}", f"{test['metrics']['ap']:.3f}", f"{test['metrics']['auc']:.3f}"])
    caption = "Mean average precision and AUC over genres, of the movies that test a network."
    best = oracle_ap(found.workspace.root / WORLD)
    if best is not None:
        rows.append(["oracle: for how many seconds a trailer shows each genre", "all", f"{best:.3f}", ""])
    return Table(["network", "movies", "AP", "AUC"], rows, caption)


def fusion(found: Found, first: str, second: str) -> list[Block]:
    """Return how wrong k r_A + (1 - k) r_B is over folds, for each k (Eq. 2, figures 7 and 8)."""
    if first not in found.runs or second not in found.runs:
        return [Text([f"{first} or {second} could not be trained here."])]
    wrong: dict[str, list[Floats]] = {"RMSE": [], "MAE": []}
    for cell in found.runs[first]:
        ours, theirs = (found.load(found.runs[title][cell].id) for title in (first, second))
        cases = ours.split.test
        a, b = (predicted(one, cases.users, cases.items)[0] for one in (ours, theirs))
        error = KS[:, None] * a + (1 - KS[:, None]) * b - cases.targets
        wrong["RMSE"].append(np.sqrt(np.square(error).mean(1)))
        wrong["MAE"].append(np.abs(error).mean(1))
    folds = {metric: np.stack(rows) for metric, rows in wrong.items()}
    mean = folds["RMSE"].mean(0)
    best = int(mean.argmin())
    alone = int((folds["RMSE"].argmin(1) == len(KS) - 1).sum())
    told = (
        f"On the test, the mean RMSE is least at k = {KS[best]:.2f}: {mean[best]:.4f}, against {mean[-1]:.4f} of "
        f"{first} alone (k = 1) and {mean[0]:.4f} of {second} alone. In {alone} of {len(folds['RMSE'])} folds {first} "
        "alone is best."
    )
    caption = "Mean, median, and over folds the 10th to 90th percentile (dark) and all (light)."
    return [Text([told]), bands("fusion", folds, KS.tolist(), f"k, the share of {first}", caption)]


def correlations(found: Found, encoder: str) -> Table:
    """Return table 3: R and R² of movies' mean rating by linear regression, in the sample and across parts of it."""
    run = next(iter(next(iter(found.runs.values())).values()))
    shot = found.load(run.id).snapshot
    means = mean_values(shot.records.item, shot.records.values["rating"], len(shot.items))
    known = np.isfinite(means)
    ids = shot.items.values.to_pylist()
    rows = []
    features = FeatureStore(found.workspace.features)
    vectors, there = features.read(feature(encoder), ids)
    used = there & known
    rows.append(_regressed("Trailer embeddings", vectors[used].astype(float), means[used], (0.405, 0.164)))
    with closing(open_store(found.workspace, found.store)) as graph:
        seen = _audiences(graph, ids)
    for title, numbers, printed in (
        ("Views, likes and dislikes (log.)", seen, (0.306, 0.094)),
        ("Ratio of likes to dislikes (log.)", seen[:, 1:2] - seen[:, 2:3], (0.290, 0.084)),
    ):
        told = known & np.isfinite(numbers).all(1)
        rows.append(_regressed(title, numbers[told], means[told], printed))
    columns = ["independent variable", "movies", "R (paper)", "R² (paper)", f"R² across {FOLDS} parts"]
    caption = (
        "Linear regression of a movie's mean rating. In the sample many numbers fit by chance; across parts, drawn at "
        "random, they don't."
    )
    return Table(columns, rows, caption)


def walks(found: Found, encoder: str) -> list[Block]:
    """Return figure 9: sequences of some movies' trailers by their first two principal components."""
    loaded = found.load(FeatureStore(found.workspace.features).info(feature(encoder)).run)
    model, data = loaded.model, loaded.split.data
    assert isinstance(model, TrailerNet)
    chosen, titles = {}, loaded.snapshot.items.values.to_pylist()
    for item in np.argsort(-np.bincount(loaded.snapshot.records.item, minlength=data.items), kind="stable").tolist():
        sequences = model.sequences(item)
        if sum(map(len, sequences)) > 1:
            chosen[str(titles[item])] = sequences
        if len(chosen) == MOVIES:
            break
    if len(chosen) < 2:
        return [Text(["Trailers of more than one sequence are needed for the picture, and there are none."])]
    every = torch.cat([one for parts in chosen.values() for one in parts]).numpy(force=True)
    pca = PCA(2).fit(every)
    shares = " and ".join(f"{100 * share:.1f} %" for share in pca.explained_variance_ratio_)
    drawn = {title: [pca.transform(one.numpy(force=True)) for one in parts] for title, parts in chosen.items()}
    caption = (
        f"Sequences of the trailers of the {len(chosen)} movies most rated, joined in their order; the two components "
        f"have {shares} of the variance (the paper: 28.2 % and 15.3 %)."
    )
    picture: Picture = paths("sequences", drawn, caption)
    return [picture]


def _audiences(graph: GraphStore, ids: Sequence[str]) -> Floats:
    """Return log(1 + views, likes, dislikes) of each movie's trailers together, float64 [movies, 3]; NaN of unknown.

    Of a number those of its trailers count that have it.
    """
    trailers = graph.read_nodes("Trailer", ["views", "likes", "dislikes"]).to_pylist()
    said = {row["id"]: [row["views"], row["likes"], row["dislikes"]] for row in trailers}
    at = {key: place for place, key in enumerate(ids)}
    sums = np.full((len(ids), 3), np.nan)
    for movie, trailer in _pairs(graph):
        for place, number in enumerate(said[trailer] if movie in at else ()):
            if number is not None:
                sums[at[movie], place] = np.nan_to_num(sums[at[movie], place]) + number
    logged: Floats = np.log1p(sums)
    return logged


def _pairs(graph: GraphStore) -> Iterator[tuple[str, str]]:
    table = graph.read_relationships("HAS_TRAILER", "Item", "Trailer").table()
    yield from zip(table["from"].to_pylist(), table["to"].to_pylist(), strict=True)


def _regressed(title: str, x: Floats, y: Floats, printed: tuple[float, float]) -> list[str]:
    """Return a row of table 3."""
    if len(y) < 2 * FOLDS:
        return [title, str(len(y)), "nothing is known" if not len(y) else "too few", "", ""]
    if not y.std():
        return [title, str(len(y)), "all mean ratings are equal", "not defined", ""]
    fitted = LinearRegression().fit(x, y)
    told = fitted.predict(x)
    explained = fitted.score(x, y)
    correlation = float(np.corrcoef(told, y)[0, 1]) if told.std() else 0.0
    across = cross_val_predict(LinearRegression(), x, y, cv=KFold(FOLDS, shuffle=True, random_state=0))
    honest = 1 - np.square(y - across).sum() / np.square(y - y.mean()).sum()
    r, r2 = printed
    return [title, f"{len(y):,}", f"{correlation:.3f} ({r})", f"{explained:.3f} ({r2})", f"{honest:.3f}"]
