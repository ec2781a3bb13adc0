"""When comments were begun."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graphrec.media.comments.begun import begun, typed_words
from graphrec.media.language import Language

ENGLISH, JAPANESE, CHINESE = Language.SPACED, Language.JAPANESE, Language.CHINESE


def test_typing_is_timed_by_words_or_by_characters_where_no_spaces_tell_them() -> None:
    assert typed_words(pa.array(["I love  it!"]), ENGLISH).tolist() == [3]
    assert typed_words(pa.array(["ここ すき だ"]), JAPANESE).tolist() == [2.5]
    assert typed_words(pa.array(["我喜欢"]), CHINESE).tolist() == [2]


def test_a_comment_was_begun_before_it_was_sent_but_not_before_its_video() -> None:
    texts, sent = pa.array(["one two three", "one two", "!"]), np.array([11.0, 1.0, 11.0])
    # Three words at 40 a minute take 4.5 s.
    assert begun(texts, sent, ENGLISH, 40).tolist() == [6.5, 0.0, 11.0]
    assert begun(texts, sent, ENGLISH, 0).tolist() == sent.tolist()
