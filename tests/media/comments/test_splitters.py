"""Words told apart by dictionaries."""

from __future__ import annotations

import pyarrow as pa
import pytest

from graphrec.errors import ConfigError, DataError
from graphrec.media.comments import mecab
from graphrec.media.comments.mecab import words_of_many
from graphrec.media.comments.splitters import STEP, Splitter, installed, split_by, splitter_of
from graphrec.media.language import Language
from graphrec.media.words import plain, split, stretches

JAPANESE, CHINESE = Language.JAPANESE, Language.CHINESE


@pytest.mark.parametrize(
    ("splitter", "language", "text", "words"),
    [
        (Splitter.MECAB, JAPANESE, "作画がとてもきれい", ["作画", "が", "とても", "きれい"]),
        (Splitter.MECAB, JAPANESE, "この服、もう着れないね！！", ["この", "服", "もう", "着れ", "ない", "ね"]),
        (Splitter.JIEBA, CHINESE, "我来到北京清华大学", ["我", "来到", "北京", "清华大学"]),
        (Splitter.JIEBA, CHINESE, "剧情……太无聊了", ["剧情", "太", "无聊", "了"]),
        (Splitter.SCRIPT, CHINESE, "清华大学", ["清华", "华大", "大学"]),
    ],
)
def test_a_dictionary_knows_words(splitter: Splitter, language: Language, text: str, words: list[str]) -> None:
    assert splitter_of(language, splitter) is splitter
    assert split_by(splitter, plain(pa.array([text])), language).to_pylist() == [words]


def test_every_text_has_its_own_words_and_each_stretch_is_looked_up_once() -> None:
    texts = pa.array(["服 服!", None, "", "…", "きた 拍手 ", "服だ"])
    told: list[str] = []
    found = split_by(Splitter.MECAB, texts, JAPANESE, frozenset(["きた"]), told.append)
    assert found.to_pylist() == [["服", "服"], [], [], [], ["きた", "拍手"], ["服", "だ"]]
    assert told == [f"Splitting by mecab: {done} of 4 different stretches" for done in (0, 4)]
    assert split_by(Splitter.MECAB, pa.array(["きた"]), JAPANESE).to_pylist() == [["き", "た"]]
    assert split_by(Splitter.MECAB, pa.array([], pa.string()), JAPANESE).to_pylist() == []


def test_many_are_shared_out_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    some = pa.array([f"{word}{n}" for n, word in enumerate(("作画がとても", "拍手", "服だ", "…", "きた") * 3)])
    (alone,) = words_of_many(some)
    monkeypatch.setattr(mecab, "MANY", 4)
    assert [len(part) for part in words_of_many(some)] == [4, 4, 4, 3]
    assert pa.concat_arrays([*words_of_many(some)]) == alone
    assert alone[0].as_py() == ["作画", "が", "とても", "0"]


def test_a_process_that_ends_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mecab, "MANY", 1)
    monkeypatch.setattr(mecab.sys, "executable", "/bin/false")
    with pytest.raises(DataError, match="MeCab's process ended with status 1; try again"):
        list(words_of_many(pa.array(["服だ", "拍手"])))


def test_how_far_it_is_is_told() -> None:
    told: list[str] = []
    split_by(Splitter.JIEBA, pa.array([f"好{n}" for n in range(STEP + 1)]), CHINESE, tell=told.append)
    assert told == [f"Splitting by jieba: {done:,} of 20,001 different stretches" for done in (0, STEP, STEP + 1)]


def test_without_a_dictionary_words_are_those_of_scripts() -> None:
    texts = plain(pa.array(["師走かな", "cooool hat", "清华大学"]))
    for language in Language:
        assert split_by(Splitter.SCRIPT, texts, language) == split(texts, language)


def test_stretches_keep_what_no_blank_parts() -> None:
    assert stretches(pa.array(["服、もう着れない!!", "wooow 2333333"])).to_pylist() == [
        ["服", "もう着れない"], ["woow", "2333333"]
    ]  # fmt: skip


def test_the_dictionary_of_a_language_is_taken_by_itself_and_no_other() -> None:
    assert [splitter_of(language) for language in Language] == [Splitter.SCRIPT, Splitter.MECAB, Splitter.JIEBA]
    assert installed(Splitter.SCRIPT)
    assert splitter_of(JAPANESE, Splitter.SCRIPT) is Splitter.SCRIPT
    with pytest.raises(ConfigError, match="jieba splits chinese, and these comments are japanese; with --lang"):
        splitter_of(JAPANESE, Splitter.JIEBA)
