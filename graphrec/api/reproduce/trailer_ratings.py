"""The trailers' paper: table 1, figures 7 to 9, table 3, and what its section 4.1 leaves for later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from graphrec.api.reproduce.jifr_data import find_movielens, load_frames
from graphrec.api.reproduce.paper import LATER, Claim, Found, Paper, Row, Source, Step
from graphrec.api.reproduce.report import Section
from graphrec.api.reproduce.sections import figures
from graphrec.api.reproduce.trailer_encoders import feature, make_features
from graphrec.api.reproduce.trailer_tables import WORLD, correlations, fusion, genres, over_folds, walks
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.systems import Measured
from graphrec.loaders.movielens import MovieLens, MovieLensOptions
from graphrec.loaders.trailers import Trailers, TrailersOptions
from graphrec.loading.load import load
from graphrec.serving.load_model import Loaded
from graphrec.store.base import GraphStore
from graphrec.tasks.beside import FurtherTask
from graphrec.workspace import Workspace
from graphrec.worlds.trailers import make_trailer_world

RATINGS = "ratings"
LIBFM, METADATA = "libFM", "Movie meta data"
CONTENT = "{}-dim. embeddings, {} frames"
FIELD = "libFM, with trailers as a field"
DIFFERENT, ATTENTION, TRIPLETS = "The most different frames", "Transformer", "Triplet loss"
_OURS = (DIFFERENT, ATTENTION, TRIPLETS, FIELD)
_CHOSEN = CONTENT.format(256, 10)

_NETWORKS = {
    "vt2-10": "the paper's, 10 frames",
    "vt2-20": "the paper's, 20 frames",
    "vt2-different": "of the most different frames",
    "vt2-attention": "transformer",
    "vt2-triplets": "triplet loss",
}

_EMBEDDED = [
    Row(CONTENT.format(layer, length), {"model": "trailer_content", "features": [feature(f"vt2-{length}", layer)]})
    for length in (10, 20)
    for layer in (256, 512)
]
_ROWS = (
    Row(LIBFM, {"model": "libfm"}),
    *_EMBEDDED,
    Row(METADATA, {"model": "metadata"}),
    Row(DIFFERENT, {"model": "trailer_content", "features": [feature("vt2-different")]}),
    Row(ATTENTION, {"model": "trailer_content", "features": [feature("vt2-attention")]}),
    Row(TRIPLETS, {"model": "trailer_content", "features": [feature("vt2-triplets")]}),
    Row(FIELD, {"model": "libfm", "fields": "content", "features": [feature("vt2-10")]}),
)

TABLE_1: Mapping[str, Mapping[str, Sequence[float]]] = {
    LIBFM: {"rmse": (0.7602, 1.1957, 0.8044, 0.7608), "mae": (0.5787, 0.9539, 0.6166, 0.5790)},
    CONTENT.format(256, 10): {"rmse": (0.9604, 0.9624, 0.9612, 0.9612), "mae": (0.7490, 0.7504, 0.7496, 0.7495)},
    CONTENT.format(512, 10): {"rmse": (0.9598, 0.9618, 0.9606, 0.9605), "mae": (0.7485, 0.7499, 0.7491, 0.7490)},
    CONTENT.format(256, 20): {"rmse": (0.9616, 0.9636, 0.9624, 0.9624), "mae": (0.7499, 0.7513, 0.7505, 0.7505)},
    CONTENT.format(512, 20): {"rmse": (0.9617, 0.9637, 0.9625, 0.9624), "mae": (0.7500, 0.7514, 0.7506, 0.7505)},
    METADATA: {"rmse": (0.9617, 0.9637, 0.9626, 0.9625), "mae": (0.7499, 0.7514, 0.7506, 0.7505)},
}
"""Least, greatest, mean and median over ten folds."""

_CLAIMS = (
    Claim("libFM beats content", RATINGS, "rmse", LIBFM, [row.title for row in _EMBEDDED], "-20.8 %"),
    Claim("Trailers beat metadata", RATINGS, "rmse", CONTENT.format(512, 10), (METADATA,), "-0.2 %"),
    Claim("Other frames than one a second help", RATINGS, "rmse", DIFFERENT, (_CHOSEN,), LATER),
    Claim("A transformer helps", RATINGS, "rmse", ATTENTION, (_CHOSEN,), LATER),
    Claim("A triplet loss helps", RATINGS, "rmse", TRIPLETS, (_CHOSEN,), LATER),
    Claim("Fusion at a low level helps libFM", RATINGS, "rmse", FIELD, (LIBFM,), LATER),
)


def judge(loaded: Loaded, beside: Mapping[str, FurtherTask]) -> Mapping[str, Measured]:
    """Predict the ratings of a fold."""
    split, cases = loaded.split, loaded.split.test
    found = judge_model(
        loaded.model, loaded.task, split.data, cases, ("rmse", "mae", "coverage"), seed=loaded.run.manifest["seed"]
    )
    return {RATINGS: Measured(found, whose(found, cases, loaded.snapshot))}


def sections(found: Found) -> Sequence[Section]:
    """Return the paper's tables and figures, and what it leaves for later."""
    measured = found.measured[RATINGS]
    papers = {title: runs for title, runs in measured.items() if title not in _OURS}
    later = {title: measured[title] for title in (LIBFM, _CHOSEN, *_OURS) if title in measured}
    caption = "The paper's choice, and what its section 4.1 would try; pictures of more than 224 points were not tried."
    return [
        Section("Ratings (table 1)", [over_folds(papers, TABLE_1)]),
        Section("Fusion (figures 7 and 8)", fusion(found, LIBFM, CONTENT.format(512, 10))),
        Section("What was left for later", [figures(later, ["rmse", "mae", "coverage"], {}, caption)]),
        Section("Genres that the networks find", [genres(found, _NETWORKS)]),
        Section("Mean ratings (table 3)", [correlations(found, "vt2-10")]),
        Section("Sequences (figure 9)", walks(found, "vt2-20")),
    ]


def make_world(
    graph: GraphStore, workspace: Workspace, seed: int, step: Step, *, movies: int = 120, users: int = 80
) -> None:
    """Write the world's films and tables, and load them."""
    world = make_trailer_world(
        workspace.root / WORLD, seed=seed, movies=movies, users=users,
        progress=lambda done, of: step("films written", done, of),
    )  # fmt: skip
    _load_movielens(graph, world.folder, workspace)
    _load_films(graph, world.table, world.trailers, workspace, step)


def _find_films(folder: Path) -> Sequence[Path] | None:
    tables = [path for path in (folder / "ml-youtube.csv", folder / "trailers" / "ml-youtube.csv") if path.exists()]
    ratings = find_movielens(folder)
    films = folder / "trailers"
    there = films.is_dir() and any(films.glob("*.mp4"))
    return [ratings[0], tables[0], films] if ratings and tables and there else None


def _load_with_films(graph: GraphStore, given: Sequence[Path], workspace: Workspace, step: Step) -> None:
    ratings, table, films = given
    _load_movielens(graph, ratings, workspace)
    _load_films(graph, table, films, workspace, step)


def _load_with_posters(graph: GraphStore, given: Sequence[Path], workspace: Workspace, step: Step) -> None:
    ratings, posters = given
    _load_movielens(graph, ratings, workspace)
    load_frames(graph, posters, workspace, step)


def _load_movielens(graph: GraphStore, folder: Path, workspace: Workspace) -> None:
    load(graph, MovieLens(), [folder], MovieLensOptions.model_validate({}), workspace)


def _load_films(graph: GraphStore, table: Path, films: Path, workspace: Workspace, step: Step) -> None:
    def told(name: str, rows: int, *, of: int | None = None) -> None:
        if of:
            step("films described", rows, of)

    load(graph, Trailers(), [table], TrailersOptions.model_validate({"files": films}), workspace, progress=told)


_SAID = (
    "The paper has MovieLens 20M and 13,571 trailers of YouTube; here it is what the folder holds.",
    "Ratings of movies without a trailer stay: of these, what user and movie have on average stands in for content.",
    "Frames are described by colour and texture, unless the graph has them by MobileNetV2.",
)

TRAILER_RATINGS = Paper(
    name="trailer-ratings",
    title="Trailers and ratings (Lehmann, VT2)",
    doi="",
    projections=("ratings",),
    common={"task": "rating", "split": "random-k-fold", "baselines": False},
    quick={},
    rows=_ROWS,
    studies=(),
    claims=_CLAIMS,
    sources=(
        Source(
            "MovieLens with films of trailers",
            "ratings.csv of grouplens.org/datasets/movielens, ml-youtube.csv of MovieLens 20M YouTube Trailers, and a "
            "folder trailers with YOUTUBEID.mp4",
            _find_films,
            _load_with_films,
            _SAID,
        ),
        Source(
            "MovieLens with posters",
            "a folder with ratings.csv from grouplens.org/datasets/movielens, and a folder posters with MOVIEID.jpg",
            find_movielens,
            _load_with_posters,
            (*_SAID, "A poster stands for a trailer of one frame: no sequence has an order, and 10 frames are as 20."),
        ),
    ),
    make_world=make_world,
    world_differs=(
        "A small made world, in which a few scenes of a trailer tell its genres and the order of frames tells quality. "
        "It tells whether everything runs and what can be found, not how it does on MovieLens 20M.",
        "The networks are an eighth as wide: what is called 256 and 512 are 32 and 64.",
    ),
    judge=judge,
    main=("rmse", "mae"),
    differs=(
        "The networks learn genres and which trailer it is, and not mean ratings, as the paper's do: those would hold "
        "ratings that are tested on.",
        "Each is trained on 70 % of the movies with genres, and once for all folds; with dropout, of which the paper "
        "says nothing.",
        "Similarity is (1 + cosine) / 2 of the embeddings as they are.",
        "Predictions are clipped to the scale of the ratings.",
        "libFM is our own, by MCMC.",
    ),
    sections=sections,
    folds=10,
    seeds=(0,),
    trials=None,
    ready=make_features,
)
