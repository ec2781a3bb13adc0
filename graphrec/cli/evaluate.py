"""``graphrec evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    WorkspaceFlag,
    err,
    metrics_table,
    out,
    print_json,
    table,
    whole_numbers,
)
from graphrec.workspace import Workspace


def evaluate(
    run: Annotated[str, typer.Argument(help="Id of the run; `graphrec runs` lists them.")],
    part: Annotated[str, typer.Option(help="test or valid.")] = "test",
    protocol: Annotated[
        str | None,
        typer.Option(
            help="What to rank among: full (all items), cold-items, within-video, or sampled (1,000 items at random "
            "and the relevant ones, mean of 10 draws); by default as the split has it."
        ),
    ] = None,
    k: Annotated[str, typer.Option(help="Cut-offs, with commas between them.")] = "5,10,20",
    against: Annotated[
        str | None,
        typer.Option(help="Another run, of any day: adds a paired significance test on the cases that both have."),
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    as_json: JsonFlag = False,
) -> None:
    """Measure a run on its split: metrics with confidence intervals, also by how much is known of the user.

    Example: `graphrec evaluate transgrec-20260102-030405 --k 5,20 --against popularity-20260102-030511`
    """
    from graphrec.api.evaluate import evaluate_run
    from graphrec.evaluation.confidence import FEWEST

    cuts = whole_numbers(k, "--k")
    folder = Workspace(workspace)
    found = evaluate_run(folder, run, cuts=cuts, part=part, protocol=protocol)
    other = evaluate_run(folder, against, cuts=cuts, part=part, protocol=protocol) if against else None
    compared = found.against(other) if other else None
    for measured in filter(None, (found, other)):
        if measured.warning:
            err.print(f"{measured.run.id}: {measured.warning}", markup=False, soft_wrap=True)
    if as_json:
        document = {
            "run": found.run.id,
            "model": found.run.model,
            "split": found.run.manifest["split"],
            "protocol": found.protocol,
            **({"among": found.among} if found.among else {}),
            **found.evaluation.to_dict(),
            "also": {name: one.to_dict() for name, one in found.also.items()},
            "changed": {name: {"training": then, "now": now} for name, (then, now) in found.changed.items()},
        }
        if compared:
            document |= {
                "against": against,
                "cases": {"both": compared.cases, "of": compared.of, "same_candidates": compared.alike},
                "comparison": compared.metrics,
            }
        print_json(document)
        return
    evaluation = found.evaluation
    rows = []
    for name, value in evaluation.metrics.items():
        row: list[object] = [name, value, *evaluation.ci95.get(name, (None, None))]
        if other and compared:
            test = compared.metrics.get(name)
            row += [
                other.evaluation.metrics.get(name),
                test.difference if test else None,
                test.p_value if test else None,
            ]
        rows.append(row)
    columns = ["metric", "value", "95% from", "to", *([against, "difference", "p"] if against else [])]
    out.print(table(columns, rows, title=f"{found.run.id}: {evaluation.groups} cases, {found.protocol}"))
    if found.among:
        out.print(found.among, soft_wrap=True)
    if not evaluation.ci95:
        out.print(f"no interval of fewer than {FEWEST} cases")
    if compared:
        out.print(f"difference and p: on {compared.said()}", markup=False)
    for name, one in found.also.items():
        out.print(metrics_table(one, f"{name}: {one.groups} cases"))
    buckets = evaluation.buckets
    apart = {**({"none": evaluation.cold} if evaluation.cold else {}), **buckets}
    names = (
        [name for name in evaluation.metrics if name in next(iter(buckets.values())).metrics][:5]
        if buckets
        else []
    )
    out.print(
        table(
            ["training records", "cases", *names],
            [[label, b.groups, *(b.metrics[name] for name in names)] for label, b in apart.items()],
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)
