"""What is kept is what was read, in the same state, and within bounds."""

from __future__ import annotations

from graphrec.store.kept import Kept


def asked(kept: Kept, key: str, state: int, answer: bytes) -> bytes:
    return kept.get(key, state, lambda: answer, len)


def test_an_answer_is_asked_for_again_in_another_state() -> None:
    kept = Kept()
    assert asked(kept, "a", 1, b"one") == b"one"
    assert asked(kept, "a", 1, b"two") == b"one"
    assert asked(kept, "b", 1, b"two") == b"two"
    assert asked(kept, "a", 2, b"three") == b"three"
    assert kept.has("a", 2)
    assert not kept.has("a", 1)
    kept.clear()
    assert asked(kept, "a", 2, b"four") == b"four"


def test_those_read_longest_ago_make_room_and_what_is_too_large_takes_none() -> None:
    kept = Kept(most=7)
    for key in "abc":
        asked(kept, key, 1, b"...")
    assert kept.keys() == ["b", "c"]
    assert asked(kept, "d", 1, b"........") == b"........"
    assert kept.keys() == ["b", "c"]
