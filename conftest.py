"""What every test stands on: real PostgreSQL and Redis, and no network but loopback.

Runs before Django's settings load, because they read the environment. With DATABASE_URL and
REDIS_URL set, those servers are used; otherwise embedded ones in var/test (var/test-2 while
another run uses it), held by the pytest process that was started (workers of pytest-xdist
inherit its environment).
"""

import contextlib
import fcntl
import ipaddress
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
import pytest

from consultsuite.embedded import EmbeddedError, running

ROOT = Path(__file__).resolve().parent
VAR = ROOT / "var" / "test"

_held = contextlib.ExitStack()


class OutsideNetworkError(RuntimeError):
    """A test tried to reach another machine; use a stand-in on loopback."""


def _own_directory() -> Path:
    """A var directory that no other test run uses: two at a time would share one test database."""
    for number in range(1, 100):
        directory = VAR if number == 1 else VAR.with_name(f"{VAR.name}-{number}")
        directory.mkdir(parents=True, exist_ok=True)
        claim = _held.enter_context((directory / "tests.lock").open("w"))
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return directory
    pytest.exit(f"Every directory {VAR}-* is in use by another test run.", returncode=3)


def _start_services() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "consultsuite.settings"
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # everything is inherited
    directory = _own_directory()
    os.environ["CONSULTSUITE_VAR"] = str(directory)
    (directory / "static").mkdir(exist_ok=True)  # WhiteNoise warns of a missing one
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    try:
        # Tests may lose their data when the machine crashes: half the time of a durable write.
        database_url, redis_url = _held.enter_context(running(directory, durable=False))
    except EmbeddedError as error:
        pytest.exit(str(error), returncode=3)
    os.environ.setdefault("DATABASE_URL", database_url)
    os.environ.setdefault("REDIS_URL", redis_url)


def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost", socket.gethostname()):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guarded(call: Callable[..., Any], position: int) -> Callable[..., Any]:
    """The socket method `call`, refusing an outside address in argument number `position`."""

    def guarded(self: socket.socket, *args: Any) -> Any:
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and not _is_local(args[position][0]):
            raise OutsideNetworkError(f"A test tried to reach {args[position]}.")
        return call(self, *args)

    return guarded


def _refuse_outside_network(patch: pytest.MonkeyPatch) -> None:
    for name, position in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name), position))
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            raise OutsideNetworkError(f"A test tried to look up {host!r}.")
        return look_up(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", getaddrinfo)


_patch = pytest.MonkeyPatch()
_start_services()
_refuse_outside_network(_patch)
# Here and not later: the apps' own conftest files import models.
django.setup()

pytest_plugins = ["tests.committed", "tests.order", "tests.fixtures", "tests.oidc", "tests.sockets"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Temporary directories of this run's own.

    Each run of pytest closes the one that all would share to other users, as whom PostgreSQL and
    Redis run when root tests: their next start would fail.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ and config.option.basetemp is None:
        config.option.basetemp = str(Path(os.environ["CONSULTSUITE_VAR"]) / "tmp")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list[Any]) -> None:
    """Give each worker a Redis database of its own: it empties it after every test.

    Here and not in the worker, where pytest-django reads the settings before this file runs.
    """
    server, _, first = os.environ["REDIS_URL"].rpartition("/")
    for number, spec in enumerate(specs, start=1):
        spec.env["REDIS_URL"] = f"{server}/{int(first) + number}"


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    _patch.undo()
    _held.close()
