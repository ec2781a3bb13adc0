"""Text of the graph keeps its marks."""

from __future__ import annotations

import re

import pytest

from graphrec.app.text import plain


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "<img src=x onerror=alert(1)>",
        ":smile: :red[a] $a$ `b` *c* _d_ ~~e~~ # f",
        "a\\b",
    ],
)
def test_every_mark_is_escaped_and_nothing_is_lost(text: str) -> None:
    shown = plain(text)
    assert not re.search(r"(?<!\\)[!-/:-@\[^-`{-~]", shown.replace("\\\\", ""))
    assert re.sub(r"\u2060\\(.)\u2060", r"\1", shown) == text


def test_a_label_is_one_line() -> None:
    assert plain(" a\n\n# b ") == plain("a # b")
