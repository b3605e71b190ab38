"""Ends what a process started, even when that process is killed without a chance to tidy up.

A small guard process holds the reading end of a pipe. When the pipe closes, its owner is gone,
however it went, and the guard ends everything it was told to watch: the parts first, then the
services that the parts use.

The file is both the module (`Lifeline`) and the guard's program, so it uses the standard
library only and starts in a few milliseconds.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

# The order of ending: what uses a service goes before the service.
PARTS = 0
SERVICES = 1


class Watch(TypedDict):
    """One process (the leader of its own session) that must not outlive the owner."""

    pid: int
    # When it started, in clock ticks since boot: tells it from a later process of that number.
    started: int | None
    signal: int
    grace_seconds: float
    stage: int
    # Only ended when nobody holds a lock on this file: a service may have other users.
    users_lock: str | None


def session_members(leader: int) -> list[int]:
    """The live processes of the session or process group that `leader` leads or led.

    Zombies are left out: they are ended, and where nothing reaps orphans they stay listed.
    """
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        fields = _stat(int(entry.name))
        if fields and leader in (int(fields[2]), int(fields[3])) and fields[0] not in "ZX":
            members.append(int(entry.name))
    return members


def started(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is no such process."""
    fields = _stat(pid)
    return int(fields[19]) if fields else None


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on: state, parent, group, session, ..."""
    try:
        # The command name may hold spaces and brackets: fields count from the last bracket.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether a process of that number lives; a zombie does not."""
    fields = _stat(pid)
    return bool(fields) and fields[0] not in "ZX"


def signal_session(leader: int, number: int) -> None:
    """Send a signal to every live process of a session; those already gone are no error."""
    for pid in session_members(leader):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end_sessions(leaders: dict[int, int], grace_seconds: float) -> None:
    """End whole sessions; `leaders` gives the signal that asks each leader to stop.

    A leader comes first, so that it can end its own children in the order that it needs; what
    it leaves behind gets SIGTERM, and SIGKILL whatever lives after the grace time.
    """
    for leader, number in leaders.items():
        with contextlib.suppress(ProcessLookupError):
            os.kill(leader, number)
    deadline = time.monotonic() + grace_seconds
    left_behind: set[int] = set()
    while alive := [leader for leader in leaders if session_members(leader)]:
        for leader in alive:
            if leader not in left_behind and not is_alive(leader):
                left_behind.add(leader)
                signal_session(leader, signal.SIGTERM)
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    for leader in alive:
        signal_session(leader, signal.SIGKILL)


def end_all(watches: list[Watch]) -> None:
    """End watched sessions stage by stage: first what uses the services, then these."""
    for stage in (PARTS, SERVICES):
        with contextlib.ExitStack() as locks:
            chosen = [
                watch
                for watch in watches
                if watch["stage"] == stage and _is_same(watch) and _unused(watch, locks)
            ]
            grace = max((watch["grace_seconds"] for watch in chosen), default=0)
            end_sessions({watch["pid"]: watch["signal"] for watch in chosen}, grace)


def _is_same(watch: Watch) -> bool:
    # A session may outlive its leader; its number is not given away before it ends.
    return started(watch["pid"]) in (None, watch["started"])


def _unused(watch: Watch, locks: contextlib.ExitStack) -> bool:
    if watch["users_lock"] is None:
        return True
    try:
        lock = locks.enter_context(open(watch["users_lock"], "rb"))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # The directory is gone: nobody can be using it.
    return True


class Lifeline:
    """The owner's end: tells the guard what to watch, and starts the guard when needed."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self._owner = 0
        self._watched: dict[int, Watch] = {}

    def watch(
        self,
        pid: int,
        *,
        number: int,
        grace_seconds: float,
        stage: int,
        users_lock: Path | None = None,
    ) -> None:
        """From now on `pid` and its session end with this process, asked by signal `number`."""
        if self._owner != os.getpid():
            # After a fork: what our parent watches is not ours to end.
            self._pipe, self._owner = None, os.getpid()
            self._watched.clear()
        watch = Watch(
            pid=pid,
            started=started(pid),
            signal=number,
            grace_seconds=grace_seconds,
            stage=stage,
            users_lock=None if users_lock is None else str(users_lock),
        )
        self._watched[pid] = watch
        self._tell({"watch": watch})

    def forget(self, pid: int) -> None:
        """`pid` has ended, or may live on."""
        if self._owner == os.getpid() and self._watched.pop(pid, None) is not None:
            self._tell({"forget": pid})

    def _tell(self, message: dict[str, object]) -> None:
        if self._pipe is not None:
            try:
                _write(self._pipe, message)
            except BrokenPipeError:  # Somebody ended the guard.
                os.close(self._pipe)
            else:
                return
        # A first guard, or a new one, learns everything.
        self._pipe = _start_guard()
        for watch in self._watched.values():
            _write(self._pipe, {"watch": watch})


def _write(pipe: int, message: dict[str, object]) -> None:
    os.write(pipe, json.dumps(message).encode() + b"\n")


def _start_guard() -> int:
    """Start a guard; returns the pipe's writing end, which must stay open until we are gone."""
    reading_end, writing_end = os.pipe()
    guard = subprocess.Popen(
        # Isolated and without site packages: the guard needs neither and starts faster.
        # We may be gone before it can ask who its parent is, so it is told.
        [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(started(os.getpid()))],
        stdin=reading_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )
    os.close(reading_end)
    # It outlives us on purpose: nobody is to wait for it, or to be warned that nobody did.
    guard.returncode = 0
    return writing_end


lifeline = Lifeline()


def _guard(owner: int, owner_started: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched: dict[int, Watch] = {}
    for line in sys.stdin:
        message = json.loads(line)
        if "watch" in message:
            watched[message["watch"]["pid"]] = message["watch"]
        else:
            watched.pop(message["forget"], None)
    # The pipe may close before the owner's locks are released: wait for its very end.
    while is_alive(owner) and started(owner) == owner_started:
        time.sleep(0.02)
    end_all(list(watched.values()))


if __name__ == "__main__":
    _guard(int(sys.argv[1]), int(sys.argv[2]))
