"""The product's own processes, as the Procfile starts them, with services that can be killed."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.process import procfile_command
from consultsuite.embedded import EmbeddedPostgres, EmbeddedRedis
from consultsuite.embedded.lifeline import PARTS, lifeline, signal_session
from consultsuite.embedded.service import is_free

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120


class Part:
    """A process of the Procfile, in a session of its own."""

    def __init__(self, name: str, log: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.log = log
        self.wrapper = ""
        """A module that runs the part's module, named with its arguments after this."""
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The leader of its processes, None while it does not run."""
        return self._process.pid if self._process is not None else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def proc(self) -> Path:
        """What Linux tells of the running process."""
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}")

    def start(self) -> None:
        """Start it, without waiting until it can do something."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # Should this process be killed, nothing stays behind.
        lifeline.watch(self._process.pid, number=signal.SIGTERM, grace_seconds=5, stage=PARTS)

    @property
    def _command(self) -> str:
        return procfile_command(self.name).replace(" -m ", f" -m {self.wrapper} ", 1)

    def end(self, number: signal.Signals) -> int | None:
        """Send a signal and wait for the end. Returns the exit code, None if it did not run."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(number)
        code = process.wait(START_SECONDS)
        signal_session(process.pid, signal.SIGKILL)  # as the runner does: no child works on
        lifeline.forget(process.pid)
        return code

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        """Let none of its processes go on, as on a machine that is out of breath."""
        if self._process is not None:
            signal_session(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let them go on."""
        if self._process is not None:
            signal_session(self._process.pid, signal.SIGCONT)


class Web(Part):
    """One web process on its own port."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.port = _free_port()
        log = directory / f"web-{self.port}.log"
        super().__init__("web", log, {**environment, "PORT": str(self.port)})

    @property
    def address(self) -> str:
        """Where its sockets are."""
        return f"ws://127.0.0.1:{self.port}/ws/"

    @property
    def url(self) -> str:
        """Where its pages and its API are."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)


class Suite:
    """PostgreSQL, Redis and two web processes in one directory."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        # Durable: what is acknowledged must be there after PostgreSQL was killed.
        self.postgres = EmbeddedPostgres(directory / "postgres")
        self.redis = EmbeddedRedis(directory / "redis")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
            "DATABASE_URL": self.postgres.start(),
            "REDIS_URL": self.redis.start(),
            "CONSULTSUITE_VAR": str(directory),
            "SOCKET_HEARTBEAT_SECONDS": "2",
            "RATE_LIMIT_FACTOR": "1000",  # these people write as fast as they can
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            **environment,
        }
        self.webs = [Web(directory, self.environment) for _ in range(2)]

    @property
    def parts(self) -> list[Part]:
        """Every process of the product."""
        return [*self.webs]

    def start(self) -> None:
        """Make the tables and start the processes."""
        self.run("manage.py", "migrate", "--verbosity", "0")
        with ThreadPoolExecutor(len(self.parts)) as pool:
            list(pool.map(lambda part: part.start(), self.parts))

    def stop(self) -> None:
        """End everything."""
        with ThreadPoolExecutor(len(self.parts)) as pool:
            list(pool.map(lambda part: part.end(signal.SIGTERM), self.parts))
        self.redis.stop()
        self.postgres.stop()

    def run(self, *arguments: str) -> str:
        """Run a program of the product. Returns what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make_room(self) -> dict[str, Any]:
        """A room of four people: its conversation's id and a token of each person."""
        answer: dict[str, Any] = json.loads(self.run("-m", "tests.scene"))
        return answer


def family(leader: int) -> list[int]:
    """A process and its children, those in sessions of their own (PostgreSQL's) included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
    return [leader, *(pid for pid, parent in parents.items() if parent == leader)]


_given: set[int] = set()


def _free_port() -> int:
    # Below the ports that outgoing connections get: one of those could take it while we restart.
    for port in random.sample(range(12_000, 20_000), 200):
        if port not in _given and is_free(port):
            _given.add(port)
            return port
    raise LookupError("no free port")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
