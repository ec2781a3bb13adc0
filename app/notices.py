"""What is said where there is nothing to show, or something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from shlex import quote
from typing import ParamSpec

import streamlit as st

from graphrec.app.graph import ask
from graphrec.app.settings import DEFAULT, current
from graphrec.app.text import plain
from graphrec.errors import GraphrecError, StoreBusy, StoreError
from graphrec.store.checks import check_owned

P = ParamSpec("P")

LOADING = ("graphrec load ", "graphrec ingest ")


def nothing(what: str, command: str = "") -> None:
    """Say what is missing and which command makes it; where the graph is somebody else's, that none does."""
    with st.container(border=True):
        st.markdown(f":material/info: {plain(what)}")
        if command.startswith(LOADING) and current().store is not None:
            try:
                ask(check_owned)
            except StoreError as error:
                st.markdown(plain(error))
                return
        if command:
            advise(command)


def advise(command: str) -> None:
    """Show a command for the graph that is being looked at, to be copied."""
    shown = current()
    if shown.workspace.root != DEFAULT:
        command += f" -w {quote(str(shown.workspace.root))}"
    if shown.store is not None:
        command += f" --store {quote(shown.store)}"
    st.code(command, language="shell")


def telling(function: Callable[P, None]) -> Callable[P, None]:
    """Return ``function`` such that it says in words what goes wrong; parts that run without their page need it too."""

    @wraps(function)
    def told(*arguments: P.args, **named: P.kwargs) -> None:
        try:
            function(*arguments, **named)
        except GraphrecError as error:
            problem(error)

    return told


def problem(error: GraphrecError) -> None:
    """Say in words what went wrong."""
    if isinstance(error, StoreBusy):
        st.warning(plain(error), icon=":material/hourglass_top:")
        if st.button("Try again", icon=":material/refresh:"):
            st.rerun()
    else:
        st.error(plain(error), icon=":material/error:")
