"""The verb ``reproduce``: every system of a paper trained on what data there are, and a report of what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from graphrec.api.cells import Each
from graphrec.api.compare import TrainedSystems, begin_comparison, train_systems
from graphrec.api.ground import read_ground
from graphrec.api.plan import Plan, read_given
from graphrec.api.reproduce.clicks import MICRO_VIDEOS
from graphrec.api.reproduce.data import prepare
from graphrec.api.reproduce.jifr import JIFR
from graphrec.api.reproduce.kfrci import KFRCI_PAPER
from graphrec.api.reproduce.paper import Found, Paper, Step, Study
from graphrec.api.reproduce.report import Report, write_report
from graphrec.api.reproduce.sections import report_of
from graphrec.api.reproduce.trailer_ratings import TRAILER_RATINGS
from graphrec.api.reproduce.transgrec import TRANSGREC
from graphrec.api.search import Tried
from graphrec.api.studies import beginning, find_study
from graphrec.api.systems import Asked
from graphrec.errors import DataError, NotFoundError, unknown
from graphrec.evaluation.systems import Measured
from graphrec.serving.explore.reports import FOLDER, HTML, MARKDOWN
from graphrec.serving.load_model import Loaded, load_run
from graphrec.training.runs import Run, find_run
from graphrec.training.trainer import Progress
from graphrec.workspace import Workspace

PAPERS: Mapping[str, Paper] = {
    paper.name: paper for paper in (TRANSGREC, JIFR, KFRCI_PAPER, TRAILER_RATINGS, MICRO_VIDEOS)
}
_SPLITTING = {"split", "at"}
"""What of a study's variants the data may not allow."""
QUICK_FOLDS = 3
"""In so many folds systems of the made world are trained, where the split has folds."""


@dataclass(frozen=True)
class Reproduced:
    """What a reproduction has come to.

    Attributes:
        id: of the study.
        html: the report, one file.
        markdown: the same; its pictures lie beside it.
        report: the same, to read.
    """

    id: str
    html: Path
    markdown: Path
    report: Report


def begin_reproduction(
    workspace: Workspace,
    name: str,
    *,
    data: Path = Path("data"),
    quick: bool = False,
    trials: int | None = None,
    seeds: Sequence[int] = (),
    given: Mapping[str, Any] | None = None,
    studies: bool = True,
    store: str | None = None,
    say: Callable[[str], None] = lambda text: None,
    step: Step = lambda what, done, total: None,
) -> str:
    """Find what a paper's systems can be trained on, write down what is planned, and return the study's id.

    Args:
        workspace: where the graph, the runs and the report are.
        name: of the paper.
        data: folder with data sets, where the graph has no such records yet.
        quick: make a small world instead, and train each system shortly, by one seed, untuned.
        trials: how many settings are tried of each system; by default what the paper says, or none with ``quick``.
        seeds: of all runs; by default what the paper says, or 0 with ``quick``.
        given: settings that all systems get, whatever the paper says.
        studies: whether the paper's studies of single settings are made too.
        store: what ``open_store`` takes.
        say: told what begins.
        step: told how far loading is.

    Raises ``NotFoundError`` for an unknown paper, and for a setting that a system does not have; and ``DataError``
    where there are no data, and says where to get them.
    """
    if name not in PAPERS:
        raise unknown("paper", name, PAPERS)
    paper = PAPERS[name]
    prepared, projection = prepare(workspace, paper, data, quick=quick, store=store, say=say, step=step)
    if paper.ready is not None:
        paper.ready(workspace, store, quick, say)
    rows, left_out = {}, {}
    for row in paper.rows:
        say(f"reading what {row.title} learns from")
        usual = {**paper.common, **(paper.quick if quick else {}), "projection": projection, **row.given}
        plan, why = _fitting(workspace, Plan.of({**usual, **(given or {})}), store)
        if plan is None or why:
            left_out[row.title] = why
        if plan is not None:
            rows[row.title] = plan.to_dict()
    if len(rows) < 2:
        raise DataError(
            f"no two systems of {paper.name} can be trained on this graph: {'; '.join(left_out.values())}"
        )
    for one in _asked_studies(paper, quick) if studies else ():
        for title, changed in one.variants.items():
            if one.row in rows and changed.keys() & _SPLITTING:
                plan, why = _fitting(workspace, Plan.of({**rows[one.row], **changed}), store)
                if plan is None:
                    left_out[one.title] = f"{title} is {why}"
    told = {
        "paper": paper.name,
        "quick": quick,
        "data": prepared.to_dict(),
        "trials": trials if trials is not None else None if quick else paper.trials,
        "seeds": list(seeds) or ([0] if quick else list(paper.seeds)),
        "given": dict(given or {}),
        "studies": studies,
        "store": store,
        "rows": rows,
        "left_out": left_out,
        "stages": {},
    }
    with beginning(workspace, "reproduce", f"reproduce-{paper.name}", told) as study:
        return study.id


def reproduce(
    workspace: Workspace,
    study_id: str,
    *,
    say: Callable[[str], None] = lambda text: None,
    tell: Callable[[str, Tried], None] | None = None,
    each: Each | None = None,
    progress: Progress | None = None,
) -> Reproduced:
    """Train what is missing of a reproduction that was begun, measure, and write the report. Nothing is published.

    Args:
        workspace: where it is.
        study_id: what ``begin_reproduction`` returned.
        say: told what begins.
        tell: told before and after each trial of a search, and whose it is.
        each: told before each training.
        progress: of the training within a trial or run.

    Raises ``NotFoundError`` for an unknown study, and what ``train`` raises.
    """
    study = find_study(workspace, study_id, "reproduce")
    with study.alone():
        told = study.read()
        paper, quick = PAPERS[told["paper"]], bool(told["quick"])

        def train(stage: str, asked: Callable[[], list[Asked]], **how: Any) -> TrainedSystems:
            if stage not in told["stages"]:
                told["stages"][stage] = begin_comparison(workspace, asked(), store=told["store"], **how)
                study.write(told)
            say(f"{stage}: training what is missing ({told['stages'][stage]})")
            return train_systems(workspace, told["stages"][stage], tell=tell, each=each, progress=progress)

        plans = {title: Plan.of(plan) for title, plan in told["rows"].items()}
        rows = train(
            "systems",
            lambda: [Asked(title, plan, {}) for title, plan in plans.items()],
            seeds=told["seeds"],
            trials=told["trials"],
            folds=paper.folds and (QUICK_FOLDS if quick else paper.folds),
        )
        judged: dict[str, Mapping[str, Measured]] = {}
        measured = _measured(workspace, paper, rows.runs, judged, say)
        studies = {}
        for one in _asked_studies(paper, quick) if told["studies"] else ():
            if one.row not in rows.runs or one.title in told["left_out"]:
                continue
            trained = train(one.title, partial(_variants, one, rows))
            kind = next(iter(measured))
            studies[one.title] = _measured(workspace, paper, trained.runs, judged, say)[kind]
        say("writing the report")
        found = Found(
            workspace, rows.runs, rows.plans, rows.tuned, measured, studies, told["left_out"], quick,
            told["store"], lambda run: _loaded(workspace, run),
        )  # fmt: skip
        report = report_of(paper, found, told)
        folder = workspace.root / FOLDER / study.id
        write_report(report, folder)
        return Reproduced(study.id, folder / HTML, folder / MARKDOWN, report)


def _measured(
    workspace: Workspace,
    paper: Paper,
    runs: Mapping[str, Mapping[str, Run]],
    judged: dict[str, Mapping[str, Measured]],
    say: Callable[[str], None],
) -> dict[str, dict[str, list[Measured]]]:
    """Return by kind and system what the paper's protocol finds of each run; ``judged`` keeps it by the run's id."""
    found: dict[str, dict[str, list[Measured]]] = {}
    for cell in next(iter(runs.values())):
        of_cell = {title: its[cell] for title, its in runs.items()}
        # The last that was asked more: the paper's own system, which reads what the further records are of.
        asked = next((one for one in reversed(of_cell.values()) if one.manifest["also"]), None)
        beside = {} if asked is None else load_run(workspace, asked).beside
        for title, run in of_cell.items():
            if run.id not in judged:
                say(f"measuring {title}, {run.id}")
                judged[run.id] = paper.judge(load_run(workspace, run), beside)
            for kind, one in judged[run.id].items():
                found.setdefault(kind, {}).setdefault(title, []).append(one)
    return found


def _fitting(workspace: Workspace, wanted: Plan, store: str | None) -> tuple[Plan | None, str]:
    """Return what a row trains, None where the graph does not allow it; and in words how that differs, and why."""
    given, why = read_given(wanted), ""
    less = replace(wanted, also=())
    features = "the features that it asks for"
    for lacking, plan in (
        ([], wanted),
        ([*wanted.also], less),
        ([*wanted.also, features], replace(less, features=None)),
    ):
        try:
            ground = read_ground(workspace, plan, store=store)
            given.kind.check(ground.split(plan, 0)[0].data, given.settings)
        except (DataError, NotFoundError) as error:
            why = str(error)
        else:
            return plan, f"without {' and '.join(lacking)} ({why})" if lacking else ""
    return None, f"left out ({why})"


def _asked_studies(paper: Paper, quick: bool) -> list[Study]:
    return [one for one in paper.studies if one.quick or not quick]


def _variants(study: Study, rows: TrainedSystems) -> list[Asked]:
    """Return the row of a study as it is, and its variants."""
    plan = rows.plans[study.row]
    given, found = plan.to_dict(), []
    for title, changed in study.variants.items():
        if all(given.get(name) == value for name, value in changed.items()):
            found.append(Asked(title, plan, rows.runs[study.row]))
        else:
            found.append(Asked(title, Plan.of({**given, **changed}), {}))
    if not any(one.runs for one in found):
        found.insert(0, Asked(study.row, plan, rows.runs[study.row]))
    return found


def _loaded(workspace: Workspace, run: str) -> Loaded:
    return load_run(workspace, find_run(workspace, run))
