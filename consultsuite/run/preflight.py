"""Everything that can refuse a start, looked at before anything is started."""

import contextlib
import errno
import fcntl
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import environ

from consultsuite.embedded import secret_key

ROOT = Path(__file__).resolve().parents[2]

# Below this PostgreSQL would stop in the middle of something.
_NEEDED_BYTES = 200_000_000


class RefusedError(RuntimeError):
    """The start is refused; the text is one sentence for the person who started."""


@dataclass(frozen=True)
class Plan:
    """What this run serves, and where."""

    var: Path
    host: str
    port: int
    # Set where the person brought a server of their own.
    database_url: str
    redis_url: str

    @property
    def is_embedded(self) -> bool:
        """Whether the database is ours, and so is the right to fill it."""
        return not self.database_url


def load_environment() -> None:
    """Take what `.env` says, below what the environment says already."""
    path = ROOT / ".env"
    if path.exists():
        environ.Env.read_env(path)


def make_plan() -> Plan:
    """The plan that the environment describes; raises RefusedError."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise RefusedError(f"PORT must be a number from 1 to 65535, and it is {text!r}.")
    return Plan(
        var=Path(os.environ.get("CONSULTSUITE_VAR") or ROOT / "var").absolute(),
        host=os.environ.get("HOST") or "127.0.0.1",
        port=int(text),
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
    )


def check_port(plan: Plan) -> None:
    """Raise RefusedError unless the port can be served."""
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((plan.host, plan.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise RefusedError(
                    f"Port {plan.port} is in use by another program: stop it, or choose another "
                    f"port, for example `PORT={plan.port + 1} make run`."
                ) from error
            raise RefusedError(
                f"{plan.host} port {plan.port} cannot be served: {error.strerror}."
            ) from error


@contextlib.contextmanager
def claimed(plan: Plan) -> Iterator[None]:
    """Hold the var directory for this run; raises RefusedError when another run has it."""
    try:
        plan.var.mkdir(parents=True, exist_ok=True)
        claim = (plan.var / "run.lock").open("a+")
    except OSError as error:
        raise RefusedError(f"{plan.var} cannot be written: {error.strerror}.") from error
    with claim:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            claim.seek(0)
            raise RefusedError(
                f"Consult Suite already runs from {plan.var} (process {claim.read().strip()}): "
                "stop it, or give this copy its own CONSULTSUITE_VAR and PORT."
            ) from error
        claim.truncate(0)
        claim.write(str(os.getpid()))
        claim.flush()
        yield


def check_disk(plan: Plan) -> None:
    """Raise RefusedError when the disk is about to be full."""
    free = shutil.disk_usage(plan.var).free
    if free < _NEEDED_BYTES:
        raise RefusedError(
            f"The disk of {plan.var} is full ({free // 1_000_000} MB free): "
            f"make {_NEEDED_BYTES // 1_000_000} MB free and start again."
        )


def part_environment(plan: Plan, database_url: str, redis_url: str) -> dict[str, str]:
    """The environment of every part and of every command that prepares them."""
    environment = dict(os.environ)
    # The interpreter's own directory first: the Procfile says `python` and means this one.
    programs = str(Path(sys.executable).parent)
    environment |= {
        "PATH": f"{programs}:{environment.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "CONSULTSUITE_VAR": str(plan.var),
        "PORT": str(plan.port),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
    }
    if plan.is_embedded and not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = secret_key(plan.var)
    return environment
