#!/usr/bin/env python
"""Operators' entry point. With no DATABASE_URL it uses (or starts) the embedded services."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent


@contextlib.contextmanager
def services() -> Iterator[None]:
    """Make sure that DATABASE_URL and REDIS_URL say where real servers answer."""
    from consultsuite import embedded
    from consultsuite.run.preflight import load_environment

    load_environment()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield
        return
    var = os.environ.get("CONSULTSUITE_VAR", ROOT / "var")
    try:
        with embedded.running(var) as (database_url, redis_url):
            os.environ.setdefault("DATABASE_URL", database_url)
            os.environ.setdefault("REDIS_URL", redis_url)
            # The key of `make run`, so that a link signed here works there.
            os.environ.setdefault("SECRET_KEY", embedded.secret_key(var))
            yield
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


def main() -> None:
    """Run a management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")
    with services():
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
