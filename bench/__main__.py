"""`make bench`: run the benches one after the other, print their tables, write their JSON.

    python -m bench [NAME ...]

Each runs in a process and a database of its own. QUICK=1 makes everything small and short: to see
that it works, not to learn figures; nothing is written then.
"""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from psycopg import sql

from bench.machine import other_cores
from consultsuite.embedded import running, secret_key

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var" / "bench"
NAMES = (
    "fanout",
    "slow_reader",
    "send",
    "processes",
    "lists",
    "search",
    "inbox",
    "mix",
    "profile",
    "lighthouse",
)

LIMITS_RAISED = {"RATE_LIMIT_FACTOR": "10000"}
"""High enough to stop nobody here, and not 0: what counting costs belongs to the figures."""


def empty_database(name: str, database_url: str) -> str:
    """A new database of that name beside the product's; returns its URL."""
    identifier = sql.Identifier(f"bench_{name}")
    with psycopg.connect(database_url, autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(drop.format(identifier))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    return f"{database_url.rpartition('/')[0]}/bench_{name}"


def run_one(name: str) -> None:
    """Run one bench here, in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, other_cores())  # PostgreSQL and Redis inherit it
    with running(VAR) as (database_url, redis_url):
        os.environ |= {
            **LIMITS_RAISED,
            "CONSULTSUITE_VAR": str(VAR),
            "DJANGO_SETTINGS_MODULE": "consultsuite.settings",
            "DATABASE_URL": empty_database(name, database_url),
            "REDIS_URL": redis_url,
            "SECRET_KEY": secret_key(VAR),
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, check=True)
        import django

        django.setup()
        result = importlib.import_module(f"bench.{name}").run()
    print(result.text(), flush=True)
    if "QUICK" not in os.environ:
        result.write()
        subprocess.run([sys.executable, "-m", "bench.readme"], cwd=ROOT, check=False)


def main(names: list[str]) -> int:
    """Run what is named, or all; 1 when a bench failed to run (a missed goal is no failure)."""
    if unknown := set(names) - set(NAMES):
        print(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}.")
        return 2
    if len(names) == 1:
        run_one(names[0])
        return 0
    failed = [
        name
        for name in names or NAMES
        if subprocess.run([sys.executable, "-m", "bench", name], cwd=ROOT, check=False).returncode
    ]
    if failed:
        print(f"Failed to run: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
