"""KFRCI's paper: figures 8 to 10, tables 3 and 4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from graphrec.api.demo.measuring import ORACLE
from graphrec.api.reproduce.kfrci_data import SOURCES, WORLD_DIFFERS, make_world, truth
from graphrec.api.reproduce.paper import OWN, Claim, Found, Paper, Row, Study
from graphrec.api.reproduce.pictures import bars, lines
from graphrec.api.reproduce.report import Block, Section, Table
from graphrec.api.reproduce.sections import by_truth, called, mean
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.systems import Measured
from graphrec.models.key_frames import KeyFrames
from graphrec.serving.load_model import Loaded
from graphrec.tasks.beside import FurtherTask
from graphrec.workspace import Workspace

FRAMES = "key frames"
CUTS = (5, 10, 20)
METRICS = tuple(f"{stem}@{k}" for stem in ("f1", "ndcg") for k in CUTS)
POPULAR, PMF, BPR, HFT, VBPR = "MostPopular", "PMF", "BPR", "HFT", "VBPR"
KFRI, KFRC, KFRCI, FLAT = "KFRI", "KFRC", "KFRCI", "KFRCI, no layers"
IMAGES, WORDS, BOTH = OURS = "KFRI, ours", "KFRC, ours", "KFRCI, ours"
BASELINES = (POPULAR, PMF, BPR, HFT, VBPR)
DIMENSIONS = (50, 100, 150, 200, 250, 300)
ALPHAS = (0.1, 0.3, 0.5, 0.7, 0.9)

_IMAGES = {"merge": "product"}
_WORDS = {"reads": "preference", "first_word": False, "alpha": 0.5}
_NO_LAYERS = {"model": "kfrci", **_IMAGES, **_WORDS, "layers": 0, "init": 0}
_WHOLE = {"model": "kfrci", **_IMAGES, **_WORDS, "layers": 3, "init": 2}

_ROWS = (
    Row(POPULAR, {"model": "popularity"}),
    Row(PMF, {"model": "hft", "word_weight": 0}),
    Row(BPR, {"model": "bpr"}),
    Row(HFT, {"model": "hft"}),
    Row(VBPR, {"model": "vbpr"}),
    Row(KFRI, {"model": "kfri", **_IMAGES}),
    Row(KFRC, {"model": "kfrc", **_WORDS}),
    Row(FLAT, _NO_LAYERS),
    Row(KFRCI, _WHOLE),
    *(Row(title, {"model": title.partition(",")[0].lower()}) for title in OURS),
)

_BY_LAYERS = (
    ".012 .060 .071 .092 .103 .120",
    ".014 .064 .073 .094 .104 .123",
    ".015 .065 .074 .095 .106 .124",
    ".014 .063 .075 .096 .104 .123",
    ".013 .062 .072 .091 .103 .121",
)
TABLE_3 = {
    f"D={layers}": dict(
        zip((f"{stem}@{k}" for k in CUTS for stem in ("f1", "ndcg")), map(float, told.split()), strict=True)
    )
    for layers, told in enumerate(_BY_LAYERS)
}
TABLE_4 = {
    f"init={layer}": {"f1@20": f1, "ndcg@20": ndcg}
    for layer, (f1, ndcg) in enumerate(((0.103, 0.121), (0.104, 0.122), (0.105, 0.124), (0.104, 0.123)))
}

_FACTORS = {
    title: Study(f"{title}: number of factors (figure 10)", title, {f"K={k}": {"dimension": k} for k in DIMENSIONS})
    for title in (KFRI, KFRC, FLAT)
}
_WEIGHTS = Study("Weight of words (figure 9)", KFRCI, {f"α={a}": {"alpha": a} for a in ALPHAS})
_STUDIES = (
    *_FACTORS.values(),
    _WEIGHTS,
    # What is read is the last layer (section 5.4: "the output non-linear layer is used to link LSTM").
    Study("Layers (table 3)", KFRCI, {f"D={d}": {"layers": d, "init": d} for d in range(5)}, TABLE_3),
    Study("What the LSTM reads (table 4)", KFRCI, {f"init={i}": {"init": i} for i in range(4)}, TABLE_4),
)

_CLAIMS = tuple(
    Claim(said, FRAMES, f"{stem}@{k}", better, worse, printed)
    for k, said, better, worse, of_each in (
        (20, "PMF beats MostPopular", PMF, (POPULAR,), ("", "")),
        (20, "BPR beats PMF", BPR, (PMF,), ("", "")),
        (20, "HFT beats BPR", HFT, (BPR,), ("+3.5 %", "+8.6 %")),
        (20, "VBPR beats BPR", VBPR, (BPR,), ("+5.4 %", "+6.1 %")),
        (20, "KFRCI beats VBPR", KFRCI, (VBPR,), ("+7.8 %", "+6.7 %")),
        (20, "KFRCI beats every baseline and half", KFRCI, (*BASELINES, KFRI, KFRC), ("", "")),
        (20, "KFRI beats KFRC, in most cases", KFRI, (KFRC,), ("", "")),
        (20, "Without layers, KFRCI beats its halves", FLAT, (KFRI, KFRC), ("", "")),
        (10, "Ours: images beat VBPR", IMAGES, (VBPR,), (OWN, OWN)),
        (10, "Ours: words beat VBPR", WORDS, (VBPR,), (OWN, OWN)),
        (10, "Ours: words beat every baseline without pictures", WORDS, (POPULAR, PMF, BPR, HFT), (OWN, OWN)),
        (10, "Ours: both beat either", BOTH, (IMAGES, WORDS), (OWN, OWN)),
        (10, "Ours: both beat every baseline", BOTH, BASELINES, (OWN, OWN)),
    )
    for stem, printed in zip(("f1", "ndcg"), of_each, strict=True)
)


def judge(loaded: Loaded, beside: Mapping[str, FurtherTask]) -> Mapping[str, Measured]:
    """Rank all frames that a user has no training record of (section 5.1)."""
    cases, data, seed = loaded.split.test, loaded.split.data, loaded.run.manifest["seed"]
    found = judge_model(loaded.model, loaded.task, data, cases, METRICS, seed=seed)
    return {FRAMES: Measured(found, whose(found, cases, loaded.snapshot))}


def sections(found: Found) -> Sequence[Section]:
    """Return figures 8 to 10."""
    measured = found.measured[FRAMES]
    panels = {
        f"{stem.upper()}@N": {title: [mean(runs, f"{stem}@{k}") for k in CUTS] for title, runs in measured.items()}
        for stem in ("f1", "ndcg")
    }
    known = {ORACLE: oracle} if (oracle := by_truth(found, _oracle)) else {}
    made = [
        Section(
            "Key frames (figure 8)",
            [
                bars("systems", panels, [f"N={k}" for k in CUTS], "F1 and NDCG of the first N frames of all."),
                _ranges({**measured, **known}),
            ],
        )
    ]
    if _WEIGHTS.title in found.studies:
        made.append(Section("Weight of words, F1 and NDCG (figure 9)", [_weights(found)]))
    factors = {title: found.studies[one.title] for title, one in _FACTORS.items() if one.title in found.studies}
    if factors:
        made.append(Section("Images, words, and both (figure 10)", [_factors(factors)]))
    return made


def _ranges(measured: Mapping[str, Sequence[Measured]]) -> Table:
    """Return mean, least and greatest over runs."""
    rows = []
    for title, runs in measured.items():
        values = [[one.evaluation.metrics[metric] for one in runs] for metric in METRICS]
        rows.append([title, *map(_range, values)])
    return Table(["", *map(called, METRICS)], rows, "Mean over runs, and from the least to the greatest.")


def _range(values: Sequence[float]) -> str:
    return f"{fmean(values):.4f}" + (f" ({min(values):.4f} to {max(values):.4f})" if len(values) > 1 else "")


def _oracle(workspace: Workspace, loaded: Loaded) -> Evaluation | None:
    """Return what the truth reaches that the world's comments were drawn by, on the cases of a run."""
    scores = truth(workspace, loaded.snapshot)
    if scores is None:
        return None
    return evaluate(
        scores, loaded.split.test, loaded.split.data, METRICS, seed=loaded.run.manifest["seed"], model=ORACLE
    )


def _weights(found: Found) -> Block:
    """Return figure 9: the others do not change with α."""
    study = found.studies[_WEIGHTS.title]
    runs = [study[f"α={a}"] for a in ALPHAS]
    others = {title: one for title, one in found.measured[FRAMES].items() if title in (*BASELINES[1:], KFRI, KFRC)}
    panels = {
        called(metric): {
            KFRCI: [mean(one, metric) for one in runs],
            **{title: [mean(one, metric)] * len(ALPHAS) for title, one in others.items()},
        }
        for metric in ("f1@20", "ndcg@20")
    }
    caption = "By α, from .1 to .9; the others do not change with it."
    return lines("alpha", panels, ALPHAS, caption, "α")


def _factors(studies: Mapping[str, Mapping[str, Sequence[Measured]]]) -> Block:
    panels = {
        called(metric): {title: [mean(one[f"K={k}"], metric) for k in DIMENSIONS] for title, one in studies.items()}
        for metric in ("f1@20", "ndcg@20")
    }
    return lines("factors", panels, DIMENSIONS, "By the number of factors, from 50 to 300; without layers.", "K")


KFRCI_PAPER = Paper(
    name="kfrci",
    title="KFRCI (Zhang et al., SIGIR '17)",
    doi=KeyFrames.doi,
    projections=("comments",),
    common={"split": "random-by-user", "min_records": 100, "baselines": False},
    quick={"epochs": 200},
    rows=_ROWS,
    studies=_STUDIES,
    claims=_CLAIMS,
    sources=SOURCES,
    make_world=make_world,
    world_differs=WORLD_DIFFERS,
    judge=judge,
    main=METRICS,
    differs=(
        "PMF is HFT without words (word_weight=0): squared loss on 1 for praised frames, and 0 for blamed and drawn "
        "ones, as the paper has it; with biases of users and frames, which PMF has not.",
        "KFRI, KFRC and KFRCI are as the paper's text has them: a product (of vectors around 1, where the paper starts "
        "between 0 and 1), the LSTM reads p_u q_k, a comment's first word is given, α is .5; KFRCI has three layers "
        "(40, 20, 10) and the LSTM reads the second. 'Ours' is graphrec's default: a sum, no layers, the LSTM reads "
        "the frame's vector too, and the first word is predicted.",
        "All of them have l2 and Adam, where the paper has none and SGD.",
        "Settings are found by validation on a tenth of each user's other frames, not by 5-fold cross validation; all "
        "systems are stopped early by recall@20 there (the paper: no word of it).",
        "Frames are ranked among all that the user has no training record of: those held out for validation, and those "
        "blamed, stay among them.",
        "Baselines are built from their papers' texts; numbers of factors are tuned with the rest, not run in turn.",
        "Tests are permutations over users, not paired t-tests.",
    ),
    sections=sections,
    seeds=tuple(range(10)),
)
