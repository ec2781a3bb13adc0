"""The first page without a browser, on both databases."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from graphrec.testing.limits import WAIT_S
from graphrec.testing.watched import drawn

Page = Callable[..., AppTest]


def test_it_counts_and_draws_the_graph(page: Page) -> None:
    app = page("overview")
    counted = {metric.label: metric.value for metric in app.metric}
    assert (counted["Users"], counted["Items"], counted["Segments"]) == ("30", "8", "56")
    (schema,) = app.get("graphviz_chart")
    assert "Item -> Segment" in schema.proto.spec
    assert "56 HAS_SEGMENT from Item to Segment" in schema.proto.alt


def test_what_is_new_and_how_much_each_run_covers(page: Page) -> None:
    app = page("overview")
    assert [card["id"] for card in drawn(app, "graphrec_cards")[0]["cards"]] == ["v001", "v007"]
    covered = next(table.value for table in app.dataframe if "covered" in table.value)
    assert set(covered["of"]) == {"User", "Segment"}
    assert len(set(covered["run"])) == 2
    assert (covered["covered"][covered["of"] == "Segment"] == 1).all()


def test_health_is_looked_at_when_asked(page: Page) -> None:
    app = page("overview")
    assert not [*app.success, *app.warning]
    app.toggle(key="health").set_value(True).run(timeout=WAIT_S)
    (told,) = [*app.success, *app.warning]
    assert "as they should be" in told.value
    found = app.dataframe[-1].value
    assert {"what", "state", "cure"} <= set(found.columns)
