"""What it costs that a person's query runs in a process of its own, which can open nothing: milliseconds per query.

python benchmarks/typed_queries.py WORKSPACE

The peers are the same query and the same making of its answer in this process: on a database that is opened for it, as
the explorer opens it when half a second has passed since the last click, and on one that is open already. Between two
queries there is a pause, as between two clicks.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from graphrec.store.answers import Limits
from graphrec.store.base import closing
from graphrec.store.console.wire import unpacked
from graphrec.store.ladybug import LadybugStore
from graphrec.store.ladybug_answers import LadybugJob
from graphrec.store.queries import bind, named_queries
from graphrec.workspace import Workspace

NAMED = ("runs", "duplicates", "orphans", "cold_items", "trending", "top_users", "popular")
TYPED = {
    "RETURN 1": "RETURN 1 AS one",
    "25 users and items": "MATCH (u:User)-[e]->(n) RETURN u, e, n ORDER BY u.id, n.id LIMIT 25",
    "1,000 rows of nodes": "MATCH (u:User)-[e]->(n) RETURN u, e, n LIMIT 1000",
}
TIMES, PAUSE_S = 11, 0.3


def main(workspace: str) -> None:
    """Print the table."""
    folder = Workspace(Path(workspace))
    with closing(LadybugStore(folder)) as store:
        texts = {name: (text, {}) for name, text in TYPED.items()}
        texts |= {name: bind(named_queries()[name], {}) for name in NAMED}
        started = time.monotonic()
        store.ask("RETURN 1 AS one", {}, Limits())
        print(
            f"the first of all, with the start of its process: {1000 * (time.monotonic() - started):.0f} ms\n"
        )
        print(
            "| query | in a process of its own | here, opened for it | here, open already |\n|---|---|---|---|"
        )
        for name, (text, parameters) in texts.items():
            apart = median(lambda: store.ask(text, parameters, Limits()))  # noqa: B023
            job = LadybugJob("rows", str(folder.database), text, parameters, Limits().rows, 1 << 29)
            opened = median(lambda: unpacked(job.begin()()))  # noqa: B023
            ask = job.begin()
            here = median(lambda: unpacked(ask()))  # noqa: B023
            print(f"| {name} | {apart:.0f} | {opened:.0f} | {here:.0f} |", flush=True)


def median(ask: Callable[[], object]) -> float:
    """Return the median of some times, in milliseconds."""
    spent = []
    for _ in range(TIMES):
        time.sleep(PAUSE_S)
        started = time.perf_counter()
        ask()
        spent.append(1000 * (time.perf_counter() - started))
    return statistics.median(spent)


if __name__ == "__main__":
    main(sys.argv[1])
