"""Real PostgreSQL and Redis under one directory, for a machine that has neither.

Independent of Django, so that settings may be made from what this module answers:

    with running("var") as (database_url, redis_url): ...    # starts what does not run
    urls("var")                                              # None unless both run
"""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from consultsuite.embedded.errors import EmbeddedError
from consultsuite.embedded.postgres import EmbeddedPostgres
from consultsuite.embedded.redis import EmbeddedRedis
from consultsuite.embedded.service import write_private

__all__ = ["EmbeddedError", "EmbeddedPostgres", "EmbeddedRedis", "running", "secret_key", "urls"]


def postgres_in(var: Path | str, *, durable: bool = True) -> EmbeddedPostgres:
    """The PostgreSQL of a var directory."""
    return EmbeddedPostgres(Path(var) / "postgres", durable=durable)


def redis_in(var: Path | str) -> EmbeddedRedis:
    """The Redis of a var directory."""
    return EmbeddedRedis(Path(var) / "redis")


def urls(var: Path | str) -> tuple[str, str] | None:
    """(database URL, Redis URL) of the services of a var directory; None unless both run."""
    postgres, redis = postgres_in(var), redis_in(var)
    if not (postgres.is_running and redis.is_running):
        return None
    return postgres.url, redis.url


@contextlib.contextmanager
def running(var: Path | str, *, durable: bool = True) -> Iterator[tuple[str, str]]:
    """Hold the services of a var directory, starting what does not run.

    Yields (database URL, Redis URL). At the end they stop unless another process holds them.
    Raises EmbeddedError with one clear sentence.
    """
    postgres, redis = postgres_in(var, durable=durable), redis_in(var)
    try:
        yield postgres.start(), redis.start()
    finally:
        redis.release()
        postgres.release()


def secret_key(var: Path | str) -> str:
    """The SECRET_KEY that goes with the embedded database, made on first use."""
    path = Path(var) / "secret.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, secrets.token_urlsafe(50))
    return path.read_text().strip()
