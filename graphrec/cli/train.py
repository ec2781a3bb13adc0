"""``graphrec train``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.account import print_account
from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    PropertyFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    metrics_table,
    opened,
    out,
    print_json,
    require_as_begun,
)
from graphrec.cli.plan_flags import plan_of
from graphrec.errors import GraphrecError
from graphrec.workspace import Workspace


def train(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model; `graphrec models` lists them.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; repeat for more.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file; a run's config.toml repeats the run.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random; 0 by default.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda; auto by default.")] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="What the model is asked: ranking, rating, click or node-targets; its usual one by default."
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="given, temporal-last, leave-one-out, temporal-cut (one point in time for all users, see --at), "
            "random-70-10-20, random-by-user, cold-items or random-k-fold. By default given where the data name train "
            "and test, else temporal-last where they have times, else random-70-10-20."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="The moment of temporal-cut, from which on everything is the test: a date such as 2026-01-31, or the "
            "share of the records that lie before it, such as 0.9, the default. The latest ninth before it validates."
        ),
    ] = None,
    fold: Annotated[
        int | None, typer.Option(help="Which fold of cold-items or random-k-fold is tested; 0 by default.")
    ] = None,
    folds: Annotated[int | None, typer.Option(help="How many folds these have; 5 by default.")] = None,
    projection: Annotated[
        str | None,
        typer.Option(
            help="highlights, likes, views or ratings (of 4 and more, see --where), by default the first that the "
            "graph holds; frame-likes or comments (on frames, those that are not bad), which models of frames such as "
            "kfrci take by default; or relationship types with what they weigh, such as 3*LIKED+VIEWED."
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="Keep relationships where, for example rating>=3; it replaces the 4 of ratings."),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            help="The number of the records to predict (task rating; rating by default), or by which they weigh (task "
            "ranking, models that weigh records), such as watch_s."
        ),
    ] = None,
    calibrate: Annotated[
        str | None,
        typer.Option(
            help="Calibrate probabilities of clicks on the validation cases after training: temperature (one number), "
            "platt (and a shift) or isotonic (any rising curve); none by default."
        ),
    ] = None,
    also: Annotated[
        list[str] | None,
        typer.Option(
            help="A further projection to learn from and to be tested on, for a model that takes several; repeat for "
            "more."
        ),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option("--feature", help="Feature matrix to use; repeat for more. All by default."),
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run instead of starting one.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Read the whole graph again, whatever was read before.")
    ] = False,
    name: PropertyFlag = None,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Write the embeddings back.")
    ] = True,
    baselines: Annotated[
        bool | None,
        typer.Option(
            "--baselines/--no-baselines",
            help="Measure popularity, chance and, by features, content kNN on the same test cases; done by default.",
        ),
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a model on the graph, test it, and write its embeddings back.

    Example: `graphrec train --model transgrec --set dimension=128 --set epochs=50 --seed 1`

    Example: `graphrec train --model deepfm --calibrate platt`

    After Ctrl-C or a crash: `graphrec train --resume RUN`
    """
    from graphrec.api.train import resume as resume_run
    from graphrec.api.train import train as train_model
    from graphrec.cli.training_progress import TrainingProgress
    from graphrec.models.base import Embeds, Encodes
    from graphrec.models.registry import model as model_class
    from graphrec.serving.publish import check_named, reason_against
    from graphrec.serving.publish import publish as publish_run

    flags = {
        "model": model,
        "seed": seed,
        "device": device,
        "task": task,
        "split": split,
        "at": at,
        "fold": fold,
        "folds": folds,
        "projection": projection,
        "value": value,
        "calibrate": calibrate,
        "where": where,
        "also": also,
        "features": features,
        "baselines": baselines,
    }
    if resume is not None:
        hint = ", or begin a new run with --config and the config.toml of this one"
        require_as_begun(context, resume, ("name", "publish"), hint)
    folder, began = Workspace(workspace), time.monotonic()
    with TrainingProgress(quiet=as_json) as show:
        if resume is not None:
            trained = resume_run(folder, resume, progress=show)
        else:
            plan = plan_of(context, config, given, flags, "--model transgrec, or --config with a model in it")
            if publish and name is None and store is not None and issubclass(model_class(plan.model), Embeds | Encodes):
                with opened(workspace, store) as (graph, _):
                    check_named(graph, name)
            trained = train_model(folder, plan, store=store, progress=show, fresh=fresh)
    run = trained.run
    published, kept_back = None, ""
    if publish:
        try:
            if isinstance(trained.loaded.model, Embeds | Encodes):
                with opened(workspace, store, write=True) as (graph, _):
                    kept_back = reason_against(graph, trained.loaded, name)
                    published = None if kept_back else publish_run(graph, trained.loaded, name)
        except GraphrecError as error:
            raise type(error)(
                f"{error}. The run is kept: `graphrec publish {run.id}` writes it back"
            ) from error
    if as_json:
        # What there is to know of the figures is said to whoever looks on, too.
        print_account(trained.account.to_dict(), err)
        print_json(
            {
                "run": run.id,
                "model": run.model,
                "split": run.manifest["split"],
                "protocol": run.manifest["protocol"],
                **trained.test.to_dict(),
                "also": {name: test.to_dict() for name, test in trained.also.items()},
                "best_epoch": run.manifest["best_epoch"],
                "account": trained.account.to_dict(),
                "published": published and published.counts,
                "kept_back": kept_back,
            }
        )
        return
    best = run.manifest["best"]
    out.print(
        f"run {run.id}: best epoch {run.manifest['best_epoch']} of {run.manifest['epochs']}"
        + (f", validation {run.manifest['metric']} {best:.4f}" if best is not None else "")
        + f"; {time.monotonic() - began:.1f} s in all, of which {run.manifest['train_seconds']:.1f} s learning and "
        f"{run.manifest['validation_seconds']:.1f} s validation",
        markup=False,
    )
    told = {"": run.manifest, **run.manifest["also"]}
    for name, test in {"": trained.test, **trained.also}.items():
        by = f"{test.groups} test cases, split {told[name]['split']}, {told[name]['protocol']}"
        out.print(metrics_table(test, f"{name}: {by}" if name else by))
    print_account(trained.account.to_dict(), out)
    if published:
        counts = ", ".join(f"{count:,} {label}" for label, count in published.counts.items())
        out.print(f"written back as property {published.property}: {counts}", markup=False)
        if published.warning:
            out.print(
                "It is written back all the same, since nothing else was published there: `graphrec publish RUN` "
                "replaces it.",
                soft_wrap=True,
            )
    elif kept_back:
        out.print(kept_back, markup=False, soft_wrap=True)
    elif publish:
        err.print(f"{run.model} has no embeddings to write back; it serves with --run {run.id}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)
