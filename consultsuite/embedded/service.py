"""What the embedded PostgreSQL and Redis have in common: one server in one directory."""

import contextlib
import errno
import fcntl
import os
import random
import secrets
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from consultsuite.embedded.errors import EmbeddedError
from consultsuite.embedded.lifeline import SERVICES, is_alive, lifeline
from consultsuite.embedded.users import ServiceUser, let_through, service_user

HOST = "127.0.0.1"

# Below the ports that the system hands to outgoing connections (32768 and up on Linux): a port
# from there could be taken while the service restarts, even by a client that tries to reach it.
_PORTS = range(20_000, 32_000)

_LOG_LIMIT_BYTES = 5_000_000

# Servers that this process started, by process id: they are ours to reap when they end, however
# many Service objects came and went meanwhile.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Service(ABC):
    """A server with its data, log, password and remembered port in one directory.

    Its process ends with the process that started it, unless somebody else still uses it:
    every user holds a shared lock on `users.lock`.
    """

    title: ClassVar[str]
    start_seconds: ClassVar[float] = 60
    stop_seconds: ClassVar[float] = 30
    # What asks the server to stop, finishing what it must but waiting for no client.
    stop_signal: ClassVar[int] = signal.SIGTERM
    # Passing troubles of a start, by a text in the log: tried again.
    passing_troubles: ClassVar[tuple[str, ...]] = ("Address already in use",)

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory).absolute()
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self._use: int | None = None

    # What a service says about itself ----------------------------------------------------

    @property
    @abstractmethod
    def url(self) -> str:
        """How clients reach it, password included; raises EmbeddedError before a first start."""

    @abstractmethod
    def _recorded_pid(self) -> int | None:
        """The process id that the server left in its directory, maybe of a dead server."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server at our port takes our password and serves our data."""

    @abstractmethod
    def _make_data(self, user: ServiceUser | None) -> None:
        """Make what the server needs before its first start; does nothing later."""

    @abstractmethod
    def _command(self, port: int, user: ServiceUser | None) -> list[str]:
        """The server's command line, staying in the foreground."""

    def _complete(self) -> None:  # noqa: B027 - most services have nothing to add
        """Finish a start, once the server answers; may run again at every start."""

    # Life --------------------------------------------------------------------------------

    def start(self) -> str:
        """Start the server, or use the one that runs already; returns its URL when it answers.

        Raises EmbeddedError with the reason when it does not come up.
        """
        with self._explained():
            self.directory.mkdir(parents=True, exist_ok=True)
            with self._locked("start.lock"):
                self._hold()
                if self.pid is None:
                    self._launch()
                else:
                    self._wait_for_running()
                self._complete()
                if self.pid is not None:
                    self._watch(self.pid)
        return self.url

    def stop(self) -> None:
        """Stop the server whoever uses it; no error when it does not run."""
        with self._explained():
            if (pid := self.pid) is not None:
                self._end(pid, self.stop_signal, self.stop_seconds)
            self._let_go()

    def release(self) -> None:
        """This process no longer needs the server: stop it unless another process does."""
        self._let_go()
        if not self.directory.is_dir():
            return
        with open(self.directory / "users.lock", "ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.stop()

    def kill(self) -> None:
        """End the server at once, as a crash would: for tests."""
        if (pid := self.pid) is not None:
            self._end(pid, signal.SIGKILL, 10)

    @property
    def is_running(self) -> bool:
        """Whether the server runs from this directory and answers."""
        return self.pid is not None and self._answers()

    @property
    def pid(self) -> int | None:
        """The live main process that serves this directory, None when there is none."""
        pid = self._recorded_pid()
        if pid is None or not is_alive(pid):
            return None
        try:
            # A number may belong to somebody else by now; both servers work in their data.
            return pid if Path(f"/proc/{pid}/cwd").readlink() == self.data.resolve() else None
        except OSError:
            return None

    def log_tail(self, lines: int = 5) -> str:
        """The last lines of the server's log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    # Steps -------------------------------------------------------------------------------

    def _launch(self) -> None:
        user = service_user()
        if user is not None:
            let_through(self.data, user)
        self._make_data(user)
        for pid in [pid for pid, child in list(_children.items()) if child.poll() is not None]:
            _forget(pid)
        deadline = time.monotonic() + self.start_seconds
        while True:
            process, beginning = self._spawn(self._choose_port(), user)
            if self._came_up(process, deadline):
                return
            said = self._said_since(beginning)
            passing = any(trouble in said for trouble in self.passing_troubles)
            if not passing or time.monotonic() > deadline:
                raise self._failed(said)
            time.sleep(0.3)

    def _spawn(self, port: int, user: ServiceUser | None) -> tuple[subprocess.Popen[bytes], int]:
        """Start the server's process; returns it and where its log begins, in bytes."""
        too_long = self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES
        with open(self.log, "wb" if too_long else "ab") as log:
            beginning = log.tell()
            process = subprocess.Popen(
                self._command(port, user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
            )
        # Watched from the first moment: we may be killed before it answers.
        _children[process.pid] = process
        self._watch(process.pid)
        return process, beginning

    def _came_up(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        while time.monotonic() < deadline:
            if process.poll() is not None:
                _forget(process.pid)
                return False
            if self.is_running:
                return True
            time.sleep(0.03)
        self._end(process.pid, signal.SIGKILL, 10)
        return False

    def _wait_for_running(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self.is_running:
            if time.monotonic() > deadline or self.pid is None:
                raise self._failed(self.log_tail(20))
            time.sleep(0.05)

    def _end(self, pid: int, number: int, seconds: float) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while is_alive(pid):
            if time.monotonic() > deadline:
                if number == signal.SIGKILL:
                    raise EmbeddedError(f"{self.title} (process {pid}) does not end.")
                self._end(pid, signal.SIGKILL, 10)
                break
            time.sleep(0.02)
        _forget(pid)

    def _watch(self, pid: int) -> None:
        lifeline.watch(
            pid,
            number=self.stop_signal,
            grace_seconds=self.stop_seconds,
            stage=SERVICES,
            users_lock=self.directory / "users.lock",
        )

    # Users, password, port ---------------------------------------------------------------

    def _hold(self) -> None:
        if self._use is None:
            # A bare descriptor: the lock stays until it is released or this process ends.
            self._use = os.open(self.directory / "users.lock", os.O_RDWR | os.O_CREAT, 0o644)
            # Waits while somebody who was the last user is stopping the server.
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _let_go(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with open(self.directory / name, "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _password(self) -> str:
        path = self.directory / "password"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(24))
        return path.read_text().strip()

    def _port(self) -> int:
        try:
            return int((self.directory / "port").read_text())
        except (OSError, ValueError) as error:
            raise EmbeddedError(f"{self.title} was never started in {self.directory}.") from error

    def _choose_port(self) -> int:
        """The remembered port, or a new one when there is none or somebody else took it."""
        with contextlib.suppress(EmbeddedError):
            if is_free(port := self._port()):
                return port
        for port in random.sample(_PORTS, 200):  # Not a secret.
            if is_free(port):
                write_private(self.directory / "port", str(port))
                return port
        raise EmbeddedError(f"{self.title} found no free port on {HOST}.")

    # What went wrong ---------------------------------------------------------------------

    def _said_since(self, beginning: int) -> str:
        with open(self.log, "rb") as log:
            log.seek(beginning)
            return log.read().decode(errors="replace")

    def _failed(self, said: str) -> EmbeddedError:
        if "No space left on device" in said:
            return EmbeddedError(f"{self.title} cannot start: the disk of {self.data} is full.")
        last = " | ".join(line.strip() for line in said.splitlines()[-5:]) or "it said nothing"
        return EmbeddedError(f"{self.title} cannot start: {last} (all of it in {self.log})")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the system refuses into a sentence."""
        try:
            yield
        except PermissionError as error:
            raise EmbeddedError(
                f"{self.title} cannot use {error.filename or self.directory}: it belongs to "
                "another user; run as that user or choose another directory (CONSULTSUITE_VAR)."
            ) from error
        except OSError as error:
            if error.errno == errno.ENOSPC:
                text = f"{self.title} cannot start: the disk of {self.directory} is full."
                raise EmbeddedError(text) from error
            raise EmbeddedError(f"{self.title} cannot start: {error}.") from error


def _forget(pid: int) -> None:
    """A server has ended: reap it if it was our child."""
    lifeline.forget(pid)
    child = _children.pop(pid, None)
    if child is not None:
        child.wait()


def is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen on the port (connections that are closing do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str, user: ServiceUser | None = None) -> None:
    """Write a file that only its owner may read, from its first byte on; replaces an old one."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if user is not None:
            os.fchown(descriptor, user.uid, user.gid)
        file.write(text + "\n")
    draft.rename(path)
