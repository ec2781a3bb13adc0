"""Every page, on every database, and where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.links import NAMES

PAGES = [name for section in NAMES.values() for name, _, _ in section]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn(page: Callable[..., AppTest], name: str) -> None:
    drawn = page(name)
    assert not drawn.error
    assert len(drawn.main) > 0


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("recommend", {"user": "u001"}),
        ("video", {"id": "v001"}),
        ("explain", {"user": "u001"}),
        ("embeddings", {}),
        ("runs", {}),
    ],
)
def test_a_link_names_the_run_that_it_shows(
    page: Callable[..., AppTest], name: str, address: dict[str, str]
) -> None:
    app = page(name, **address)
    assert not app.warning
    newest = app.selectbox(key="run").value
    assert app.query_params["run"] == newest
    gone = page(name, **address, run="gone")
    assert "gone" in gone.warning[0].value
    assert gone.selectbox(key="run").value == newest


@pytest.mark.parametrize("name", PAGES)
def test_where_there_is_no_graph_each_page_says_what_to_do(empty: Callable[..., AppTest], name: str) -> None:
    drawn = empty(name)
    words = (*drawn.markdown, *drawn.error, *drawn.code, *drawn.caption, *drawn.get("html"))
    said = " ".join(getattr(part, "value", None) or part.proto.body for part in words)
    assert "graphrec" in said
    # Of another folder than the default one.
    assert all(" -w " in code.value for code in drawn.code)
