"""Every .cypher file: its header, and the words that both databases understand."""

from __future__ import annotations

import re
import shlex
from importlib.resources import files
from pathlib import Path

import pytest

from graphrec.store.queries import DATABASES, NamedQuery, bind, markdown, named_queries

ROOT = Path(str(files("graphrec.cypher")))
SHARED = sorted([*ROOT.glob("*.cypher"), *ROOT.glob("serving/*.cypher"), *ROOT.glob("spliced/*.cypher")])
EVERY = [pytest.param(q, id=f"{d}-{q.name}") for d in DATABASES for q in named_queries(d).values()]

UNPORTABLE = {
    "subquery": (r"\bCALL\b", "CALL { MATCH (n:User) RETURN n }"),
    "set from a map": (r"\+=", "SET n += $row"),
    "dates": (r"\b(datetime|date|timestamp)\(", "RETURN datetime()"),
    "list comprehension": (r"\[\s*\w+\s+IN\b", "RETURN [x IN xs WHERE x > 1]"),
    "list index or slice": (r"\w\[[^:]", "RETURN xs[0]"),
    "map projection": (r"\w\s*\{\s*\.", "RETURN n {.id}"),
    "label functions": (r"\blabels?\(", "RETURN labels(n)"),
    # Other than so a type is not put into another graph's names.
    "types not compared": (r"\btype\((?!\w+\) (=|<>) ')", "RETURN type(e)"),
    "internal ids": (r"\b(id|elementId|offset)\(", "RETURN id(n)"),
    "functions that differ": (r"\b(log|log10|substring|sum|cosine|rand)\(", "RETURN log(2)"),
    "vector functions": (r"\bvector\.", "RETURN vector.similarity.cosine(a, b)"),
    "procedural clauses": (r"\b(FOREACH|LOAD|COPY|USE)\b", "FOREACH (x IN xs | SET n.a = 1)"),
    "reserved word as a type": (r":ON\b", "MATCH (c:Comment)-[:ON]->(i:Item)"),
}


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_shared_file_keeps_to_the_portable_subset(path: Path) -> None:
    text = re.sub(r"^//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [
        what for what, (pattern, _) in UNPORTABLE.items() if re.search(pattern, text, re.IGNORECASE)
    ] == []


@pytest.mark.parametrize("what", UNPORTABLE)
def test_portable_check_sees(what: str) -> None:
    pattern, sample = UNPORTABLE[what]
    assert re.search(pattern, sample, re.IGNORECASE)


@pytest.mark.parametrize("query", EVERY)
def test_parameters_in_the_text_are_those_declared(query: NamedQuery) -> None:
    spliced = {p.name for p in query.parameters if p.type in ("label", "name")}
    assert set(re.findall(r"\$(\w+)", query.text)) == {p.name for p in query.parameters} - spliced
    assert set(re.findall(r"\{(\w+)\}", query.text)) == spliced


@pytest.mark.parametrize("query", EVERY)
def test_example_can_be_run_as_it_stands(query: NamedQuery) -> None:
    program, verb, name, *options = shlex.split(query.example)
    assert (program, verb, name) == ("graphrec", "query", query.name)
    assert set(options[::2]) <= {"-p"}
    bind(query, dict(option.split("=", 1) for option in options[1::2]))


@pytest.mark.parametrize("query", EVERY)
def test_long_answers_can_be_cut(query: NamedQuery) -> None:
    if "LIMIT" in query.text:
        assert [str(p) for p in query.parameters if p.name == "limit"] == ["limit int64 = 20"]
        assert "ORDER BY" in query.text


def test_neo4j_offers_all_that_ladybug_does() -> None:
    ladybug, neo4j = (
        {q.name: (q.what, q.parameters, q.example) for q in named_queries(d).values()} for d in DATABASES
    )
    assert ladybug.items() <= neo4j.items()
    assert len(ladybug) >= 16


def test_table_in_the_documentation_is_up_to_date() -> None:
    committed = Path(__file__).parents[2] / "docs" / "queries.md"
    assert committed.read_text(encoding="utf-8") == markdown()
