"""The page of reports without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.api.reproduce.report import Report, Section, Table, Text, write_report
from graphrec.app import settings
from graphrec.app.settings import ExplorerSettings
from graphrec.workspace import Workspace

Page = Callable[..., AppTest]


@pytest.fixture
def workspace(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(settings, "_used", ExplorerSettings(Workspace(tmp_path)))
    return Workspace(tmp_path)


def test_reports_are_listed_and_shown(workspace: Workspace, page: Page) -> None:
    for name in ("one", "two"):
        sections = [Section("S", [Text([name])])]
        report = Report("jifr", f"Title of {name}", f"Summary of {name}.", Table([], []), [], sections)
        write_report(report, workspace.root / "reports" / name)
    shown = page("reports")
    assert not shown.exception
    box = shown.selectbox(key="report")
    assert sorted(label.partition(",")[0] for label in box.options) == ["Title of one", "Title of two"]
    shown = box.select("one").run()
    assert "Summary of one" in " ".join(text.value for text in shown.markdown)


def test_without_a_report_it_says_how_to_make_one(workspace: Workspace, page: Page) -> None:
    shown = page("reports")
    assert not shown.exception
    assert any("graphrec reproduce jifr --quick" in code.value for code in shown.code)
