"""The way to the graph: every answer is kept until the graph changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from graphrec.app.settings import ExplorerSettings, current
from graphrec.serving.explore.fingerprint import fingerprint, fingerprint_of_files
from graphrec.store.base import GraphStore
from graphrec.store.shared import SharedStore
from graphrec.workspace import Workspace

P = ParamSpec("P")
R = TypeVar("R")

FRESH_S = 1.0
"""For so long it is taken for granted that a server's graph has not changed."""
KEPT_S = 600.0
"""For so long what is told of a server is kept at most: what others write there is not always noticed."""


def ask(function: Callable[Concatenate[GraphStore, P], R], *arguments: P.args, **named: P.kwargs) -> R:
    """Return ``function(store, *arguments, **named)``; the same question is not asked twice of the same graph.

    The answer is a copy of one's own. Raises what the function raises.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    return cast(R, _answer(function, name, state(), arguments, named))


def ask_shared(function: Callable[Concatenate[GraphStore, P], R], *arguments: P.args, **named: P.kwargs) -> R:
    """Like ``ask``, for large answers: all sessions get the same object, which nobody may change."""
    name = f"{function.__module__}.{function.__qualname__}"
    return cast(R, _shared_answer(function, name, state(), arguments, named))


@contextmanager
def reading() -> Iterator[GraphStore]:
    """The store for the block, for what must not be kept."""
    with store_of(current()).reading() as store:
        yield store


@contextmanager
def writing() -> Iterator[GraphStore]:
    """The store for the block, for this session alone; raises ``StoreBusy`` where others go on using it."""
    with store_of(current()).writing() as store:
        yield store


def workspace() -> Workspace:
    """Return the workspace."""
    return current().workspace


def state() -> str:
    """Return a text that is another after any change of the graph."""
    settings = current()
    if settings.store is None:
        return fingerprint_of_files(settings.workspace)
    return _server_state(settings)


@lru_cache(4)
def store_of(settings: ExplorerSettings) -> SharedStore:
    """Return the one store of this process."""
    return SharedStore(settings.workspace, settings.store)


_told: dict[ExplorerSettings, tuple[float, str]] = {}
_asking = Lock()


def _server_state(settings: ExplorerSettings) -> str:
    with _asking:
        at, told = _told.get(settings, (0.0, ""))
        if time.monotonic() - at > FRESH_S or not told:
            with store_of(settings).reading() as store:
                told = f"{fingerprint(store)} {time.monotonic() // KEPT_S:.0f}"
            _told[settings] = time.monotonic(), told
        return told


@st.cache_data(max_entries=1000, show_spinner=False)
def _answer(_function: Any, name: str, state: str, arguments: Any, named: Any) -> Any:
    with reading() as store:
        return _function(store, *arguments, **named)


@st.cache_resource(max_entries=20, show_spinner=False)
def _shared_answer(_function: Any, name: str, state: str, arguments: Any, named: Any) -> Any:
    with reading() as store:
        return _function(store, *arguments, **named)
