"""The script that Streamlit runs at every click: it draws the navigation, and then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from graphrec.app.links import pages
from graphrec.app.notices import telling

FRONTEND = Path(__file__).with_name("frontend")
NO_RAW_CSV = (
    "<style>[data-testid='stElementToolbarButton']:has([aria-label='Download as CSV']) {display: none}</style>"
)
"""Streamlit's own button writes cells as they are, formulas too; pages whose rows are wanted have one of theirs."""

page = st.navigation(pages(), expanded=True)
st.set_page_config(page_title=f"{page.title} - graphrec", page_icon=str(FRONTEND / "icon.png"), layout="wide")
st.logo(str(FRONTEND / "logo.svg"), icon_image=str(FRONTEND / "icon.png"), size="large")
st.html(NO_RAW_CSV)
telling(page.run)()
