"""The files of the components that are drawn in the browser."""

from __future__ import annotations

from importlib.resources import files


def keep() -> None:
    """Take part of a component's value: without a function for it none is returned."""


def read(*names: str) -> str:
    """Return files of ``app/frontend`` as one text; of scripts the last says what the component is."""
    folder = files("graphrec.app") / "frontend"
    found = [(folder / name).read_text(encoding="utf-8") for name in names]
    # In one module names are known to each other without being exported.
    return "\n".join([*(text.replace("export function", "function") for text in found[:-1]), found[-1]])
