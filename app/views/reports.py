"""Reports: papers reproduced in this workspace, each with its tables, figures and what differs."""

from __future__ import annotations

import streamlit as st

from graphrec.app.graph import workspace
from graphrec.app.notices import nothing
from graphrec.app.text import heading, plain
from graphrec.serving.explore.reports import reports

HEIGHT = 1200


def page() -> None:
    """Draw the page."""
    heading(
        "Reports", "Papers reproduced in this workspace: ours beside what was printed, what differs and why."
    )
    found = reports(workspace())
    if not found:
        nothing("No paper has been reproduced in this workspace yet.", "graphrec reproduce jifr --quick")
        return
    chosen = st.selectbox(
        "Report",
        list(found),
        format_func=lambda one: f"{found[one].title}, {found[one].made[:10]} ({one})",
        key="report",
        bind="query-params",
    )
    report = found[chosen]
    st.markdown(plain(report.summary))
    html = report.html.read_text(encoding="utf-8")
    st.download_button(
        "Download", html, f"{chosen}.html", "text/html", icon=":material/download:", on_click="ignore"
    )
    st.iframe(html, height=HEIGHT)


page()
