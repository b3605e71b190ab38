"""The product's own processes, as the Procfile starts them, with services that can be killed."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from consultsuite.embedded import EmbeddedPostgres, EmbeddedRedis
from consultsuite.embedded.lifeline import PARTS, lifeline
from consultsuite.embedded.service import is_free

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60


class Web:
    """One web process on its own port."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.port = _free_port()
        self.log = directory / f"web-{self.port}.log"
        self._environment = {**environment, "PORT": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where its sockets are."""
        return f"ws://127.0.0.1:{self.port}/ws/"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", _command("web")],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # Should this process be killed, nothing stays behind.
        lifeline.watch(self._process.pid, number=signal.SIGTERM, grace_seconds=5, stage=PARTS)
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self.port):
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(START_SECONDS)
            lifeline.forget(self._process.pid)
            self._process = None

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        self.end(signal.SIGKILL)


class Suite:
    """PostgreSQL, Redis and two web processes in one directory."""

    def __init__(self, directory: Path) -> None:
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
        }
        self.webs = [Web(directory, self.environment) for _ in range(2)]

    def start(self) -> None:
        """Make the tables and start the web processes."""
        self.run("manage.py", "migrate", "--verbosity", "0")
        for web in self.webs:
            web.start()

    def stop(self) -> None:
        """End everything."""
        for web in self.webs:
            web.end(signal.SIGTERM)
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


def _command(part: str) -> str:
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if name == part:
            return command.strip()
    raise LookupError(part)


def _free_port() -> int:
    # Below the ports that outgoing connections get: one of those could take it while we restart.
    for port in random.sample(range(12_000, 20_000), 200):
        if is_free(port):
            return port
    raise LookupError("no free port")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
