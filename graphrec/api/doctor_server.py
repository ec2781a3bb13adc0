"""What ``doctor`` says of a Neo4j server: driver, version, constraints, vector indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version

from graphrec.api.finding import Finding
from graphrec.store.neo4j.health import Health
from graphrec.store.neo4j.server import About
from graphrec.store.neo4j.store import Neo4jStore

OLDEST = [5, 26]


def driver() -> Iterator[Finding]:
    """Look at what speaks to a server."""
    yield Finding(True, "neo4j driver", version("neo4j"))
    try:
        yield Finding(True, "neo4j-rust-ext", version("neo4j-rust-ext"))
    except PackageNotFoundError:
        state = "not installed; reading takes three times as long"
        yield Finding(True, "neo4j-rust-ext", state, "pip install neo4j-rust-ext")


def server(store: Neo4jStore) -> Iterator[Finding]:
    """Look at a server that was reached, and at the database that the login was right for."""
    health = store.health()
    yield _version(health.about)
    if store.unmapped() is None:
        yield from _graph(store, health)
    yield from _safety(health.settings)


def _graph(store: Neo4jStore, health: Health) -> Iterator[Finding]:
    """Look at what graphrec needs in a graph that is its own, or mapped."""
    missing = ", ".join(health.missing)
    yield Finding(
        not missing,
        "constraints",
        f"missing for {missing}: ids may be doubled, and every search for one reads all"
        if missing
        else "all there",
        f"graphrec init --store {store.address}" if missing else "",
    )
    for flaw in store.flaws():
        yield Finding(not flaw.refused, "mapping", flaw.text, flaw.cure)
    for name, state in health.indexes.items():
        yield Finding(state == "ONLINE", f"index {name}", state.lower(), _cure(state))


def _safety(settings: Mapping[str, str]) -> Iterator[Finding]:
    """Look at what keeps one query from taking the server from everybody: only its own settings can."""
    if not settings:
        return
    most = settings.get("db.memory.transaction.max", "0B")
    limited = not most.startswith("0")
    yield Finding(
        limited,
        "memory of a query",
        f"at most {most}" if limited else "not limited: one query may take all of the server's",
        "" if limited else "set db.memory.transaction.max in neo4j.conf, to 512m for example",
    )
    dies = "ExitOnOutOfMemoryError" in settings.get("server.jvm.additional", "")
    yield Finding(
        not dies,
        "a query without memory",
        "ends the whole server" if dies else "fails alone",
        "take -XX:+ExitOnOutOfMemoryError out of server.jvm.additional in neo4j.conf" if dies else "",
    )


def _version(about: About) -> Finding:
    new = [int(number) for number in re.findall(r"\d+", about.version)][:2] >= OLDEST
    return Finding(
        new,
        "server",
        f"Neo4j {about.version} {about.edition}",
        "" if new else "upgrade it to Neo4j 5.26 or later",
    )


def _cure(state: str) -> str:
    if state == "ONLINE":
        return ""
    if state.startswith("POPULATING"):
        return "wait: the server is building it, and until then all vectors are compared"
    return "graphrec publish RUN makes it anew; `graphrec runs` lists the runs"
