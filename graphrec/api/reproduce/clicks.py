"""The paper of MHSA-AC: table 2 and figure 4, and whether attention to modalities is the users' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from graphrec.api.demo.measuring import ORACLE, Truth
from graphrec.api.reproduce.clicks_data import SOURCES, WATCHED, WORLD_DIFFERS, hidden, make_world
from graphrec.api.reproduce.paper import OWN, Claim, Found, Paper, Row, Study
from graphrec.api.reproduce.pictures import lines
from graphrec.api.reproduce.report import Block, Section, Table
from graphrec.api.reproduce.sections import by_truth, called, figures, mean
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.evaluate_predictions import evaluate_predictions
from graphrec.evaluation.judged import judge_model
from graphrec.evaluation.predictions import Predictions
from graphrec.evaluation.systems import Measured
from graphrec.models.field_model import FieldModel
from graphrec.models.mhsaac import MHSAAC
from graphrec.serving.load_model import Loaded
from graphrec.tasks.beside import FurtherTask
from graphrec.tasks.click import METRICS
from graphrec.workspace import Workspace

CLICKS = "clicks"
LINEAR, FM, DEEPFM, ACF, AFM, AUTOINT, DCN = "no pairs", "FM", "DeepFM", "ACF", "AFM", "AutoInt", "DCN-V2"
BARE_ACF = "ACF, no content"
BARE, APART, NO_CROSSING, SHALLOW, WHOLE = (
    "MHSA-AC, no content", "MHSA-AC, modalities apart", "MHSA, no crossing", "MHSA-AC, no deep part", "MHSA-AC",
)  # fmt: skip
BASELINES = (FM, DEEPFM, ACF, BARE_ACF)
DIMENSIONS = (4, 8, 16, 32, 64)

_WHOLE = {"model": "mhsaac", "modalities": "guided"}
_AS_OTHERS = {"batch_size": 4096, "patience": 5, "initial_std": 0.01}
"""About what models of fields have."""

_ROWS = (
    Row(LINEAR, {"model": "fm", "pairs": False}),
    Row(FM, {"model": "fm"}, {"auc": 0.6548, "logloss": 0.5766}),
    Row(DEEPFM, {"model": "deepfm"}, {"auc": 0.6632, "logloss": 0.5712}),
    Row(ACF, {"model": "acf", "parts": "modalities", **_AS_OTHERS}, {"auc": 0.6532, "logloss": 0.5697}),
    Row(BARE_ACF, {"model": "acf", "components": "none", "features": (), **_AS_OTHERS}),
    Row(AFM, {"model": "afm"}),
    Row(AUTOINT, {"model": "autoint"}),
    Row(DCN, {"model": "dcn"}),
    Row(BARE, {"model": "mhsaac", "features": ()}),
    Row(APART, {"model": "mhsaac"}),
    Row(NO_CROSSING, {"model": "autoint", "attention_layers": 1, "modalities": "guided"}),
    Row(SHALLOW, {**_WHOLE, "depth": 0}),
    Row(WHOLE, _WHOLE, {"auc": 0.6976, "logloss": 0.5583}),
)

_SIZES = Study("Size of embeddings (figure 4)", WHOLE, {f"D={d}": {"dimension": d} for d in DIMENSIONS})
_BY_TIME = {"at random": {"split": "random-70-10-20"}, "by time": {"split": "temporal-cut"}}
_STUDIES = (_SIZES, *(Study(f"{title}: split at random and by time", title, _BY_TIME) for title in (FM, WHOLE)))

_CLAIMS = tuple(
    Claim(said, CLICKS, metric, better, worse, printed)
    for said, better, worse, of_each in (
        ("DeepFM beats FM", DEEPFM, (FM,), ("+1.3 %", "-0.9 %")),
        ("MHSA-AC beats every baseline", WHOLE, BASELINES, ("+5.2 %", "-2.0 %")),
        ("Without content too, MHSA-AC beats FM and DeepFM", BARE, (FM, DEEPFM), ("", "")),
        ("Content helps", APART, (BARE,), ("+1.16 %", "-0.86 %")),
        ("Attention to modalities helps", WHOLE, (APART,), ("+1.2 %", "-0.88 %")),
        ("Crossing helps", WHOLE, (NO_CROSSING,), ("+2.01 %", "-1.4 %")),
        ("Ours: MHSA-AC beats AutoInt", WHOLE, (AUTOINT,), (OWN, OWN)),
        ("Ours: pairs help", FM, (LINEAR,), (OWN, OWN)),
    )
    for metric, printed in zip(("auc", "logloss"), of_each, strict=True)
)


def judge(loaded: Loaded, beside: Mapping[str, FurtherTask]) -> Mapping[str, Measured]:
    """Tell clicks of the test from what was none, each as of its moment."""
    cases, seed = loaded.split.test, loaded.run.manifest["seed"]
    found = judge_model(loaded.model, loaded.task, loaded.split.data, cases, METRICS, seed=seed)
    return {CLICKS: Measured(found, whose(found, cases, loaded.snapshot))}


def sections(found: Found) -> Sequence[Section]:
    """Return table 2, figure 4, and how a user's attention agrees with what was planted."""
    measured = found.measured[CLICKS]
    known = {ORACLE: oracle} if (oracle := by_truth(found, _oracle)) else {}
    printed = {row.title: row.printed for row in _ROWS}
    caption = "Mean and standard deviation over runs; in brackets the paper's. GAUC: mean over users, alike."
    made = [Section("Clicks (table 2)", [figures({**measured, **known}, METRICS, printed, caption)])]
    if _SIZES.title in found.studies:
        made.append(Section("Size of embeddings (figure 4)", [_sizes(found)]))
    if found.quick and (table := _attention(found)):
        made.append(Section("Whose attention is found again", [table]))
    return made


def agreement(workspace: Workspace, loaded: Loaded) -> Mapping[str, float]:
    """Return by modality how a run's attention agrees with that of the made world's users.

    Spearman's rank correlation over users, of the attention that was planted and the mean of the run's over items.
    """
    # It takes most of a second to import, and every command would.
    from scipy.stats import spearmanr

    with np.load(hidden(workspace)) as told:
        planted, users, modalities = (told[name] for name in ("attention", "users", "modalities"))
    model = loaded.model
    assert isinstance(model, FieldModel)
    items = torch.arange(len(loaded.snapshot.items))
    means = [
        model.attention_of(torch.full_like(items, user), items).mean(0).numpy(force=True)
        for user in range(len(loaded.snapshot.users))
    ]
    own, at = np.stack(means), loaded.snapshot.users.index(users.tolist())
    names = [field.name for field in model.fields.of_features]
    return {
        name: float(spearmanr(own[at, names.index(name)], column).statistic)
        for name, column in zip(modalities.tolist(), planted.T, strict=True)
    }


def _attention(found: Found) -> Table | None:
    rows = []
    for title in (WHOLE, SHALLOW):
        for seed, run in found.runs.get(title, {}).items():
            told = agreement(found.workspace, found.load(run.id))
            rows.append([title, seed, *(f"{value:.2f}" for value in told.values())])
    if not rows:
        return None
    caption = (
        "Rank correlation, over users, of the attention that was planted in a modality with the run's own, the mean "
        "over videos."
    )
    return Table(["", "fold/seed", *told], rows, caption)


def _sizes(found: Found) -> Block:
    study = found.studies[_SIZES.title]
    panels = {
        called(metric): {WHOLE: [mean(study[f"D={d}"], metric) for d in DIMENSIONS]} for metric in ("auc", "logloss")
    }
    return lines("sizes", panels, DIMENSIONS, "By the length of a field's vector.", "D")


def _oracle(workspace: Workspace, loaded: Loaded) -> Evaluation | None:
    """Return what the chances reach that the world's clicks were drawn by, on the cases of a run."""
    if not hidden(workspace).exists():
        return None
    with np.load(hidden(workspace)) as told:
        known = told["chances"], told["users"].tolist(), told["items"].tolist()
    truth, cases = Truth(*known, loaded.snapshot.users, loaded.snapshot.items), loaded.split.test
    chances = truth.pairs(torch.from_numpy(cases.users), torch.from_numpy(cases.items)).double().numpy()
    predicted = Predictions(cases.users, cases.targets, chances, np.ones(len(cases), bool))
    records = loaded.split.data.by_user.lengths[cases.users]
    return evaluate_predictions(predicted, METRICS, records, seed=loaded.run.manifest["seed"])


MICRO_VIDEOS = Paper(
    name="micro-video-attention",
    title="MHSA-AC (Hasama and Li, 2022)",
    doi=MHSAAC.doi,
    projections=("views", "likes", "ratings"),
    common={"task": "click", "split": "random-70-10-20", "baselines": False},
    quick={"where": [WATCHED], "learning_rate": 5e-3, "l2": 0.03, "epochs": 60, "patience": 10},
    rows=_ROWS,
    studies=_STUDIES,
    claims=_CLAIMS,
    sources=SOURCES,
    make_world=make_world,
    world_differs=WORLD_DIFFERS,
    judge=judge,
    main=("auc", "logloss"),
    differs=(
        "Eq. 8 divides by a plain sum, which can be 0 or below: it is a softmax, as in AFM; and of n fields there are "
        "n (n - 1) / 2 pairs, not n (n - 1)².",
        "User-guided attention to modalities has no formula in the paper; see GuidedModalities.",
        "All that the graph says of users and items is a field, and what was there before a record: how often the user "
        "and the item, which items the user took last, hour and weekday.",
        "ACF is attention to what a user clicked and, as in the paper, to each modality of it; numbers of users"
        " and items of their own, and the cross-entropy, are ours.",
        "Layers and attention are held down by layers_l2, of which the paper says nothing.",
        "'No crossing' is AutoInt with one layer of attention: as in its paper inner products are not scaled, and the "
        "deep part reads the fields themselves.",
        "Amazon's data, the other half of figure 4, are not tried.",
        "Tests of AUC are permutations over users of the shares that their cases have in it.",
    ),
    sections=sections,
    seeds=(0, 1, 2, 3, 4),
)
