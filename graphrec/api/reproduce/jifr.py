"""JIFR's paper: figures 3 to 5 and table 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphrec.api.reproduce.jifr_case import case_study
from graphrec.api.reproduce.jifr_data import ITEM_LOOKS, SOURCES, WORLD_DIFFERS, make_world
from graphrec.api.reproduce.jifr_frames import frame_scorer
from graphrec.api.reproduce.paper import Claim, Found, Paper, Row, Study
from graphrec.api.reproduce.pictures import lines
from graphrec.api.reproduce.report import Block, Section
from graphrec.api.reproduce.sections import changes, figures, mean
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.evaluate import Evaluation, evaluate
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.sampled import mean_of_draws, sampled
from graphrec.evaluation.systems import Measured
from graphrec.serving.load_model import Loaded
from graphrec.tasks.beside import FurtherTask
from graphrec.tasks.cases import RankingCases

ITEMS, FULL, FRAMES = "items among 1,000 others", "items, full ranking", "key frames"
ALSO = "frame-likes"
CUTS, FRAME_CUTS = (5, 10, 15, 20, 25, 30), (1, 2, 3, 4, 5)
_NAMES = {
    ITEMS: tuple(f"{stem}@{k}" for stem in ("hr", "ndcg") for k in CUTS),
    FULL: ("recall@20", "ndcg@20"),
    FRAMES: tuple(f"{stem}@{k}" for stem in ("hr", "ndcg") for k in FRAME_CUTS),
}
WHOLE, PLAIN, FRAMES_ONLY, RATING_ONLY = (
    "JIFR",
    "JIFR_NA",
    "JIFR, attention to frames only",
    "JIFR, rating attention only",
)
_ATTENTION = (PLAIN, RATING_ONLY, FRAMES_ONLY, WHOLE)
OURS = "JIFR, ours"
_BOTH_TASKS = {"model": "jifr", "dimension": 32, "also": [ALSO]}
_PRINTED = {**_BOTH_TASKS, "looks_l2": 0}

_ROWS = (
    Row("RND", {"model": "random", "also": [ALSO]}),
    Row("BPR", {"model": "bpr"}),
    Row("CDL", {"model": "cdl", "features": [ITEM_LOOKS]}),
    Row("VBPR", {"model": "vbpr", "features": [ITEM_LOOKS]}),
    Row("VPOI", {"model": "vpoi"}),
    Row("ACF", {"model": "acf"}),
    Row(PLAIN, {**_PRINTED, "frames": "mean", "rating": "mean"}),
    Row(RATING_ONLY, {**_PRINTED, "frames": "mean", "rating": "attention"}),
    Row(FRAMES_ONLY, {**_PRINTED, "frames": "attention", "rating": "mean"}),
    Row(WHOLE, {**_PRINTED, "frames": "attention", "rating": "attention"}),
    Row(OURS, {**_BOTH_TASKS, "frames": "attention", "rating": "mean"}),
)

TABLE_2 = {
    RATING_ONLY: {"hr@15": 2.25, "ndcg@15": 2.42, "hr@3": 4.20, "ndcg@3": 4.35},
    FRAMES_ONLY: {"hr@15": 4.02, "ndcg@15": 4.44, "hr@3": 8.07, "ndcg@3": 8.62},
    WHOLE: {"hr@15": 5.49, "ndcg@15": 5.94, "hr@3": 9.70, "ndcg@3": 10.53},
}
"""By how many per cent each attention is above none."""

_CLAIMS = (
    Claim("Pictures help: VBPR beats BPR", ITEMS, "ndcg@15", "VBPR", ("BPR",)),
    Claim("Pictures help: VPOI beats BPR", ITEMS, "ndcg@15", "VPOI", ("BPR",)),
    Claim("ACF beats VBPR and VPOI", ITEMS, "ndcg@15", "ACF", ("VBPR", "VPOI")),
    Claim("JIFR beats every baseline", ITEMS, "ndcg@15", WHOLE, ("BPR", "CDL", "VBPR", "VPOI", "ACF", PLAIN)),
    Claim("Attention to frames helps", ITEMS, "ndcg@15", FRAMES_ONLY, (PLAIN,), "+4.44 %"),
    Claim("Rating attention helps", ITEMS, "ndcg@15", RATING_ONLY, (PLAIN,), "+2.42 %"),
    Claim("Both help more than one", ITEMS, "ndcg@15", WHOLE, (FRAMES_ONLY, RATING_ONLY)),
    Claim("JIFR_NA finds key frames", FRAMES, "ndcg@3", PLAIN, ("RND",)),
    Claim("Attention to frames helps", FRAMES, "ndcg@3", FRAMES_ONLY, (PLAIN,), "+8.62 %"),
    Claim("Rating attention helps", FRAMES, "ndcg@3", RATING_ONLY, (PLAIN,), "+4.35 %"),
    Claim("JIFR beats every other", FRAMES, "ndcg@3", WHOLE, ("RND", "CDL", PLAIN), "+10.53 %"),
)


def judge(loaded: Loaded, beside: Mapping[str, FurtherTask]) -> Mapping[str, Measured]:
    """Rank items among 1,000 drawn and among all, and the frames of an item where the model can (section 4.1)."""
    split, cases, seed = loaded.split, loaded.split.test, loaded.run.manifest["seed"]

    def measured(evaluation: Evaluation, of: RankingCases) -> Measured:
        return Measured(evaluation, whose(evaluation, of, loaded.snapshot))

    drawn = judge_model(
        loaded.model, loaded.task, split.data, sampled(cases, split), _NAMES[ITEMS], seed=seed
    )
    every = judge_model(loaded.model, loaded.task, split.data, cases, _NAMES[FULL], seed=seed)
    found = {ITEMS: measured(mean_of_draws(drawn), cases), FULL: measured(every, cases)}
    frames = beside.get(ALSO)
    if frames is not None and (scorer := frame_scorer(loaded, frames.split.data)):
        of = frames.split.test
        found[FRAMES] = measured(evaluate(scorer, of, frames.split.data, _NAMES[FRAMES], seed=seed), of)
    return found


def sections(found: Found) -> Sequence[Section]:
    """Return figures 3 to 5 and table 2."""
    mean_over = "Mean and standard deviation over runs."
    items = found.measured[ITEMS]
    made = [
        Section(
            "Items (figure 3)",
            [
                _lines(
                    "items", items, CUTS, "Items among the relevant ones and 1,000 others (all others "
                    "where they are fewer), mean of ten draws.",
                ),
                figures(items, ["hr@5", "ndcg@5", "hr@15", "ndcg@15", "hr@30", "ndcg@30"], {}, mean_over),
                figures(found.measured[FULL], _NAMES[FULL], {}, f"The same by full ranking. {mean_over}"),
            ],
        )
    ]
    if frames := found.measured.get(FRAMES):
        blocks: list[Block] = [
            _lines(
                "frames", frames, FRAME_CUTS, "Frames of an item that the user liked, among all of that item."
            ),
            figures(frames, _NAMES[FRAMES], {}, mean_over),
        ]
        made.append(Section("Key frames (figure 4)", blocks))
    shown = {title: items[title] for title in _ATTENTION if title in items}
    if PLAIN in shown:
        told = f"Change against {PLAIN}, in brackets that of the paper."
        blocks = [changes(shown, PLAIN, ["hr@15", "ndcg@15"], TABLE_2, f"Items. {told}")]
        if frames and PLAIN in frames:
            of_frames = {title: frames[title] for title in shown if title in frames}
            blocks.append(changes(of_frames, PLAIN, ["hr@3", "ndcg@3"], TABLE_2, f"Key frames. {told}"))
        made.append(Section("What each attention adds (table 2)", blocks))
    made.append(Section("A user's key frames (figure 5)", case_study(found, WHOLE, PLAIN, ALSO)))
    return made


def _lines(name: str, measured: Mapping[str, Sequence[Measured]], cuts: Sequence[int], caption: str) -> Block:
    panels = {
        f"{stem.upper()}@K": {
            title: [mean(runs, f"{stem}@{k}") for k in cuts] for title, runs in measured.items()
        }
        for stem in ("hr", "ndcg")
    }
    return lines(name, panels, cuts, caption)


JIFR = Paper(
    name="jifr",
    title="JIFR (Wu et al., IJCAI '19)",
    doi="10.24963/ijcai.2019/198",
    projections=("likes", "ratings"),
    common={"split": "random-70-10-20", "baselines": False},
    quick={"epochs": 200},
    rows=_ROWS,
    studies=(
        Study(
            "Length of the embeddings",
            WHOLE,
            {f"d={d}": {"dimension": d, "visual_dimension": d} for d in (16, 32, 64)},
        ),
    ),
    claims=_CLAIMS,
    sources=SOURCES,
    make_world=make_world,
    world_differs=WORLD_DIFFERS,
    judge=judge,
    main=("hr@15", "ndcg@15"),
    differs=(
        "Eq. 3 lacks -ln: the loss is that of BPR. Eq. 7's softmax is over the frames of the item.",
        "JIFR, ours, has attention to frames, no rating attention, and l2 on what items look like (looks_l2) "
        "beside that on U, V and W; the other rows have none.",
        "HR@K is hits / min(K, relevant).",
        "VBPR and CDL see an item as the mean of its frames, as JIFR_NA does; CDL ranks frames by the same network.",
        "Users and items with fewer than 5 records are not left out.",
        "Baselines are built from the papers' texts, and all are stopped early on validation recall.",
    ),
    sections=sections,
)
