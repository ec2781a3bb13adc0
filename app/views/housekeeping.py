"""Housekeeping: users and items forgotten, and what the workspace keeps and nobody needs any more."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from graphrec.api.forget import LABELS, forget
from graphrec.api.forgotten import in_words, stays, warnings
from graphrec.api.prune import Prunable, prunable, remove
from graphrec.app.graph import ask, reading, workspace, writing
from graphrec.app.notices import advise, problem
from graphrec.app.settings import current
from graphrec.app.text import heading, plain
from graphrec.errors import GraphrecError
from graphrec.serving.published import current_runs

PLANNED, DONE = "forget", "removed"
"""In the session: whom a visitor has looked at to forget, and what was removed by the last click."""


def forgetting() -> None:
    """Ask whom, show what would go, and remove it when that is wanted."""
    st.subheader("Forget a user or an item")
    with st.form("whom", border=True):
        label = st.selectbox("What", LABELS, key="label", width=200)
        node = st.text_input("Id", key="id")
        if st.form_submit_button("Show what would go", icon=":material/search:"):
            st.session_state[PLANNED] = f"{label}:{node.strip()}"
    planned = st.session_state.get(PLANNED)
    if planned is None:
        return
    try:
        with reading() as store:
            found = forget(store, workspace(), planned, dry_run=True)
    except GraphrecError as error:
        problem(error)
        return
    st.markdown(plain(in_words(found)))
    for line in filter(None, [*warnings(found), stays(found)]):
        st.warning(plain(line), icon=":material/warning:")
    if stays(found):
        return
    if st.button("Forget it for good", type="primary", icon=":material/person_remove:", key="forget it"):
        with st.spinner("Removing it everywhere"), writing() as store:
            forget(store, workspace(), planned)
        del st.session_state[PLANNED]
        done(f"{planned} is forgotten.")


def pruning() -> None:
    """List what may go, and remove it when that is wanted."""
    st.subheader("What nobody needs any more")
    keep = st.number_input("Finished runs of each model that stay", 1, value=1, key="keep", width=280)
    found = prunable(workspace(), {run.id for run in ask(current_runs)}, keep)
    if not found:
        st.caption("There is nothing to remove. What was touched within a day is left alone.")
        return
    st.dataframe(
        pd.DataFrame([row(one) for one in found]),
        hide_index=True,
        column_config={"MB": st.column_config.NumberColumn(format="%.1f")},
    )
    size = f"{sum(one.bytes for one in found) / 1e6:,.1f} MB"
    with st.popover(f"Remove {size}", icon=":material/delete:"):
        st.markdown("This cannot be undone.")
        if st.button("Remove them for good", type="primary", key="remove them"):
            shown = {one.path for one in found}
            # Others may have published since: what is needed by now stays.
            with writing() as store:
                now = prunable(workspace(), {run.id for run in current_runs(store)}, keep)
                remove([one for one in now if one.path in shown])
            done(f"{size} are removed.")


def row(one: Prunable) -> dict[str, object]:
    """Return what may go as a row."""
    path = one.path.relative_to(workspace().root)
    return {"what": one.kind, "path": str(path), "MB": one.bytes / 1e6, "why": one.why}


def done(said: str) -> None:
    """Draw the page as it is now, with what has been done."""
    st.session_state[DONE] = said
    st.rerun()


heading("Housekeeping", "Whom and what to forget, and what this workspace keeps that nobody needs any more.")
if current().private:
    if DONE in st.session_state:
        st.success(plain(st.session_state.pop(DONE)), icon=":material/check_circle:")
    forgetting()
    pruning()
else:
    st.info("Others can come here, so nothing is removed here. On the machine itself:", icon=":material/lock:")
    advise("graphrec forget User:ID --dry-run")
    advise("graphrec prune")
