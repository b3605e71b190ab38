"""A measured server: started on its core, its processor time and memory read from the kernel."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from bench.machine import server_cores
from consultsuite.embedded.lifeline import PARTS, lifeline

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30


class ServerFailedError(RuntimeError):
    """A server did not start, or ended while it was measured."""


@contextlib.contextmanager
def on_cores(cores: Sequence[int]) -> Iterator[None]:
    """What is started inside runs on these cores only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def procfile_command(part: str) -> str:
    """The shell command of a part, as the Procfile has it."""
    for line in (ROOT / "Procfile").read_text().splitlines():
        name, _, command = line.partition(":")
        if name == part:
            return command.strip()
    raise LookupError(part)


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One server with its children, from `start` to `stop`; use it with ``with``."""

    def __init__(
        self,
        name: str,
        command: str,
        environment: Mapping[str, str] | None = None,
        *,
        directory: Path = ROOT,
        cores: Sequence[int] | None = None,
    ) -> None:
        self.name = name
        self.port = free_port()
        self._command, self._directory = command, directory
        self._cores = cores
        self._environment = {
            **os.environ,
            "RATE_LIMIT_FACTOR": "100000",  # counted as ever, never used up
            **(environment or {}),
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._log = Path(os.environ["CONSULTSUITE_VAR"]) / f"server-{name.replace(' ', '-')}.log"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises `ServerFailedError`."""
        with self._log.open("wb") as log, on_cores(self._cores or server_cores()):
            self._process = subprocess.Popen(
                ["sh", "-c", self._command],
                cwd=self._directory,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # Should this process be killed, nothing stays behind.
        lifeline.watch(self._process.pid, number=signal.SIGTERM, grace_seconds=5, stage=PARTS)
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerFailedError(f"{self.name} did not start:\n{self.said()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, kindly at first."""
        if self._process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
                break
        lifeline.forget(self._process.pid)
        self._process = None

    def said(self) -> str:
        """The end of what it printed."""
        return self._log.read_text(errors="replace")[-2000:]

    def cpu_seconds(self) -> float:
        """Processor time of the process and its children so far, all threads, user and system."""
        return sum(cpu_seconds_of(pid) for pid in self._pids())

    def waited_seconds(self) -> float:
        """How long its threads so far were ready and got no core: what else the machine does."""
        return sum(_waited_seconds(pid) for pid in self._pids())

    def memory_bytes(self) -> int:
        """Resident memory of the process and its children."""
        return sum(_resident_bytes(pid) for pid in self._pids())

    def _pids(self) -> list[int]:
        if self._process is None or self._process.poll() is not None:
            raise ServerFailedError(f"{self.name} ended:\n{self.said()}")
        found = [self._process.pid]
        for pid in found:  # grows while it is walked
            found += _children(pid)
        return found

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def own_cpu_seconds() -> float:
    """Processor time of this process: the load generator's."""
    return time.process_time()


def cpu_seconds_of(pid: int) -> float:
    """Processor time of a process so far."""
    # The process's own clock (clock_getcpuclockid): /proc/PID/stat counts ticks of 10 ms only.
    return time.clock_gettime((~pid << 3) | 2)


def _waited_seconds(pid: int) -> float:
    waited = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # it has just ended
            waited += int(thread.read_text().split()[1])
    return waited / 1e9


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
