"""The account of a run's training: what was used, on whom it was tested, and what the figures are worth."""

from __future__ import annotations

import streamlit as st

from graphrec.app.text import plain
from graphrec.training.runs import Run


def run_account(run: Run) -> None:
    """Draw the account that a run's manifest has; nothing of a run that was not tested."""
    account = run.manifest.get("account")
    if not account:
        return
    *said, verdict = account["sentences"]
    (st.warning if account["verdict"]["bad"] else st.info)(plain(verdict))
    with st.expander("What was used, and on whom it was tested", expanded=True):
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in said))
