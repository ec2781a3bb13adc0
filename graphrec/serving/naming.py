"""What people call a node: its title, of a part that of its video, with its time; else an id."""

from __future__ import annotations

from typing import Protocol

from graphrec.serving.clock import clock

TITLES = ("title", "name")
"""The properties that say what a node is called, the first that it has."""


class Titled(Protocol):
    """An item, segment or frame, as ``recommend`` and the lists have it; a part has a video and a start."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str | None:
        """The item's title, or that of the video of which it is a part."""

    @property
    def video(self) -> str | None:
        """That video's id; None for an item."""

    @property
    def start_s(self) -> float | None:
        """Seconds from the video's start."""

    @property
    def end_s(self) -> float | None:
        """Likewise; None for a frame."""


def called(node: Titled) -> str:
    """Return a node's title; without one its video's id, or its own."""
    return node.title or node.video or node.id


def when(start_s: float | None, end_s: float | None = None) -> str:
    """Return from when to when, such as ``0:05 to 0:10``, or since when; "" where that is not known."""
    if start_s is None:
        return ""
    return clock(start_s) + ("" if end_s is None else f" to {clock(end_s)}")


def in_a_list(node: Titled) -> str:
    """Return the name and, of a part, when it is."""
    return ", ".join(filter(None, [called(node), when(node.start_s, node.end_s)]))


def in_a_sentence(node: Titled) -> str:
    """Return the same as part of a sentence."""
    return " from ".join(filter(None, [called(node), when(node.start_s, node.end_s)]))


def with_id(name: str | None, node: str) -> str:
    """Return what the node with the id ``node`` is called, and its id where that is something else."""
    return f"{name} ({node})" if name not in (None, node) else node
