"""The sections that all reports have, and the tables that papers' own sections are made of."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from statistics import fmean, stdev
from typing import Any

import torch

from graphrec.api.comparison_formats import p_text
from graphrec.api.reproduce.paper import LATER, OWN, Claim, Found, Paper
from graphrec.api.reproduce.report import Report, Section, Table, Text
from graphrec.evaluation.any_metric import more_is_better
from graphrec.evaluation.common_cases import whose
from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.systems import Measured, Values, holm
from graphrec.serving.load_model import Loaded
from graphrec.tasks.cases import RankingCases
from graphrec.workspace import Workspace

CERTAIN = 0.05


def report_of(paper: Paper, found: Found, told: Mapping[str, Any]) -> Report:
    """Return the report of what was ``found``; ``told`` is the study's file."""
    claims, held = _claims(paper, found)
    data, questions, own = told["data"], *(sum(mark in row for row in claims.rows) for mark in (LATER, OWN))
    asked = f", {questions} of them questions that it leaves for later," if questions else ""
    summary = (
        f"Of {len(claims.rows) - own} claims of the paper{asked} that could be tested here, {held[False]} hold with p "
        f"below {CERTAIN:g} on {data['title']}{f'; of {own} of ours {held[True]}' if own else ''}."
        if claims.rows
        else f"Trained on {data['title']}; none of the paper's claims could be tested on it."
    )
    given = [f"{name}={value}" for name, value in told["given"].items()]
    asked_for = [f"Asked for, of all systems: {', '.join(given)}."] if given else []
    no_studies = [] if told["studies"] or not paper.studies else ["Studies of single settings were not asked for."]
    differs = [*data["differs"], *paper.differs, *asked_for, *no_studies, *_lacks(found)]
    sections = [
        Section("What was done", [Text(_done(paper, found, told)), _counts(found)]),
        Section("What differs from the paper", [Text(differs, listed=True)]),
        *([Section("The paper's claims", [claims])] if claims.rows else []),
        *paper.sections(found),
        *_studies(paper, found),
        Section("Settings", [_settings(found)]),
        Section("Runs", [_runs(found)]),
    ]
    title = f"{paper.title}, reproduced on {data['title']}"
    return Report(paper.name, title, summary, claims, differs, sections)


def figures(
    measured: Mapping[str, Sequence[Measured]],
    metrics: Sequence[str],
    printed: Mapping[str, Mapping[str, float]],
    caption: str,
) -> Table:
    """Return a table of mean and standard deviation over runs, the paper's figures in brackets."""
    rows = [
        [title, *(_cell(runs, metric, printed.get(title, {}).get(metric)) for metric in metrics)]
        for title, runs in measured.items()
    ]
    return Table(["", *map(called, metrics)], rows, caption)


def by_truth(found: Found, judge: Callable[[Workspace, Loaded], Evaluation | None]) -> list[Measured]:
    """Return what the truth of a made world reaches on the cases of each run; none where ``judge`` finds no truth."""
    measured = []
    for run in next(iter(found.runs.values())).values() if found.quick else ():
        loaded = found.load(run.id)
        if (of := judge(found.workspace, loaded)) is not None:
            measured.append(Measured(of, whose(of, loaded.split.test, loaded.snapshot)))
    return measured


def mean(runs: Sequence[Measured], metric: str) -> float:
    """Return a metric's mean over runs."""
    return fmean(one.evaluation.metrics[metric] for one in runs)


def called(metric: str) -> str:
    """Return a metric as tables have it."""
    arrow = "" if more_is_better(metric) else " (less is better)"
    return metric.upper() + arrow


def changes(
    measured: Mapping[str, Sequence[Measured]],
    base: str,
    metrics: Sequence[str],
    printed: Mapping[str, Mapping[str, float]],
    caption: str,
) -> Table:
    """Return by how many per cent each system is above ``base``, the paper's figures, in per cent, in brackets."""
    rows = []
    for title, runs in measured.items():
        cells = []
        for metric in metrics:
            change = 100 * (mean(runs, metric) / mean(measured[base], metric) - 1)
            paper = printed.get(title, {}).get(metric)
            cells.append(f"{change:+.2f} %" + (f" ({paper:+.2f} %)" if paper is not None else ""))
        rows.append([title, *(["-"] * len(metrics) if title == base else cells)])
    return Table(["", *map(called, metrics)], rows, caption)


def _cell(runs: Sequence[Measured], metric: str, printed: float | None) -> str:
    values = [one.evaluation.metrics[metric] for one in runs]
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{fmean(values):.4f}{spread}" + (f" ({printed:.4f})" if printed is not None else "")


def _done(paper: Paper, found: Found, told: Mapping[str, Any]) -> list[str]:
    seeds, trials = told["seeds"], told["trials"]
    tuned = (
        f"Of each system with settings to search, {trials} were tried and the best on validation taken; the test was "
        "not looked at before."
        if trials
        else "No setting was tuned."
    )
    return [
        f"{paper.title}, doi:{paper.doi}." if paper.doi else f"{paper.title}.",
        f"Each system was trained by {len(seeds)} seed{'s' * (len(seeds) > 1)} ({', '.join(map(str, seeds))}), of "
        f"which the split follows too, where it is random. {tuned}",
        f"graphrec {version('graphrec')}, torch {torch.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}.",
    ]


def _counts(found: Found) -> Table:
    # The paper's own system comes last, and reads what the simplest do not.
    run = next(iter(list(found.runs.values())[-1].values()))
    loaded = found.load(run.id)
    data, split = loaded.split.data, loaded.split
    rows = [
        ["Users", f"{data.users:,}"],
        [f"{data.item} nodes", f"{data.items:,}"],
        ["of these with a training record", f"{int((data.by_item.lengths > 0).sum()):,}"],
        ["Training records", f"{len(data.records):,}"],
        ["Validation records", f"{_asked(split.valid):,}"],
        ["Test records", f"{_asked(split.test):,}"],
        ["Features", ", ".join(data.features) or "none"],
        ["Split", run.manifest["split_name"]],
    ]
    return Table(["", "here"], rows, f"Of the run {run.id}.")


def _asked(cases: Any) -> int:
    return len(cases.relevant.indices) if isinstance(cases, RankingCases) else len(cases)


def _lacks(found: Found) -> list[str]:
    return [f"{title}: {why}" for title, why in found.left_out.items()]


def _claims(paper: Paper, found: Found) -> tuple[Table, Mapping[bool, int]]:
    rows, tests = [], []
    for claim in paper.claims:
        measured = found.measured.get(claim.kind, {})
        others = [title for title in claim.worse if title in measured]
        if claim.better not in measured or not others:
            continue
        sign = 1 if more_is_better(claim.metric) else -1
        best = max(others, key=lambda title: sign * mean(measured[title], claim.metric))
        ours, theirs = (Values.of(measured[title], claim.metric) for title in (claim.better, best))
        if ours is None or theirs is None:
            continue
        rows.append((claim, best, sign * ours.against(theirs, 0).difference))
        tests.append(ours.against(theirs, 0).p_value)
    corrected = holm(tests)
    cells = [
        _claim(found.measured[claim.kind], claim, best, gain, p)
        for (claim, best, gain), p in zip(rows, corrected, strict=True)
    ]
    held = Counter(
        claim.printed == OWN
        for (claim, _, gain), p in zip(rows, corrected, strict=True)
        if gain > 0 and p < CERTAIN
    )
    columns = ["claim", "metric", "ours", "of", "by", "change", "paper", "p Holm", "holds"]
    caption = (
        "Paired permutation test over users, all runs of a user swapped together; p corrected for the number of "
        "claims. Where several systems are the other side, it is the best of them here."
    )
    return Table(columns, cells, caption), held


def _claim(
    measured: Mapping[str, Sequence[Measured]], claim: Claim, best: str, gain: float, p: float
) -> list[str]:
    ours, theirs = mean(measured[claim.better], claim.metric), mean(measured[best], claim.metric)
    holds = (
        "no, the other way round"
        if gain <= 0 and p < CERTAIN
        else "yes"
        if p < CERTAIN and gain > 0
        else "not shown"
    )
    change = f"{100 * (ours / theirs - 1):+.1f} %" if theirs else ""
    return [
        claim.said, called(claim.metric), f"{ours:.4f}", f"{theirs:.4f}", best, change, claim.printed, p_text(p), holds,
    ]  # fmt: skip


def _studies(paper: Paper, found: Found) -> list[Section]:
    sections = []
    for study in paper.studies:
        if study.title not in found.studies:
            continue
        metrics = list(next(iter(study.printed.values()), {})) or list(paper.main)
        row = "The tuned row" if found.tuned else "The row"
        caption = f"{row} of the tables above with one setting changed, which is not tuned anew."
        caption += " In brackets: the paper's figures." if study.printed else ""
        sections.append(
            Section(study.title, [figures(found.studies[study.title], metrics, study.printed, caption)])
        )
    return sections


def _settings(found: Found) -> Table:
    rows = []
    for title, plan in found.plans.items():
        own = ", ".join(
            f"{name}={value}" for name, value in plan.given.items() if name not in ("seed", "device")
        )
        tuned = found.tuned.get(title)
        said = (
            [
                "-" if tuned["default"] is None else f"{tuned['default']:.4f}",
                f"{tuned['value']:.4f}",
                ", ".join(f"{count} {what}" for what, count in tuned["trials"].items() if count),
            ]
            if tuned
            else ["", "", "not tuned"]
        )
        rows.append([title, plan.model, own or "defaults", *said])
    columns = ["", "model", "settings", "validation by defaults", "by these", "trials"]
    return Table(columns, rows, "What is not named is the model's default.")


def _runs(found: Found) -> Table:
    rows = [[title, ", ".join(run.id for run in its.values())] for title, its in found.runs.items()]
    return Table(
        ["", "runs"], rows, "`graphrec evaluate RUN`, `graphrec publish RUN` and the explorer take them."
    )
