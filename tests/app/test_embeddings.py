"""The page of embeddings without a browser, on both databases."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from graphrec.app.parts import map_places
from graphrec.app.theme import LABELS
from graphrec.serving.explore.background import Background
from graphrec.testing.limits import until
from graphrec.testing.watched import drawn

Page = Callable[..., AppTest]


@dataclass(frozen=True)
class Map:
    """What the browser is given to draw."""

    told: dict[str, Any]

    def numbers(self, name: str, kind: str = "<i4") -> list[Any]:
        return np.frombuffer(base64.b64decode(self.told[name]), kind).tolist()

    @property
    def legend(self) -> list[str]:
        return [entry["name"] for entry in self.told["entries"]]

    @property
    def sizes(self) -> list[int]:
        return [self.numbers("entry_of").count(place) for place in range(len(self.legend))]

    @property
    def places(self) -> list[float]:
        return self.numbers("places", "<f4")

    def colours(self, rows: Sequence[int]) -> set[str]:
        of = self.numbers("colour_of")
        return {self.told["colours"][of[row]] for row in rows}


def maps(app: AppTest) -> list[Map]:
    return [Map(told) for told in drawn(app, "graphrec_map")]


def shown_map(app: AppTest) -> Map:
    (found,) = maps(app)
    return found


def test_every_node_with_an_embedding_has_a_mark_and_new_ones_are_set_off(page: Page) -> None:
    drawn = shown_map(page("embeddings"))
    assert drawn.legend == ["User", "Segment", "new, placed by content"]
    # The world's 56 segments, 13 of them of videos that nobody has highlighted.
    assert drawn.sizes == [29, 43, 13]
    assert sorted(drawn.numbers("order")) == list(range(85))
    # What is new lies on top.
    assert drawn.numbers("order")[-13:] == drawn.numbers("fresh")
    assert [entry["ringed"] for entry in drawn.told["entries"]] == [False, False, True]
    assert drawn.colours(drawn.numbers("fresh")) == {LABELS["Segment"]}
    assert (min(drawn.places), max(drawn.places)) == (0, 1)


def test_the_address_says_what_is_shown_and_how(page: Page) -> None:
    drawn = shown_map(page("embeddings", nodes="Segment", colour="new or old"))
    assert drawn.legend == ["old", "new, placed by content"]
    fresh = drawn.numbers("fresh")
    assert drawn.colours(fresh).isdisjoint(drawn.colours([row for row in range(56) if row not in fresh]))
    drawn = shown_map(page("embeddings", colour="genre", nodes="Segment"))
    # Of the one video that is loud nobody has highlighted anything: its colour is told all the same.
    assert drawn.legend == ["Calm", "Loud", "no genre", "new, placed by content"]
    drawn = shown_map(page("embeddings", colour="popularity", nodes="Segment"))
    most = max(int(note.split()[1]) for note in drawn.told["notes"] if "records" in note)
    assert drawn.told["scale"]["most"] == most
    (top,) = drawn.colours(drawn.numbers("order")[-14:-13])
    assert top == drawn.told["scale"]["colours"][-1]


def test_each_published_run_can_be_looked_at(page: Page) -> None:
    app = page("embeddings")
    newest, oldest = app.selectbox(key="run").options
    assert app.selectbox(key="run").value == newest
    assert shown_map(app).places != shown_map(page("embeddings", run=oldest)).places


def test_a_run_that_is_not_there_is_said(page: Page) -> None:
    app = page("embeddings", run="**no** such run")
    assert [warning.value.replace("\u2060", "") for warning in app.warning] == [
        f"There is no run \\*\\*no\\*\\* such run here; "
        f"{app.selectbox(key='run').value.replace('-', chr(92) + '-')} is shown."
    ]


def test_how_many_neighbours_of_new_nodes_are_old_is_told_beside_chance(page: Page) -> None:
    told = {metric.label: metric.value for metric in page("embeddings").metric}
    assert told["New Segment nodes"] == "13"
    assert told["Old by chance"] == f"{43 / 55:.0%}"
    assert told["Old among their 10 nearest"].endswith("%")
    said = " ".join(one.value for one in page("embeddings", nodes="User").code)
    assert "graphrec embed --run" in said


def test_no_label_is_no_map(page: Page) -> None:
    app = page("embeddings")
    app.button_group(key="nodes").set_value([]).run()
    assert not maps(app)
    assert "at least one label" in " ".join(one.value for one in app.markdown)


@pytest.mark.parametrize("shown", ["ladybug"], indirect=True)
def test_t_sne_is_made_in_the_background_while_pca_is_shown(page: Page) -> None:
    app = page("embeddings", run="")
    by_pca = shown_map(app).places
    app.button_group(key="map").set_value("tsne").run()

    def is_another() -> bool:
        app.run()
        assert not app.exception
        assert not app.error
        return shown_map(app).places != by_pca

    until(is_another)
    assert not app.get("progress")


@pytest.mark.parametrize("shown", ["ladybug"], indirect=True)
def test_a_map_that_cannot_be_made_is_said_in_words(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = Background()
    monkeypatch.setattr(map_places, "background", lambda: failing)
    monkeypatch.setattr(map_places, "SEED", -1)
    app = page("embeddings", map="t-SNE")
    until(lambda: app.run().error)
    assert "t-SNE cannot be made, so PCA is shown" in app.error[0].value
    assert len(shown_map(app).legend) == 3
    assert [button.label for button in app.button] == ["Try again"]
