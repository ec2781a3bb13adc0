"""The second at which a page's video stands, as the address has it: setting it makes the video play from there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from graphrec.app.links import asked

NAME = "t"
_TURN = "jumps"


def second() -> float | None:
    """Return the second of the address; None where there is none, or something else."""
    try:
        return float(asked(NAME) or "")
    except ValueError:
        return None


def turn() -> int:
    """Return how often this session has jumped."""
    return int(st.session_state.get(_TURN, 0))


def jump(to: float | None) -> None:
    """Have the video play from ``to``, in seconds, when the page runs next; None does nothing."""
    if to is not None:
        st.query_params[NAME] = f"{to:g}"
        st.session_state[_TURN] = turn() + 1


def jump_to_row(key: str, seconds: Sequence[float | None]) -> None:
    """Jump to the second of the row that is selected in the table ``key``; a callback of that table."""
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        jump(seconds[rows[0]])


def stay() -> None:
    """Forget the second: another video has been chosen."""
    st.query_params.pop(NAME, None)
