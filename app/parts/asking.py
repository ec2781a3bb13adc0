"""A person's query, running beside the page: it can be watched and stopped."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from threading import BoundedSemaphore, Event, Thread
from typing import Any

import streamlit as st

from graphrec.app.graph import reading
from graphrec.errors import GraphrecError, StoreError
from graphrec.store.answers import Answer, Limits
from graphrec.store.base import GraphStore
from graphrec.store.console.processes import AT_ONCE, turn
from graphrec.store.console.store import ConsoleStore

log = logging.getLogger(__name__)

_turns = BoundedSemaphore(AT_ONCE)
SOON_S = 0.4
"""For so long a page waits for an answer before it says that it is waiting."""


class Asking:
    """One query, from when it is asked until its answer is there.

    Args:
        text: Cypher.
        parameters: its parameters.
        limits: how far it may go.
    """

    def __init__(self, text: str, parameters: Mapping[str, Any], limits: Limits) -> None:
        self.text, self.parameters, self.limits = text, parameters, limits
        self.answer: Answer | None = None
        self.error: GraphrecError | None = None
        self.started = time.monotonic()
        self._done = Event()
        Thread(target=self._run, daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether there is an answer or an error."""
        return self._done.is_set()

    @property
    def seconds(self) -> float:
        """How long ago it was asked."""
        return time.monotonic() - self.started

    def wait(self, seconds: float) -> None:
        """Wait for the answer, but no longer than that."""
        self._done.wait(seconds)

    def stop(self) -> None:
        """End it."""
        self.limits.stop.set()

    def _run(self) -> None:
        try:
            # Before the graph: who only waits must not keep out those who would write.
            with turn(_turns, self.limits), reading() as store:
                self.answer = console(store).ask(self.text, self.parameters, self.limits)
        except GraphrecError as error:
            self.error = error
        except Exception as error:
            # The query is its author's business: the log has what went wrong, and not what was asked.
            log.error("a query failed in the explorer: %s", type(error).__name__)
            self.error = StoreError("the query failed in a way that nobody has foreseen; ask in another way")
        finally:
            self._done.set()


def plan(text: str, parameters: Mapping[str, Any]) -> str:
    """Return how the database would run the query; raises ``QueryError``."""
    with reading() as store:
        return console(store).plan(text, parameters)


def console(store: GraphStore) -> ConsoleStore:
    """Return a store that answers typed queries; raises ``StoreError`` for one that does not."""
    if not isinstance(store, ConsoleStore):
        raise StoreError(f"{store.uri} does not answer typed queries")
    return store


@st.fragment(run_every=0.3)
def progress(asking: Asking) -> None:
    """Say how long the query has run, and offer to stop it; the page is drawn anew when it has ended."""
    if asking.done:
        st.rerun()
    allowed = asking.limits.seconds
    st.progress(
        min(1.0, asking.seconds / allowed), f"Running for {asking.seconds:.1f} s of at most {allowed:g} s"
    )
    if st.button("Cancel", icon=":material/stop_circle:"):
        asking.stop()
        asking.wait(2)
        st.rerun()
