"""``--watch``: the same work again for whatever comes, until Ctrl-C."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import err
from graphrec.errors import DataError

_Flag = Annotated[bool, typer.Option("--watch", help="Go on with files that appear or change, until Ctrl-C.")]


def watched(act: Callable[..., None]) -> Callable[..., None]:
    """Return ``act``, which takes loader, options, paths and keywords, with a further flag ``--watch``.

    What is wrong with the data ends it only where nothing is watched.
    """

    def run(loader: Any, options: Any, paths: list[Path], *, watch: bool, **given: Any) -> None:
        if not watch:
            act(loader, options, paths, **given)
            return
        for found in _coming(paths):
            try:
                act(loader, options, found, **given)
            except DataError as error:
                err.print(f"error: {error}", style="red", markup=False, soft_wrap=True)

    flag = inspect.Parameter("watch", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Flag)
    signature = inspect.signature(act, eval_str=True)
    given = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=[*given, flag])  # type: ignore[attr-defined]
    return run


def _coming(paths: list[Path]) -> Iterator[list[Path]]:
    """Yield ``paths``, and then each time what has come or changed below them."""
    from graphrec.loaders.watching import arriving

    coming = arriving(paths)
    yield paths
    while True:
        err.print(f"watching {', '.join(map(str, paths))}; Ctrl-C ends it", markup=False)
        yield next(coming)
