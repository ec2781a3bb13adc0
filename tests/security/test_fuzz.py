"""What the rules let through is put before the engine's own parser: its plan must only read the graph."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from graphrec.errors import QueryError
from graphrec.store.answers import Limits
from graphrec.store.console import ladybug_rules
from graphrec.store.console.processes import queries
from graphrec.testing import query_jobs
from graphrec.testing.hostile_queries import LADYBUG
from graphrec.testing.limits import WAIT_S
from graphrec.testing.query_jobs import Plans
from graphrec.workspace import Workspace

SEED = 13
TEXTS = 30_000

READING = {
    "ACCUMULATE", "AGGREGATE", "COUNT_REL_TABLE", "CROSS_PRODUCT", "DISTINCT", "DUMMY_SCAN", "EMPTY_RESULT", "EXPLAIN",
    "EXPRESSIONS_SCAN", "EXTEND", "FILTER", "FLATTEN", "HASH_JOIN", "HASH_JOIN_BUILD", "HASH_JOIN_PROBE",
    "INTERSECT", "LIMIT", "MULTIPLICITY_REDUCER",
    "NODE_LABEL_FILTER", "ORDER_BY", "ORDER_BY_MERGE", "PATH_PROPERTY_PROBE", "PROJECTION", "RECURSIVE_EXTEND",
    "SCAN_NODE_TABLE",
    "SEMI_MASKER", "TOP_K", "UNION_ALL", "UNWIND", "RESULT_COLLECTOR", "ORDER_BY_SCAN", "TOP_K_SCAN", "SCAN_REL_TABLE",
    "PRIMARY_KEY_SCAN_NODE_TABLE", "AGGREGATE_SCAN", "FACTORIZED_TABLE_SCAN", "TABLE_FUNCTION_CALL", "UNION_ALL_SCAN",
    "AGGREGATE_FINALIZE", "CROSS_PRODUCT_SCAN",
}  # fmt: skip

READING_TEXTS = (
    "MATCH (u:User) RETURN u.id LIMIT 3",
    "MATCH (u:User)-[e:RATED]->(i:Item) WHERE e.rating > 3.5 RETURN i.title AS t, count(*) AS n ORDER BY n DESC",
    "UNWIND [1, 2] AS x WITH x AS y WHERE y > 1 RETURN y, 'a' AS s",
    "MATCH (u:User) WHERE u.id = 'u1' OPTIONAL MATCH (u)-[e:RATED]->(i) RETURN u, e, i",
    "RETURN 'it\\'s' AS a, \"b\" AS b, `c` AS c",
    "CALL show_tables() RETURN name",
    "MATCH (a)-[*1..2]-(b) RETURN DISTINCT b.id // done",
    "MATCH (u:User) RETURN CASE WHEN u.id = 'u1' THEN {a: [1, 2]} ELSE NULL END",
    "RETURN 1 AS a UNION ALL RETURN 2 AS a",
    "MATCH (u:User) WHERE EXISTS { MATCH (u)-[:RATED]->(:Item) } RETURN COUNT { MATCH (u)-[:RATED]->() }",
)
PIECES = (
    "'", '"', "`", "\\", "\\'", "''", "//", "/*", "*/", "**/", "/**/", "\n", "\r", "\t", "\u2003", "\u00a0", "\x1f",
    " ", ";",
    "(", ")", "[", "]", "{", "}", ".", "..", ":", ",", "=", "$x", "$1", "1", "1e5", ".5", "1.", "x", "é", "€",
    "LOAD FROM '/etc/passwd' (file_format='csv') ", "LOAD", "FROM", "COPY", "TO", "CALL", "READ_PARQUET('/etc/passwd')",
    "threads=64", "MATCH (u:User)", "RETURN *", "RETURN 1", "UNWIND [1] AS x ", "WITH 1 AS y ", "AS", "UNION", "USE",
    "EXPORT",
    "EXPLAIN", "WHERE u.id=1", "SET u.name='x'", "CREATE (:User {id: 'x'})", "DELETE u", "COMMIT", "INSTALL json",
)  # fmt: skip


def mutated(rng: random.Random, seeds: list[str]) -> str:
    """Return one of the texts, cut, joined with another, and with pieces put in."""
    text = rng.choice(seeds)
    for _ in range(rng.randint(1, 2)):
        at, until = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        match rng.randint(0, 4):
            case 0:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 1:
                text = (
                    text[:at] + rng.choice((" ", "")) + rng.choice(PIECES) + rng.choice((" ", "")) + text[at:]
                )
            case 2:
                text = text[:at] + text[min(until, at + 8) :]
            case 3:
                other = rng.choice(seeds)
                text = text[:at] + other[rng.randint(0, len(other)) :]
            case 4:
                text = text[:at] + text[at:until].swapcase() + text[until:]
    return text


def test_what_is_let_through_only_reads_by_the_engines_own_plan(workspace: Workspace) -> None:
    rng = random.Random(SEED)
    seeds = [*READING_TEXTS, *READING_TEXTS, *(text for _, text in LADYBUG if text)]
    through = []
    for _ in range(TEXTS):
        text = mutated(rng, seeds)
        try:
            through.append(ladybug_rules.checked(text))
        except QueryError:
            continue
    limits = Limits(seconds=WAIT_S, memory=1 << 30)
    job = Plans(str(workspace.database), tuple(through))
    plans = json.loads(queries(query_jobs.MODULE).run(job, limits, 256 << 20))
    planned = {text: plan for text, plan in zip(through, plans, strict=True) if plan is not None}
    assert len(planned) > 200, "enough of them are whole queries"
    for text, plan in planned.items():
        operators = set(re.findall(r"│\s+([A-Z][A-Z_]+)\[\d+\]", plan))
        assert operators, plan
        assert operators <= READING, (text, operators - READING)
        called = set(re.findall(r"Function:\s*(\w+)", plan))
        assert called <= {*ladybug_rules.CALLS, "READ_FTABLE"}, (text, called)


def test_the_engine_would_do_what_is_refused(workspace: Workspace, secret_file: Path) -> None:
    """The test above can fail: a text that is refused has a plan with what it looks for."""
    text = f"UNWIND [1] AS x LOAD FROM '{secret_file}' (file_format='csv', header=false) RETURN *"
    job = Plans(str(workspace.database), (text,))
    (plan,) = json.loads(queries(query_jobs.MODULE).run(job, Limits(seconds=WAIT_S), 64 << 20))
    assert "READ_CSV_PARALLEL" in plan
