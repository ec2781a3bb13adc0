"""Words without a dictionary."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graphrec.media.words import Language, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP me now!", "don t stop me now"),
        ("Öl für Straße 42", "öl für straße 42"),
        ("師走かな？", "師走 かな"),
        ("ケーキを食べたよ", "ケーキ を 食 べたよ"),
        ("ﾄﾞﾗｺﾞﾝ！！", "ドラゴン"),
        ("ＡＢＣ１２", "abc12"),
        ("ちーちゃん", "ちーちゃん"),
        ("草wwwwww", "草 w"),
        ("8888888888", "888"),
        ("我喜欢这个电影", "我喜 喜欢 欢这 这个 个电 电影"),
        ("好看 very 好看", "好看 very 好看"),
        ("안녕 하세요", "안녕 하세요"),
        ("…!?  ", None),
        ("", None),
        (None, None),
    ],
)
def test_words(text: str | None, words: str | None) -> None:
    assert split_words(pa.array([text], pa.string())).to_pylist() == [words]


def test_one_script_tells_the_language_of_all() -> None:
    texts = pa.array(["東京都庁", "すごい"])
    assert split_words(texts).to_pylist() == ["東京都庁", "すごい"]
    assert split_words(texts.slice(0, 1)).to_pylist() == ["東京 京都 都庁"]
    assert split_words(texts.slice(0, 1), Language.JAPANESE).to_pylist() == ["東京都庁"]
