"""Comments, with words, users and segments, into the embedded store, beside UNWIND + MERGE; and what prepare takes.

    python benchmarks/comments.py [ARCHIVE] [--rows 300000] [--sample 20000]

ARCHIVE is the folder of a niconico archive (comments.tsv or .tsv.gz, videos.tsv); without one, an archive of
Japanese-looking comments is made. Every way is a process of its own, from start to end. The peer reads a sample of the
same comments into the same database, in batches of 10,000 rows: first the nodes, then the relationships between them.
It neither finds words nor looks for contradictions, and grows slower with what it has stored, which the sample spares
it: the ratio is a lower bound.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

HEADER = "video\tuser\tvpos_ms\tposted_at\tbody\n"
VIDEO_S, VIDEOS_PER_ROW, USERS_PER_ROW = 300, 1 / 2_000, 1 / 20

PEER = """
import csv, gzip, sys
import ladybug
from hashlib import blake2b

source, target, sample = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = ladybug.Connection(ladybug.Database(target))
for label, columns in (("User", ""), ("Segment", ""), ("Comment", ", text STRING, time_s DOUBLE")):
    connection.execute(f"CREATE NODE TABLE {label}(id STRING PRIMARY KEY{columns})")
connection.execute("CREATE REL TABLE WROTE(FROM User TO Comment)")
connection.execute("CREATE REL TABLE `ON`(FROM Comment TO Segment)")
opened = gzip.open if source.endswith(".gz") else open
with opened(source, "rt", encoding="utf-8", newline="") as file:
    rows = csv.DictReader(file, delimiter="\\t", quoting=csv.QUOTE_NONE)
    left = sample
    while left and (batch := [row for row, _ in zip(rows, range(min(left, 10_000)))]):
        left -= len(batch)
        for row in batch:
            time_s = int(row["vpos_ms"]) / 1000
            told = "\\x1f".join((row["user"], row["vpos_ms"], row["posted_at"], row["body"]))
            row["id"] = row["video"] + "@" + blake2b(told.encode(), digest_size=8).hexdigest()
            row["segment"], row["time_s"] = f"{row['video']}#{int(time_s // 5)}", time_s
        keys = ("id", "user", "segment", "body", "time_s")
        batch = [{key: row[key] for key in keys} for row in batch]
        for label, key in (("User", "user"), ("Segment", "segment")):
            ids = sorted({row[key] for row in batch})
            connection.execute(f"UNWIND $ids AS id MERGE (n:{label} {{id: id}})", {"ids": ids})
        connection.execute(
            "UNWIND $rows AS row MERGE (c:Comment {id: row.id}) SET c.text = row.body, c.time_s = row.time_s",
            {"rows": batch})
        connection.execute(
            "UNWIND $rows AS row MATCH (u:User {id: row.user}) MATCH (c:Comment {id: row.id}) "
            "MATCH (s:Segment {id: row.segment}) MERGE (u)-[:WROTE]->(c) MERGE (c)-[:`ON`]->(s)", {"rows": batch})
"""


def write_archive(folder: Path, rows: int) -> None:
    """Write comments of a few words each; some, such as laughter, are written again and again."""
    rng = np.random.default_rng(0)
    syllables = np.array(list("あいうえおかきくけこさしすせそアイウエオ音楽料理最高草神回画面"))
    common = ["www", "88888", "かわいい", "ここ好き", "おつ"]
    videos = max(1, int(rows * VIDEOS_PER_ROW))
    users = rng.integers(0, max(1, int(rows * USERS_PER_ROW)), rows)
    times = rng.integers(0, VIDEO_S * 1000, rows)
    bodies = [
        common[n % len(common)] if n % 3 == 0 else "".join(rng.choice(syllables, rng.integers(2, 16)))
        for n in range(rows)
    ]
    with (folder / "comments.tsv").open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for n, (user, time_ms, body) in enumerate(zip(users.tolist(), times.tolist(), bodies, strict=True)):
            file.write(f"sm{n * videos // rows}\tu{user}\t{time_ms}\t{1_500_000_000_000 + n}\t{body}\n")
    lines = [f"sm{n}\tvideo {n}\t{VIDEO_S * 1000}\n" for n in range(videos)]
    (folder / "videos.tsv").write_text("video\ttitle\tmax_vpos_ms\n" + "".join(lines), encoding="utf-8")


def comments_of(folder: Path) -> Path:
    return next(path for path in (folder / "comments.tsv.gz", folder / "comments.tsv") if path.is_file())


def count(path: Path) -> int:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for _ in file) - 1


def measure(*arguments: str | Path | int) -> tuple[float, float]:
    """Return the wall-clock seconds of a process and its peak resident memory in MB."""
    began = time.perf_counter()
    command = [sys.executable, *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the measured process ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=300_000, help="of the archive that is made")
    parser.add_argument("--sample", type=int, default=20_000, help="comments that the peer loads")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = arguments.archive or folder / "archive"
        if arguments.archive is None:
            archive.mkdir()
            write_archive(archive, arguments.rows)
        rows = count(comments_of(archive))
        sample = min(arguments.sample, rows)
        load = ("-m", "graphrec", "load", "comments", archive, "--workspace", folder / "workspace")
        prepare = ("-m", "graphrec", "prepare", "comments", "--workspace", folder / "workspace")
        peer = ("-c", PEER, comments_of(archive), folder / "peer.lbug", sample)
        ways = {
            "graphrec load": (rows, *measure(*load)),
            "graphrec load, again": (rows, *measure(*load)),
            "graphrec prepare": (rows, *measure(*prepare)),
            "graphrec prepare, nothing changes": (rows, *measure(*prepare)),
            "graphrec prepare, without a dictionary": (rows, *measure(*prepare, "--splitter", "script", "--dry-run")),
            "UNWIND + MERGE, 10k batches": (sample, *measure(*peer)),
        }
    first = ways["graphrec load"][1] / rows
    table = Table("way", "comments", "seconds", "comments/s", "peak MB", "times the first, per comment")
    for way, (loaded, seconds, megabytes) in ways.items():
        numbers = (f"{loaded:,}", f"{seconds:.1f}", f"{loaded / seconds:,.0f}", f"{megabytes:.0f}")
        table.add_row(way, *numbers, f"{seconds / loaded / first:.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
