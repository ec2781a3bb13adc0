"""One open store for all threads of a process that looks now and then, and lets others write in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Timer

from graphrec.errors import StoreBusy
from graphrec.store.base import GraphStore, closing
from graphrec.store.kept import Kept
from graphrec.store.ladybug import KEPT_BYTES, LadybugStore
from graphrec.store.open import open_store
from graphrec.workspace import Workspace

IDLE_S = 0.5
"""An embedded database that nobody has asked for so long is closed: while it is open no other process can write."""

PATIENCE_S = 5.0
"""So long readers wait for a writer, and a writer for readers."""


class SharedStore:
    """A store that is opened when it is needed; readers share it, a writer has it alone.

    What it has read whole, embeddings for example, stays in memory while it is closed.

    Args:
        workspace: the folder.
        uri: a Neo4j server, whose connections stay open; None for the embedded database.
    """

    def __init__(self, workspace: Workspace, uri: str | None = None) -> None:
        self.workspace, self.uri = workspace, uri
        self._kept = Kept(KEPT_BYTES)
        self._changed = Condition()
        self._store: GraphStore | None = None
        self._readers = 0
        self._writing = False
        self._timer: Timer | None = None

    @contextmanager
    def reading(self) -> Iterator[GraphStore]:
        """The store, open for reading during the block.

        Raises ``StoreBusy`` where someone writes for longer than ``PATIENCE_S``, ``StoreError`` where there is nothing.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: not self._writing, PATIENCE_S):
                raise StoreBusy("a video is being stored in the graph; try again in a moment")
            self._readers += 1
            if self._timer is not None:
                self._timer.cancel()
            try:
                store = self._open()
            except BaseException:
                self._leave()
                raise
        try:
            yield store
        finally:
            with self._changed:
                self._leave()

    @contextmanager
    def writing(self) -> Iterator[GraphStore]:
        """The store, open for writing during the block, once those who read have finished; of a server, at once.

        Raises ``StoreBusy`` where they, or another process, go on for longer than ``PATIENCE_S``.
        """
        if self.uri is not None:
            with closing(open_store(self.workspace, self.uri, write=True)) as store:
                yield store
            return
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            if not self._changed.wait_for(lambda: not (self._writing or self._readers), PATIENCE_S):
                raise StoreBusy("the graph is being read or written to; try again in a moment")
            self._writing = True
            self._close()
        try:
            store = self._patiently(deadline)
            try:
                yield store
            finally:
                store.close()
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def close(self) -> None:
        """Let go of the database."""
        with self._changed:
            self._close()

    def _open(self) -> GraphStore:
        if self._store is None:
            self._store = (
                LadybugStore(self.workspace, kept=self._kept)
                if self.uri is None
                else open_store(self.workspace, self.uri)
            )
        return self._store

    def _leave(self) -> None:
        self._readers -= 1
        self._changed.notify_all()
        if not self._readers and self.uri is None:
            self._timer = Timer(IDLE_S, self._close_if_idle)
            self._timer.daemon = True
            self._timer.start()

    def _close_if_idle(self) -> None:
        with self._changed:
            if not self._readers and not self._writing:
                self._close()

    def _close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _patiently(self, deadline: float) -> GraphStore:
        while time.monotonic() < deadline:
            with suppress(StoreBusy):
                return open_store(self.workspace, self.uri, write=True)
            time.sleep(0.1)
        return open_store(self.workspace, self.uri, write=True)
