"""The lists of all users in a Parquet file: block by block, so that a killed call goes on, and the file appears whole.

    TARGET.part/plan.json        what is asked for, of which state of graph and runs
    TARGET.part/00000.parquet    the lists of the first block of users
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graphrec import schema
from graphrec.errors import DataError
from graphrec.files import read_json, replacing, write_json
from graphrec.serving.best import Best
from graphrec.serving.lookups import no_such
from graphrec.serving.published import current_runs
from graphrec.serving.recommend import Request, served, source_of
from graphrec.serving.two_stage import ranking_run
from graphrec.store.base import GraphStore
from graphrec.workspace import Workspace

BLOCK = 1_000
"""Users whose lists are in memory at once."""
COLUMNS = pa.schema(
    [
        ("user", pa.string()),
        ("rank", pa.int32()),
        ("item", pa.string()),
        ("score", pa.float64()),
        ("basis", pa.string()),
    ]
)
LEFT_OUT = b"left_out"
"""In a part's metadata; see ``Lists``."""
Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Lists:
    """What was written.

    Attributes:
        path: the file.
        label: what is recommended.
        users: how many were asked for.
        rows: how many places the lists have together.
        by: how many users have a list, by its basis: a run, or ``popularity``.
        resumed: how many users' lists an earlier call had made.
        left_out: how many candidates, over all users, ``rank_by`` knows nothing of.
    """

    path: Path
    label: str
    users: int
    rows: int
    by: dict[str, int]
    resumed: int
    left_out: int = 0


def write_lists(
    store: GraphStore,
    workspace: Workspace,
    request: Request,
    path: Path,
    users: Sequence[str] | None = None,
    *,
    step: Step = lambda done, of: None,
) -> Lists:
    """Write what ``recommend`` answers each user to ``path``: columns user, rank (from 1), item, score, basis.

    A call that was stopped is gone on with where graph, runs and request are what they were, else begun anew.

    Args:
        store: the graph.
        workspace: of the runs.
        request: what to ask for each; its user is not looked at.
        path: a Parquet file, replaced when all is done.
        users: ids; None for all.
        step: is told of how many users, out of how many, the lists are made.

    Raises what ``recommend`` raises, ``NotFoundError`` for an unknown user before anything is written, ``DataError``
    where the file cannot be.
    """
    source = source_of(store, workspace, request)
    known = store.read_nodes("User")["id"]
    wanted = sorted(known.to_pylist()) if users is None else _known(store, users, known)
    folder = path.with_name(f"{path.name}.part")
    blocks = [wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK)]
    again = None if request.rank_by is None else ranking_run(store, workspace, request.rank_by, source.label)
    _begin(folder, _plan(store, request, [source, again], wanted))
    resumed, by = 0, Counter[str]()
    files = [folder / f"{number:05}.parquet" for number in range(len(blocks))]
    for number, (block, file) in enumerate(zip(blocks, files, strict=True)):
        if file.exists():
            resumed += len(block)
        else:
            table = _table(served(store, workspace, request, source, block))
            with replacing(file) as out:
                pq.write_table(table, out)
        step(min((number + 1) * BLOCK, len(wanted)), len(wanted))
    total = left_out = 0
    with replacing(path) as out, pq.ParquetWriter(out, COLUMNS) as writer:
        for file in files:
            part = pq.read_table(file)
            writer.write_table(part.replace_schema_metadata(None))
            left_out += int(part.schema.metadata[LEFT_OUT])
            total += part.num_rows
            by.update(part.filter(pc.equal(part["rank"], 1))["basis"].to_pylist())
    _remove(folder)
    return Lists(path, source.label, len(wanted), total, dict(by), resumed, left_out)


def read_users(path: Path) -> list[str]:
    """Return the ids in a text file, one a line; raises ``DataError`` for a file that cannot be read, or has none."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as text: {error}", str(path)) from error
    found = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not found:
        raise DataError(f"{path}: no user; a line for each id", str(path))
    return found


def _table(lists: Sequence[Best]) -> pa.Table:
    lengths = [len(best.items) for best in lists]
    items = [item for best in lists for item in best.items]
    columns = [
        [best.user for best in lists for _ in best.items],
        [place for length in lengths for place in range(1, length + 1)],
        [item.id for item in items],
        [item.score for item in items],
        [best.basis for best in lists for _ in best.items],
    ]
    left_out = sum(best.left_out for best in lists)
    return pa.table(columns, COLUMNS).replace_schema_metadata({LEFT_OUT: str(left_out)})


def _known(store: GraphStore, users: Sequence[str], known: pa.ChunkedArray) -> list[str]:
    there = pc.is_in(pa.array(users, pa.string()), value_set=known).to_pylist()
    missing = [user for user, one in zip(users, there, strict=True) if not one]
    if missing:
        raise no_such(store, "User", missing[0], len(missing) - 1)
    return list(dict.fromkeys(users))


def _plan(store: GraphStore, request: Request, source: object, users: Sequence[str]) -> str:
    state = [
        store.uri,
        store.versions([*schema.LABELS, *schema.RELATIONSHIPS]),
        [(run.id, run.published_at) for run in current_runs(store)],
        asdict(replace(request, user="")),
        repr(source),
        BLOCK,
    ]
    digest = blake2b(json.dumps(state, default=str).encode(), digest_size=16)
    for user in users:
        digest.update(f"{user}\0".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _begin(folder: Path, plan: str) -> None:
    """Make the folder of parts; what is there of another plan goes."""
    told = folder / "plan.json"
    if told.exists() and read_json(told) != plan:
        _remove(folder)
    elif folder.exists() and not told.exists() and any(folder.glob("[!.]*")):
        raise DataError(f"{folder} is in the way: it holds something else; move it, or choose another --to")
    if not told.exists():
        write_json(told, plan)


def _remove(folder: Path) -> None:
    """Remove a folder of parts, the plan last: without it what is left would be taken for somebody else's."""
    for part in folder.glob("*.parquet"):
        part.unlink()
    shutil.rmtree(folder, ignore_errors=True)
