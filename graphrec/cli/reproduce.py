"""``graphrec reproduce``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.common import (
    JsonFlag,
    OwnWorkspaceFlag,
    StoreFlag,
    err,
    go_on,
    out,
    pairs,
    print_json,
    require_as_begun,
    table,
    whole_numbers,
)
from graphrec.errors import UsageError
from graphrec.workspace import Workspace


def reproduce(
    context: typer.Context,
    paper: Annotated[
        str | None, typer.Argument(help="transgrec, jifr, kfrci, trailer-ratings or micro-video-attention.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="A folder with data sets, where the graph holds no such records yet.")
    ] = Path("data"),
    quick: Annotated[
        bool, typer.Option("--quick", help="On a small made world, untuned and by one seed: a minute or two.")
    ] = False,
    trials: Annotated[
        int | None,
        typer.Option("--tune", min=1, help="So many trials for each system; 10 by default, none if quick."),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Seeds of all runs; 0,1,2 by default, 0 if quick.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of all systems, as key=value; repeat for more."),
    ] = None,
    studies: Annotated[
        bool, typer.Option(help="Also the paper's studies of single settings, which may take the most time.")
    ] = True,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this reproduction, or write its report again.")
    ] = None,
    workspace: OwnWorkspaceFlag = None,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Train every system of a paper's tables, and report ours beside what the paper printed, and what differs and why.

    A graph in the workspace that holds what the paper learns from (highlights for transgrec; likes or ratings of items
    with frames for jifr; comments on frames for kfrci; ratings of movies with trailers or frames for trailer-ratings;
    ratings, likes or views for micro-video-attention)
    is taken as it is. Else the data are looked for in --data. Nothing is published. Where no --workspace is named,
    everything is kept in graphrec-PAPER.

    Example: `graphrec reproduce jifr --quick`

    Example: `graphrec reproduce transgrec --data data --tune 20 --seeds 0,1,2,3,4`

    Example: `graphrec reproduce kfrci --data data --set min_records=1000 --no-studies`

    Example: `graphrec reproduce micro-video-attention --data data --set split=temporal-cut`

    After Ctrl-C: `graphrec reproduce --resume STUDY -w WORKSPACE`
    """
    from graphrec.api.reproduce.reproduce import PAPERS, begin_reproduction
    from graphrec.api.reproduce.reproduce import reproduce as run_reproduction
    from graphrec.cli.training_progress import TrainingProgress, trial_line

    if resume is None and paper is None:
        raise UsageError(f"reproduce which paper? {' or '.join(PAPERS)}")
    if resume is not None:
        require_as_begun(context, resume)
        if workspace is None:
            raise UsageError("--resume needs --workspace, where the reproduction is")
    folder = Workspace(workspace or Path(f"graphrec-{paper}{'-quick' if quick else ''}"))
    began = time.monotonic()
    with TrainingProgress(quiet=as_json) as show:

        def say(text: str) -> None:
            show.say(f"{time.monotonic() - began:,.0f} s: {text}")

        if resume is None:
            resume = begin_reproduction(
                folder, str(paper), data=data, quick=quick, trials=trials,
                seeds=[] if seeds is None else whole_numbers(seeds, "--seeds"),
                given=pairs(given or [], "--set"), studies=studies, store=store, say=say, step=show.far,
            )  # fmt: skip
        go_on.by(f"graphrec reproduce --resume {resume} -w {folder.root}")
        done = run_reproduction(
            folder, resume, say=say, tell=lambda title, tried: show.say(f"{title}, {trial_line(tried)}"),
            each=show.step, progress=show,
        )  # fmt: skip
    claims = done.report.claims
    if as_json:
        said = [dict(zip(claims.columns, row, strict=True)) for row in claims.rows]
        files = {"html": str(done.html), "markdown": str(done.markdown)}
        print_json({"study": done.id, "summary": done.report.summary, "claims": said, **files})
        return
    if claims.rows:
        shown = [
            claims.columns.index(name) for name in ("claim", "metric", "change", "paper", "p Holm", "holds")
        ]
        rows = [[row[at] for at in shown] for row in claims.rows]
        out.print(table([claims.columns[at] for at in shown], rows, title="The paper's claims"))
    for line in done.report.differs:
        out.print(f"- {line}", markup=False, highlight=False)
    out.print(done.report.summary, markup=False, soft_wrap=True)
    err.print(f"{done.html}\n{done.markdown}", markup=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reproduce)
