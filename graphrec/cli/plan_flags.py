"""The flags by which several commands say what to train, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graphrec.cli.common import pairs
from graphrec.config import read_toml
from graphrec.errors import UsageError

if TYPE_CHECKING:
    from graphrec.api.plan import Plan

SplitFlag = Annotated[str | None, typer.Option(help="Name of the split; what the data say by default.")]
AtFlag = Annotated[
    str | None, typer.Option(help="The moment of the split temporal-cut, as `graphrec train` takes it.")
]
FoldsFlag = Annotated[
    int | None, typer.Option(help="How many folds, for cold-items and random-k-fold; one run per seed else.")
]
InFoldsFlag = Annotated[
    int,
    typer.Option(
        min=1,
        help="Train each trial in so many folds, and let the mean decide: the few items that validate in one fold say "
        "little of others.",
    ),
]
TaskFlag = Annotated[str | None, typer.Option(help="What the model is asked; its usual task by default.")]
ProjectionFlag = Annotated[str | None, typer.Option(help="Which part of the graph.")]
WhereFlag = Annotated[list[str] | None, typer.Option(help="Keep relationships where, for example rating>=3.")]
ValueFlag = Annotated[
    str | None, typer.Option(help="The number to predict or to weigh by, as `graphrec train` takes it.")
]
AlsoFlag = Annotated[
    list[str] | None, typer.Option(help="A further projection, as `graphrec train` takes it; repeat for more.")
]
FeaturesFlag = Annotated[
    list[str] | None, typer.Option("--feature", help="Feature matrix to use; repeat for more. All by default.")
]


def said(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of ``flags`` that were given."""
    return {name: value for name, value in flags.items() if value is not None}


def plan_of(
    context: typer.Context, config: Path | None, given: Sequence[str] | None, flags: Mapping[str, Any], which: str
) -> Plan:
    """Put together what is asked for: flag, ``--set``, ``--config``, graphrec.toml, default.

    Raises ``UsageError`` where none names a model; ``which`` shows how to.
    """
    # Here, not above: models need torch, which takes seconds.
    from graphrec.api.plan import Plan

    told = said(flags)
    sources = {name: context.get_parameter_source(name) for name in told}
    from_file = {name for name, source in sources.items() if source is not None and source.name == "DEFAULT_MAP"}
    values = {name: told[name] for name in from_file}
    if config is not None:
        values |= read_toml(config)
    values |= pairs(given or [], "--set")
    values |= {name: value for name, value in told.items() if name not in from_file}
    if "model" not in values:
        raise UsageError(f"which model? {which}; `graphrec models` lists them")
    return Plan.of(values)
