"""The reports that ``graphrec reproduce`` has written into a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphrec.files import read_json
from graphrec.workspace import Workspace

FOLDER, HTML, MARKDOWN, FACTS = "reports", "report.html", "report.md", "report.json"


@dataclass(frozen=True)
class ReportFile:
    """A report on disk.

    Attributes:
        id: name of its folder, and of the study.
        title: likewise.
        summary: what it comes to.
        made: when, ISO 8601.
        html: the file.
    """

    id: str
    title: str
    summary: str
    made: str
    html: Path


def reports(workspace: Workspace) -> Mapping[str, ReportFile]:
    """Return all by id, the newest first."""
    found = []
    for path in workspace.root.glob(f"{FOLDER}/*/{FACTS}"):
        told, folder = read_json(path), path.parent
        found.append(ReportFile(folder.name, told["title"], told["summary"], told["made"], folder / HTML))
    return {one.id: one for one in sorted(found, key=lambda one: one.made, reverse=True)}
