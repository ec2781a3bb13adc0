"""The Cypher console."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO

from streamlit.testing.v1 import AppTest

from graphrec.app.parts.cells import as_csv, table
from graphrec.store.answers import Answer, Node, Path, Relationship
from graphrec.testing.explorer import BAD_TITLE, BAD_USER
from graphrec.testing.limits import until
from graphrec.testing.store_contract import ENDLESS

Page = Callable[..., AppTest]


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click()
    app.run()
    assert not app.exception


def own(page: Page, text: str, parameters: str = "{}") -> AppTest:
    app = page("cypher")
    app.session_state["mode"] = "Your own"
    app.run()
    app.text_area(key="cypher-text").set_value(text)
    app.text_input(key="cypher-parameters").set_value(parameters)
    press(app, "Run")
    finish(app)
    return app


def finish(app: AppTest) -> None:
    def runs() -> bool:
        return any(button.label == "Cancel" for button in app.button)

    until(lambda: not runs() or (app.run() and not runs()))


def test_an_address_names_a_query_and_its_parameters(page: Page) -> None:
    app = page("cypher", query="history", user=BAD_USER, limit="3")
    finish(app)
    assert not app.error
    assert len(app.dataframe[0].value) == 3
    assert app.text[1].value.startswith("3 rows in ")
    assert "MATCH (u:User {id: $user})" in app.code[0].value


def test_the_first_query_stands_in_the_address_and_a_link_to_it_answers(page: Page) -> None:
    app = page("cypher")
    assert app.query_params["query"] == "popular"
    assert not app.dataframe
    linked = page("cypher", query="popular")
    finish(linked)
    assert len(linked.dataframe) == 1
    unknown = page("cypher", query="nothing")
    assert "There is no query nothing here" in unknown.warning[0].value


def test_what_is_missing_is_said_before_anything_runs(page: Page) -> None:
    app = page("cypher", query="history")
    assert "history needs user" in app.info[0].value.replace("\u2060", "")
    assert next(button for button in app.button if button.label == "Run").disabled


def test_an_answer_stands_only_under_its_own_query(page: Page) -> None:
    app = page("cypher", query="history", user=BAD_USER, limit="3")
    finish(app)
    assert len(app.dataframe[0].value) == 3
    app.selectbox(key="query").set_value("runs").run()
    finish(app)
    assert not app.exception
    assert app.text[1].value.startswith("2 rows")
    app.session_state["mode"] = "Your own"
    app.run()
    assert not app.dataframe


def test_a_query_of_ones_own_gives_values_and_a_graph(page: Page) -> None:
    text = "MATCH (i:Item)-[e:IN_GENRE]->(g:Genre {id: $genre}) RETURN i, e, g, i.title AS title"
    app = own(page, text, '{"genre": "calm"}')
    assert not app.error
    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["title"] == BAD_TITLE
    assert row["g"].startswith("(:Genre {")
    assert row["e"] == "[:IN_GENRE]"
    app.session_state["cypher-shown"] = "Graph"
    app.run()
    assert not app.exception
    assert not app.dataframe


def test_the_database_refuses_to_write(page: Page) -> None:
    app = own(page, "MATCH (u:User) DETACH DELETE u")
    assert "it would write" in app.error[0].value
    app = own(page, "MATCH (u:User RETURN u")
    assert "the query failed" in app.error[0].value


def test_rows_are_cut_and_said_to_be(page: Page) -> None:
    app = page("cypher")
    app.session_state["mode"] = "Your own"
    app.run()
    app.text_area(key="cypher-text").set_value("UNWIND range(1, 50) AS n RETURN n")
    app.number_input(key="cypher-rows").set_value(7)
    press(app, "Run")
    finish(app)
    assert app.text[0].value.startswith("7 rows")
    assert "there are more" in app.text[0].value


def test_a_query_that_runs_can_be_cancelled(page: Page) -> None:
    app = page("cypher")
    app.session_state["mode"] = "Your own"
    app.run()
    app.text_area(key="cypher-text").set_value(ENDLESS[0])
    app.number_input(key="cypher-seconds").set_value(60)
    press(app, "Run")
    press(app, "Cancel")
    finish(app)
    assert "was stopped" in app.error[0].value


def test_a_named_query_can_be_edited(page: Page) -> None:
    app = page("cypher", query="history", user="u001")
    press(app, "Edit a copy")
    assert "MATCH (u:User {id: $user})" in app.text_area(key="cypher-text").value
    assert app.text_input(key="cypher-parameters").value == '{"user": "u001", "limit": 20}'


def test_the_plan_is_shown(page: Page) -> None:
    app = page("cypher", query="runs")
    app.toggle(key="cypher-plan").set_value(True).run()
    assert not app.exception
    assert len(app.code) == 3
    assert "r" in app.code[2].value


ANSWER = Answer(
    ("a", "a", "mixed", "path"),
    [
        (
            1,
            [0.5] * 20,
            None,
            Path(
                (Node("1", "User", {"id": "u"}), Node("2", "Item", {})),
                (Relationship("3", "RATED", "1", "2", {"rating": 4.0}),),
            ),
        ),
        (2, {"of": [True]}, "text", b"\0" * 8),
    ],
    False,
    0.1,
)


def test_values_become_cells() -> None:
    found = table(ANSWER)
    assert list(found) == ["a", "a (2)", "mixed", "path"]
    assert found["a"] == [1, 2]
    assert found["a (2)"] == [f"[{', '.join(['0.5'] * 8)}, ...: 20 numbers]", "{of: [True]}"]
    assert found["path"] == ["(:User {id: 'u'})-[:RATED {rating: 4.0}]->(:Item)", "<2 numbers>"]
    assert found["mixed"] == [None, "text"]
    assert as_csv(ANSWER).decode().splitlines()[0] == "a,a,mixed,path"
    assert as_csv(Answer(("x",), [], False, 0)).decode() == "x\r\n"


def test_no_cell_of_a_file_is_a_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a=1", "", "'=1"]
    answer = Answer(("=name", "x"), [(text, -1) for text in texts] + [(-2.5, True)], False, 0)
    lines = list(csv.reader(StringIO(as_csv(answer).decode(), newline="")))
    assert [line[0] for line in lines] == [
        "'=name", "'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "'\r=1", "a=1", "", "'=1", "-2.5",
    ]  # fmt: skip
    assert {line[1] for line in lines[1:]} == {"-1", "True"}
