"""What the tests of real processes share."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consultsuite.embedded.lifeline import is_alive, session_members

ROOT = Path(__file__).resolve().parents[2]

# Two cores shared with other tests: the longest that a start may take, in seconds.
PATIENCE_SECONDS = 40


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition; fails naming what did not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.05)


def processes_with(mark: str) -> list[str]:
    """The command lines and environments of live processes that mention `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            said = (entry / "cmdline").read_bytes() + b" " + (entry / "environ").read_bytes()
        except OSError:
            continue
        if mark.encode() in said and is_alive(int(entry.name)):
            found.append(f"{entry.name}: {said[:200]!r}")
    return found


class Program:
    """A program of ours that runs; its output is kept in a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def output(self) -> str:
        """Everything it said so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the output holds `text` so many times."""
        wait_until(lambda: self.output.count(text) >= times, f"{text!r} in:\n{self.output}")


@contextmanager
def python(directory: Path, *arguments: str, **environment: str) -> Iterator[Program]:
    """Run our Python in a session of its own, with a clean environment; killed at the end."""
    kept = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    log = directory / "output"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=kept | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Program(process, log)
    finally:
        if session_members(process.pid):
            process.kill()
        process.wait()
