"""Video files into the graph: against the bare decoder and encoder, by workers, in memory, and again.

    python benchmarks/videos.py FILM --weights mobilenet_v2.onnx [--clips 200] [--hours 2] [--repeats 3]

FILM is any video with sound, some fifty seconds long; the clips are made, their shots planted. The peer of each row is
named in it and measured in the same run: a loop that only decodes, with as many threads, and the same network on as
many pictures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from rich.console import Console
from rich.table import Table

from graphrec import Request, Workspace, ingest, open_store, recommend
from graphrec.loaders.videos import VideoOptions
from graphrec.media.cutting import Cutting
from graphrec.media.describe_file import describe
from graphrec.media.describe_files import describe_all
from graphrec.media.encoders.base import EncoderSpec
from graphrec.media.encoders.registry import make_encoders
from graphrec.media.keyframes import FrameRule
from graphrec.media.settings import DescribeJob, DescribeSettings, EncoderSpecs
from graphrec.media.thumbnails import spooling
from graphrec.store.base import closing
from graphrec.testing.clips import write_repeated, write_shots

CORES = os.cpu_count() or 1
SHOTS = DescribeSettings(Cutting("shots", 0.0), FrameRule("rate", 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("film", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=3)
    asked = parser.parse_args()
    table = Table("what", "seconds", "in comparison", box=None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _film(table, asked.film, asked.weights, asked.repeats, folder)
        _clips(table, asked.clips, folder)
        _memory(table, asked.hours, folder)
        _new(table, folder)
    Console(width=130).print(table)


def _film(table: Table, film: Path, weights: str, repeats: int, folder: Path) -> None:
    specs = EncoderSpecs(EncoderSpec("mobilenet_v2", weights), EncoderSpec("logmel"))
    # As a worker with all cores has it; the bare encoder gets them all.
    encoders, alone = make_encoders(specs, max(1, CORES // 2)), make_encoders(specs, CORES)

    def whole() -> float:
        with spooling(folder / "spool") as spool:
            return describe(film, SHOTS, encoders, spool)[0].info.duration_s

    def decode() -> int:
        with av.open(str(film)) as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            video.thread_type = "AUTO"
            return sum(1 for packet in container.demux(video, audio) for _ in packet.decode())

    length = whole()
    pictures = np.random.default_rng(0).integers(0, 255, (round(length), 224, 224, 3), dtype=np.uint8)

    def encode() -> object:
        return [alone.frames.encode(pictures[start : start + 16]) for start in range(0, len(pictures), 16)]

    # The three in turn, so that whatever else the machine does falls on all of them.
    times = np.array([[_timed(run) for run in (whole, decode, encode)] for _ in range(repeats)])
    ours, bare, network = np.median(times, axis=0)
    ratio = np.median(times[:, 0] / times[:, 1:].sum(axis=1))
    table.add_row(
        f"decode, shots, 1 frame/s, mobilenet_v2, logmel: {length:.0f} s of film",
        f"{ours:.2f}",
        f"{length / ours:.0f} times real time; {ratio:.2f} times bare decoder + bare encoder",
    )
    table.add_row("the bare decoder (peer)", f"{bare:.2f}", "")
    table.add_row(f"the bare encoder, {len(pictures)} pictures (peer)", f"{network:.2f}", "")


def _clips(table: Table, count: int, folder: Path) -> None:
    clips, rng = folder / "clips", np.random.default_rng(0)
    clips.mkdir()
    planted: dict[str, list[int]] = {}
    for number in range(count):
        lengths = [int(n) for n in rng.integers(15, 60, rng.integers(2, 6))]
        path = clips / f"c{number:03d}.mp4"
        write_shots(path, lengths=lengths, size=(320, 240), seed=number, tone=440, codec="libx264")
        planted[path.name] = np.cumsum(lengths)[:-1].tolist()
    files = [(path, path.stem) for path in sorted(clips.iterdir())]
    seconds = {}
    found: dict[str, np.ndarray] = {}
    for workers in (1, CORES):
        job = DescribeJob(folder / f"media{workers}", SHOTS)

        def run(job: DescribeJob = job, workers: int = workers) -> None:
            for outcome in describe_all(files, job, workers=workers):
                assert outcome.described is not None, outcome.reason
                found[outcome.path.name] = outcome.described.shots

        seconds[workers] = _timed(run)
        table.add_row(
            f"{count} clips, {workers} worker{'s' * (workers > 1)}",
            f"{seconds[workers]:.1f}",
            f"{seconds[1] / seconds[workers]:.2f} times one worker",
        )
    right = told = exact = 0
    for name, cuts in planted.items():
        ours = (found[name][1:-1] * 25).round().astype(int).tolist()
        right += len(set(ours) & set(cuts))
        told += len(ours)
        exact += sum(abs(f * 25 - round(f * 25)) < 1e-6 for f in found[name][1:-1])
    wanted = sum(map(len, planted.values()))
    precision, recall = right / max(told, 1), right / wanted
    table.add_row(
        f"{wanted} planted cuts, to the very picture",
        "",
        f"F1 {2 * precision * recall / (precision + recall):.3f}",
    )
    command = [sys.executable, "-m", "graphrec", "load", "videos", str(clips), "-w", str(folder / "w")]
    first, again = (
        _timed(lambda: subprocess.run(command, check=True, capture_output=True)) for _ in range(2)
    )
    table.add_row(f"`graphrec load videos`, {count} clips, descriptor", f"{first:.1f}", "")
    table.add_row(
        "... the same again: nothing is decoded", f"{again:.1f}", "the whole command, with its start"
    )


def _memory(table: Table, hours: float, folder: Path) -> None:
    for length in (hours * 3600 / 12, hours * 3600):
        path = write_repeated(folder / f"{length:.0f}.mkv", seconds=length, fps=10, size=(640, 360))
        job, peak, done = DescribeJob(folder / "long", DescribeSettings()), [0], threading.Event()

        def look(peak: list[int] = peak, done: threading.Event = done) -> None:
            while not done.wait(0.1):
                peak[0] = max([peak[0], *_children_mb()])

        watcher = threading.Thread(target=look)
        watcher.start()
        seconds = _timed(lambda path=path, job=job: list(describe_all([(path, path.stem)], job)))
        done.set()
        watcher.join()
        table.add_row(
            f"a file of {length / 60:.0f} minutes, 640 x 360, descriptor",
            f"{seconds:.1f}",
            f"peak of its process {peak[0]} MB; {length / seconds:.0f} times real time",
        )


def _children_mb() -> list[int]:
    """Return the peak resident memory of each worker so far."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"graphrec.media.worker" in (entry / "cmdline").read_bytes():
                status = (entry / "status").read_text()
                found.append(int(status.split("VmHWM:")[1].split()[0]) // 1024)
        except (OSError, IndexError):
            continue
    return found


def _new(table: Table, folder: Path) -> None:
    workspace = folder / "demo"
    subprocess.run(
        [sys.executable, "-m", "graphrec", "demo", "-w", str(workspace)], check=True, capture_output=True
    )
    clip = folder / "new" / "new.mp4"
    clip.parent.mkdir()
    write_shots(clip, lengths=[150] * 5, size=(640, 360), tone=440, codec="libx264")

    def graphrec(*arguments: str) -> str:
        command = [sys.executable, "-m", "graphrec", *arguments, "-w", str(workspace)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    placing = _timed(lambda: graphrec("ingest", str(clip)))
    told: list[str] = []
    asking = _timed(lambda: told.append(graphrec("recommend", "u000", "--new-only", "-k", "1000", "--json")))
    assert '"new"' in told[0]
    table.add_row(
        "a new video of 30 s: `graphrec ingest`",
        f"{placing:.1f}",
        "the whole command: decoded, loaded, placed",
    )
    table.add_row(
        "... in `graphrec recommend --new-only`", f"{asking:.1f}", f"{placing + asking:.1f} s together"
    )
    warm = _in_a_running_process(workspace, folder)
    table.add_row(
        "another, in a process that is running, as --watch's is", f"{warm:.1f}", "file to recommended"
    )
    shutil.rmtree(workspace)


def _in_a_running_process(workspace: Path, folder: Path) -> float:
    """Return the seconds from a file to its place in a list, in a process that has placed one before."""
    home, options = Workspace(workspace), VideoOptions()
    clips = [folder / "new" / f"warm{number}.mp4" for number in range(2)]
    for number, clip in enumerate(clips):
        write_shots(clip, lengths=[150] * 5, size=(640, 360), tone=440, codec="libx264", seed=1 + number)

    def place(clip: Path) -> None:
        with closing(open_store(home, write=True)) as store:
            ingest(store, home, [clip], options)
            found = recommend(store, home, Request("u000", k=1000, new_only=True))
        assert clip.stem in {item.video for item in found.items}

    return [_timed(lambda clip=clip: place(clip)) for clip in clips][1]


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
