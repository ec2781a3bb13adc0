"""Comments made usable."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from graphrec.errors import DataError
from graphrec.media.comments.by_words import feelings
from graphrec.media.comments.clean import Cleaning, clean, words_of
from graphrec.media.comments.lexicon import lexicon_of
from graphrec.media.comments.splitters import Splitter
from graphrec.media.language import Language
from graphrec.media.words import plain

ENGLISH, JAPANESE, CHINESE = Language.SPACED, Language.JAPANESE, Language.CHINESE


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("LOOOL so good", ENGLISH, "lol so good"),
        ("hahaha lmao", ENGLISH, "lol lol"),
        ("草ｗｗｗｗｗ", JAPANESE, "草 草"),
        ("www.example", JAPANESE, "草 example"),
        ("すごい8888888", JAPANESE, "すごい 拍手"),
        ("キターーーーー！！", JAPANESE, "きた"),
        ("2333333 好看", CHINESE, "哈哈 好看"),
        ("666666", CHINESE, "厉害"),
        ("1000", CHINESE, "1000"),
        ("…", ENGLISH, None),
        (None, ENGLISH, None),
    ],
)
def test_slang_is_replaced(text: str | None, language: Language, words: str | None) -> None:
    assert words_of(plain(pa.array([text], pa.string())), language).to_pylist() == [words]


@pytest.mark.parametrize(
    ("text", "language", "feeling"),
    [
        ("this is great, I love it", ENGLISH, 2),
        ("not very good", ENGLISH, -1),
        ("not bad", ENGLISH, 1),
        ("a boring, ugly mess", ENGLISH, -2),
        ("goodness knows", ENGLISH, 0),
        ("a table", ENGLISH, 0),
        ("面白い", JAPANESE, 1),
        ("面白くない", JAPANESE, -1),
        ("好きじゃない", JAPANESE, -1),
        ("かわいそう", JAPANESE, -1),
        ("かわいい", JAPANESE, 1),
        ("上機嫌だな", JAPANESE, 0),
        ("好看", CHINESE, 1),
        ("不好看", CHINESE, -1),
        ("太无聊了", CHINESE, -1),
    ],
)
def test_feelings(text: str, language: Language, feeling: int) -> None:
    assert feelings(plain(pa.array([text])), lexicon_of(language)).tolist() == [feeling]


def comments(*rows: tuple[str, float, str]) -> pa.Table:
    videos, times, texts = zip(*rows, strict=True)
    return pa.table({"video": videos, "time_s": pa.array(times, pa.float64()), "text": texts})


def test_every_comment_is_usable_or_left_out_for_a_reason() -> None:
    greetings = [(f"v{n}", 8.0 + n, "Hello everyone!!") for n in range(5)]
    told = comments(
        *greetings, ("v9", 400, "hello EVERYONE"), ("v1", 2, "First frame"), ("v1", 50, "?!"),
        ("v1", 51, "the and of"), ("v1", 52, "What a lovely coat, not ugly at all"),
        ("v2", 60, "boring"), ("v2", 61, "boring"),
    )  # fmt: skip
    done = clean(told, lexicon_of(ENGLISH), ENGLISH, Cleaning())
    assert done.table["left_out"].to_pylist() == ["greeting"] * 6 + ["opening", "no words", "no words", "", "", ""]
    assert done.table["words"].to_pylist()[-4:] == ["", "lovely coat not ugly all", "boring", "boring"]
    assert done.table["polarity"].to_pylist() == [1.0] * 10 + [0.0, 0.0]
    counts = done.counts
    assert counts["comments"] == 12 == sum(counts[name] for name in ("usable", "no words", "opening", "greeting"))
    assert counts["positive"] + counts["neutral"] + counts["negative"] == 12
    assert (counts["different texts"], counts["negative"], counts["usable"]) == (7, 2, 3)


def test_a_dictionary_tells_words_apart_and_leaves_slang_whole() -> None:
    told = comments(("v", 60, "ｷﾀｰｰｰ この服かわいい"))
    done = clean(told, lexicon_of(JAPANESE), JAPANESE, Cleaning(), Splitter.MECAB)
    assert done.table["words"].to_pylist() == ["きた 服 かわいい"]


def test_what_is_said_in_few_videos_or_mostly_later_is_no_greeting() -> None:
    early = [(f"v{n}", 8.0, "lovely") for n in range(5)]
    late = [(f"v{n}", 80.0, "lovely") for n in range(3)]
    for told in (comments(*early, *late), comments(*early[:4])):
        done = clean(told, lexicon_of(ENGLISH), ENGLISH, Cleaning())
        assert not any(done.table["left_out"].to_pylist())


def test_files_of_users_add_to_the_words(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("# ours\nslang\t\\bzomg+\\b\twow\nstop\tcoat hat\nbad\t\\bbeige\\b\n", encoding="utf-8")
    lexicon = lexicon_of(ENGLISH, [own])
    done = clean(comments(("v", 60, "zomgggg a beige coat")), lexicon, ENGLISH, Cleaning())
    assert done.table.select(["words", "left_out"]).to_pylist() == [{"words": "wow beige", "left_out": ""}]
    assert feelings(pa.array(["beige"]), lexicon).tolist() == [-1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slang\tlol", "line 2: 'slang\\\\tlol' is no word; expected one of slang, stop, good"),
        ("nice\tgood", "line 2: 'nice\\\\tgood' is no word"),
        ("good", "line 2: 'good' is no word"),
        ("slang\tlol\tlaughing loud", "line 2: 'laughing loud' would be split into several words"),
        ("good\t(unclosed", r"line 2: the pattern '\(unclosed' cannot be read"),
    ],
)
def test_a_wrong_line_is_told(tmp_path: Path, line: str, said: str) -> None:
    own = tmp_path / "own.tsv"
    own.write_text(f"# ours\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=said):
        lexicon_of(ENGLISH, [own])


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.tsv: cannot be read as UTF-8 text: .*No such file"):
        lexicon_of(ENGLISH, [tmp_path / "none.tsv"])
    binary = tmp_path / "binary.tsv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"binary\.tsv: cannot be read as UTF-8 text"):
        lexicon_of(ENGLISH, [binary])
