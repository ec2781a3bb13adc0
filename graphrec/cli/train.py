"""``graphrec train``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    bar,
    err,
    opened,
    out,
    pairs,
    print_json,
    table,
)
from graphrec.errors import ConfigError, GraphrecError
from graphrec.workspace import Workspace


def train(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Which model; `graphrec models` lists them.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; repeat for more.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file of settings, such as a run's config.toml.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    split: Annotated[
        str | None,
        typer.Option(
            help="given, temporal-last, random-70-10-20, cold-items or "
            "random-k-fold; by default what the data say."
        ),
    ] = None,
    fold: Annotated[int, typer.Option(help="Which fold of cold-items or random-k-fold is tested.")] = 0,
    projection: Annotated[
        str | None,
        typer.Option(help="highlights, likes, views or ratings; by default the first that the graph holds."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Keep relationships where, for example rating>=4.")
    ] = None,
    feature: Annotated[
        list[str] | None, typer.Option(help="Feature matrix to use; repeat for more. All by default.")
    ] = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run instead of starting one.")] = None,
    publish: Annotated[
        bool, typer.Option("--publish/--no-publish", help="Write the embeddings back.")
    ] = True,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Train a model on the graph, test it, and write its embeddings back.

    Example: `graphrec train --model transgrec --set dimension=128 --set epochs=50 --seed 1`

    After Ctrl-C or a crash: `graphrec train --resume RUN`
    """
    from graphrec.api.train import Plan
    from graphrec.api.train import resume as resume_run
    from graphrec.api.train import train as train_model
    from graphrec.serving.load_model import load_run
    from graphrec.serving.publish import publish as publish_run

    folder = Workspace(workspace)
    with bar(quiet=as_json) as progress:
        task = progress.add_task("training", total=None)

        def show(line: Any, epochs: int) -> None:
            loss = " ".join(f"{name} {value:.4f}" for name, value in line.loss.items())
            valid = " ".join(f"{name} {value:.4f}" for name, value in line.valid.items())
            progress.update(
                task,
                total=epochs,
                completed=line.epoch,
                description=f"loss {loss}  valid {valid}  {line.edges_per_s:,.0f} edges/s",
            )

        if resume is not None:
            trained = resume_run(folder, resume, progress=show)
        else:
            values, name = _settings(config, model, given)
            plan = Plan(
                name, values | {"seed": seed, "device": device}, split, fold, projection, where or [], feature
            )
            trained = train_model(folder, plan, store=store, progress=show)
    run = trained.run
    published = None
    if publish:
        try:
            loaded = load_run(folder, run)
            if loaded.model.embeddings() is not None:
                with opened(workspace, store, write=True) as (graph, _):
                    published = publish_run(graph, loaded)
        except GraphrecError as error:
            raise type(error)(
                f"{error}. The run is kept: `graphrec publish {run.id}` writes it back"
            ) from error
    if as_json:
        print_json(
            {
                "run": run.id,
                "model": run.model,
                "split": run.manifest["split"],
                "protocol": "default",
                **trained.test.to_dict(),
                "best_epoch": run.manifest["best_epoch"],
                "published": published and published.counts,
            }
        )
        return
    best = run.manifest["best"]
    out.print(
        f"run {run.id}: best epoch {run.manifest['best_epoch']} of {run.manifest['epochs']}"
        + (f", validation {run.manifest['metric']} {best:.4f}" if best is not None else "")
        + f", {run.manifest['train_seconds']:.1f} s",
        markup=False,
    )
    out.print(
        table(
            ("test metric", "value", "95% from", "to"),
            [
                (name, value, *trained.test.ci95.get(name, (None, None)))
                for name, value in trained.test.metrics.items()
            ],
            title=f"{trained.test.groups} test cases, split {run.manifest['split']}",
        )
    )
    if published:
        counts = ", ".join(f"{count:,} {label}" for label, count in published.counts.items())
        out.print(f"written back as property {published.property}: {counts}", markup=False)
    elif publish:
        err.print(f"{run.model} has no embeddings to write back; it serves with --run {run.id}", markup=False)


def _settings(config: Path | None, model: str | None, given: list[str] | None) -> tuple[dict[str, Any], str]:
    values: dict[str, Any] = {}
    if config is not None:
        try:
            values = tomllib.loads(config.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{config}: {error}") from error
    named = values.pop("model", None)
    name = model or named
    if name is None:
        raise ConfigError(
            "which model? --model transgrec, or --config with a model in it; `graphrec models` lists them"
        )
    return values | pairs(given or [], "--set"), name


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(train)
