"""``--watch``: the same work again for whatever comes, until Ctrl-C."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from graphrec.cli.common import err
from graphrec.errors import DataError, StoreBusy

_Flag = Annotated[bool, typer.Option("--watch", help="Go on with files that appear or change, until Ctrl-C.")]
_AGAIN_S = 1.0


def watched(act: Callable[..., None]) -> Callable[..., None]:
    """Return ``act``, which takes loader, options, paths and keywords, with a further flag ``--watch``.

    What is wrong with the data ends it only where nothing is watched.
    """

    def run(loader: Any, options: Any, paths: list[Path], *, watch: bool, **given: Any) -> None:
        if not watch:
            act(loader, options, paths, **given)
            return
        for found in _coming(paths):
            _patiently(partial(act, loader, options, found, **given))

    flag = inspect.Parameter("watch", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Flag)
    signature = inspect.signature(act, eval_str=True)
    given = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    run.__signature__ = signature.replace(parameters=[*given, flag])  # type: ignore[attr-defined]
    return run


def _patiently(act: Callable[[], None]) -> None:
    """Do it, once nobody else is using the workspace; print what is wrong with the data."""
    told = False
    while True:
        try:
            return act()
        except StoreBusy as error:
            if not told:
                err.print(f"waiting: {error}", markup=False, soft_wrap=True)
            told = True
            time.sleep(_AGAIN_S)
        except DataError as error:
            return err.print(f"error: {error}", style="red", markup=False, soft_wrap=True)


def _coming(paths: list[Path]) -> Iterator[list[Path]]:
    """Yield ``paths``, and then each time what has come or changed below them."""
    from graphrec.loaders.watching import arriving

    coming = arriving(paths)
    yield paths
    while True:
        err.print(f"watching {', '.join(map(str, paths))}; Ctrl-C ends it", markup=False)
        yield next(coming)
