"""Fields for what a list keeps to beside its scores: what ranks it again, how diverse it is, how many share what."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from graphrec.app.graph import ask, workspace
from graphrec.app.links import asked
from graphrec.app.parts.runs import pick_run
from graphrec.serving.explore.rankers import rankers
from graphrec.serving.shared_values import in_words, limits_of
from graphrec.serving.variety import Variety

RANK_BY = "rank_by"
"""The field's name, in the address too."""
FIRST = ("uploader", "HAS_SEGMENT", "HAS_FRAME", "IN_GENRE")
"""What a list is limited by at first, where its nodes have such."""


@dataclass(frozen=True)
class ListRules:
    """What the visitor has chosen: a run that ranks again, or None, and the order's rule."""

    rank_by: str | None
    variety: Variety


def list_rules(label: str) -> ListRules:
    """Return what a list of ``label`` nodes shall keep to; nothing at first."""
    # On a phone the fields would push the list out of sight.
    with st.expander("Rank again and vary", expanded=any(asked(name) for name in (RANK_BY, "diversity", "at_most"))):
        again, spread, many, what = st.columns([3, 3, 1.6, 2.4], vertical_alignment="bottom")
        with again:
            by = pick_ranker(label)
        with spread:
            told = "Each next has the most (1 - d) x score - d x cosine to the most alike above it. 0: by score alone."
            share = st.slider("Diversity", 0.0, 1.0, 0.0, 0.1, key="diversity", bind="query-params", help=told)
        with many:
            told = "So many, at most, that share what stands beside it. 0: any number."
            most = st.number_input("At most", 0, 60, 0, key="at_most", bind="query-params", help=told)
        with what:
            of = _shared(label, disabled=not most)
    return ListRules(by, Variety(share, int(most), of) if most else Variety(share))


def _shared(label: str, *, disabled: bool) -> str:
    """Return by what the list is limited, which the address names."""
    names = ask(limits_of, label)
    first = next((name for name in FIRST if name in names), names[0])
    named = asked("of")
    # The address has the name: a field that were bound to it would write what it shows there.
    st.session_state["of"] = named if named in names else first
    chosen: str = st.selectbox(
        "of one",
        names,
        format_func=lambda name: in_words(label, name),
        key="of",
        disabled=disabled,
        on_change=lambda: st.query_params.update({"of": st.session_state["of"]}),
    )
    return chosen


def pick_ranker(label: str) -> str | None:
    """Return the run that shall rank again, of those that tell clicks on ``label`` nodes; None at first."""
    # Not kept with what the graph says: a run may be trained while the graph stays as it is.
    runs = rankers(workspace(), label)
    return pick_run(
        "Rank by",
        runs,
        RANK_BY,
        none="The model itself" if runs else "No model of clicks is trained",
        help="A model of clicks ranks the 500 best again; its probability is the score. "
        "`graphrec train --model deepfm` trains one.",
    )
