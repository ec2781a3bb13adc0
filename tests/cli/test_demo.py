from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(graphrec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "w"
    done = graphrec("demo", "-w", folder, "--json")
    assert done.code == 0, done.err
    return folder, done.json


def test_new_videos_are_found_by_taste(demo) -> None:
    """What the issue of the demo asks for: 3 times chance, within 20 % of the oracle, above every baseline."""
    found = {name: entry["metrics"]["map"] for name, entry in demo[1]["new_videos"].items()}
    ours, oracle = found.pop("TransGRec"), max(found.values())
    assert ours > 3 * found["chance"]
    assert ours > 0.8 * oracle
    assert all(ours > found[name] for name in ("popularity", "position prior", "content kNN"))


def test_the_protocol_is_run_on_every_users_last_video(demo) -> None:
    last = demo[1]["last_video"]
    assert last["TransGRec"]["metrics"]["nmsd"] < last["popularity"]["metrics"]["nmsd"]
    assert last["TransGRec"]["groups"] == last["chance"]["groups"] > 100


def test_what_it_says_to_try_next_works(graphrec, demo) -> None:
    folder, result = demo
    user, best = result["ranking"]["user"], result["ranking"]["items"][0]
    recommend = ("recommend", user, "--within", best["video"])
    for command in (recommend, ("explain", user, best["id"]), ("similar", best["id"])):
        done = graphrec(*command, "-w", folder)
        assert done.code == 0, done.err


def test_another_seed_needs_another_workspace(graphrec, demo) -> None:
    refused = graphrec("demo", "--seed", "5", "-w", demo[0])
    assert refused.code == 1
    assert "seed 0" in refused.err
