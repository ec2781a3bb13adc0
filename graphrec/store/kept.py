"""What was read whole from a graph, kept in memory until the graph changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class Kept:
    """Answers by what was asked; each belongs to a state of the graph, and in another state it is asked for again.

    Threads may share one.

    Args:
        most: so many bytes the answers take together; those asked for longest ago make room.
    """

    def __init__(self, most: int = 256 << 20) -> None:
        self.most = most
        self._found: dict[Hashable, tuple[Hashable, Any, int]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, state: Hashable, read: Callable[[], T], size: Callable[[T], int]) -> T:
        """Return what ``read`` returns in this ``state`` of the graph; ``size`` tells how many bytes it takes."""
        with self._lock:
            kept = self._found.get(key)
            if kept is not None and kept[0] == state:
                self._found[key] = self._found.pop(key)
                known: T = kept[1]
                return known
        found = read()
        self._put(key, state, found, size(found))
        return found

    def has(self, key: Hashable, state: Hashable) -> bool:
        """Return whether the answer is at hand."""
        with self._lock:
            return key in self._found and self._found[key][0] == state

    def keys(self) -> list[Hashable]:
        """Return what is kept, what was asked for longest ago first."""
        with self._lock:
            return list(self._found)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._found.clear()

    def _put(self, key: Hashable, state: Hashable, found: Any, size: int) -> None:
        with self._lock:
            self._found.pop(key, None)
            if size > self.most:
                return
            self._found[key] = state, found, size
            while sum(taken for *_, taken in self._found.values()) > self.most:
                del self._found[next(iter(self._found))]
