"""Words without a dictionary."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graphrec.media.language import Language
from graphrec.media.words import language_of, plain, split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP me now!", "don t stop me now"),
        ("Öl für Straße 42", "öl für straße 42"),
        ("師走かな？", "師走 かな"),
        ("ケーキを食べたよ", "ケーキ を 食 べたよ"),
        ("ﾄﾞﾗｺﾞﾝ！！", "ドラゴン"),
        ("ジョン・スミス", "ジョン スミス"),
        ("ＡＢＣ１２", "abc12"),
        ("ちーちゃん", "ちーちゃん"),
        ("漢ー字", "漢 ー 字"),
        ("すごーーーい", "すごーい"),
        ("soooo goood, 1000 times", "soo good 1000 times"),
        ("好看 very 好看", "好看 very 好看"),
        ("안녕 하세요", "안녕 하세요"),
        ("a_b 𝒳 𠮷野家", "a b x 𠮷野家"),
        ("…!?・・・  ", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_words(text: str | None, words: str) -> None:
    assert told([text], Language.JAPANESE) == [words]


def test_chinese_is_cut_into_pairs() -> None:
    texts = ["我喜欢这个电影", "好看 very 好看", "好", "东京abc都厅厅"]
    assert told(texts, Language.CHINESE) == [
        "我喜 喜欢 欢这 这个 个电 电影", "好看 very 好看", "好", "东京 abc 都厅 厅厅",
    ]  # fmt: skip


def test_what_stands_at_the_end_of_one_text_is_not_joined_to_the_next() -> None:
    texts = ["カ", "ー", None, "aa", "a", "", "かあ", "あ"]
    assert told(texts, Language.JAPANESE) == ["カ", "ー", "", "aa", "a", "", "かあ", "あ"]


def test_one_script_tells_the_language_of_all() -> None:
    texts = pa.array(["東京都庁", "すごい"])
    assert language_of(texts) is Language.JAPANESE
    assert language_of(texts.slice(0, 1)) is Language.CHINESE
    assert language_of(pa.array(["all", None])) is Language.SPACED


def told(texts: list[str | None], language: Language) -> list[str]:
    found = split(plain(pa.array(texts, pa.string())), language)
    found.validate(full=True)
    return [" ".join(words) for words in found.to_pylist()]
