"""The script that Streamlit runs at every click: it draws the navigation, and then the page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from graphrec.app.links import pages
from graphrec.app.notices import telling

FRONTEND = Path(__file__).with_name("frontend")

page = st.navigation(pages(), expanded=True)
st.set_page_config(page_title=f"{page.title} - graphrec", page_icon=str(FRONTEND / "icon.png"), layout="wide")
st.logo(str(FRONTEND / "logo.svg"), icon_image=str(FRONTEND / "icon.png"), size="large")
telling(page.run)()
