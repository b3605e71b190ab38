"""Set up what `make` needs, each step only when what it depends on has changed.

    bin/setup [--dev] [--no-frontend] [--browser]

Runs before the virtual environment exists: standard library only. A finished step leaves a
stamp in .make/ with a digest of everything it depends on. Noisy output goes to .make/*.log and
is shown when the step fails, below one sentence that says why.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".make"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"

# Measured: 0.9 GB of Python packages, 0.3 GB of Node packages, the rest while unpacking.
NEEDED_BYTES = 2_000_000_000

# What a failed step's output says, and what that means for the person who reads it.
_REASONS = {
    r"No space left on device|ENOSPC|Disk quota exceeded": "the disk is full",
    r"(?i)do not match the hashes|EINTEGRITY": (
        "a downloaded package is not the one that the lock file names; "
        "try again, and if it stays so, do not install it"
    ),
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable"
    r"|Failed to establish a new connection|NewConnectionError|ProxyError|ENOTFOUND|EAI_AGAIN"
    r"|ECONNREFUSED|ETIMEDOUT|ECONNRESET|ReadTimeoutError|Temporary failure resolving": (
        "the package registry cannot be reached; check the network or the proxy"
    ),
    r"command '?[^ ']*(gcc|cc|clang|c\+\+|g\+\+)'? failed|No such file or directory: '?(gcc|cc)"
    r"|unable to execute '?(gcc|cc)|Failed building wheel|metadata-generation-failed": (
        "a package has no ready-made build for this machine and no compiler is here to make one; "
        "install one (Debian: apt-get install -y build-essential python3-dev)"
    ),
    r"No matching distribution found": (
        "a pinned package is not offered for this machine or by this registry"
    ),
    r"Permission denied|EACCES": "a file here belongs to another user",
}


@dataclass(frozen=True)
class Step:
    """One thing to do, and the digest of everything that its result depends on."""

    name: str
    title: str
    depends_on: Callable[[], str]
    is_there: Callable[[], bool]
    act: Callable[[Path], None]
    downloads: bool = False


class StepError(Exception):
    """A step failed; the text is the reason, `output` what its programs said."""

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


def fail(sentence: str, output: str = "") -> NoReturn:
    """End with one sentence, below the last lines of what went before."""
    for line in output.rstrip().splitlines()[-15:]:
        print(f"    {line}", file=sys.stderr)
    print(f"setup: {sentence}", file=sys.stderr)
    raise SystemExit(1)


# Digests ----------------------------------------------------------------------------------


def digest(*paths: str, also: str = "") -> str:
    """A digest of the named files, and of the files below the named directories."""
    total = hashlib.sha256(also.encode())
    for path in paths:
        top = ROOT / path
        files = sorted(f for f in top.rglob("*") if f.is_file()) if top.is_dir() else [top]
        for file in files:
            total.update(str(file.relative_to(ROOT)).encode())
            total.update(file.read_bytes() if file.exists() else b"missing")
    return total.hexdigest()


def python_version() -> str:
    """What a virtual environment depends on: the interpreter that made it."""
    return f"{sys.version_info.major}.{sys.version_info.minor} {sysconfig.get_platform()}"


# Running programs -------------------------------------------------------------------------


def run(command: list[str], log: Path, **environment: str) -> None:
    """Run a program quietly; raises StepError with the reason and the output."""
    with log.open("a") as output:
        beginning = output.tell()
        try:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment() | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        except OSError as error:
            raise StepError(f"{command[0]} cannot be run: {error.strerror}") from error
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            raise
    if code != 0:
        said = log.read_text(errors="replace")[beginning:]
        raise StepError(reason_in(said) or f"{Path(command[0]).name} ended with {code}", said)


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    # The Node of the wheel first, whatever the machine has: one version everywhere.
    kept["PATH"] = f"{VENV / 'bin'}:{kept.get('PATH', os.defpath)}"
    return kept


def reason_in(output: str) -> str | None:
    """The meaning of a known trouble in a program's output."""
    return next((meaning for text, meaning in _REASONS.items() if re.search(text, output)), None)


def install_debian(package: str, log: Path) -> bool:
    """Install a Debian package if we may; returns whether it was tried. Raises StepError."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], log, **quiet)
    run(["apt-get", "install", "-y", "--no-install-recommends", package], log, **quiet)
    return True


# Steps ------------------------------------------------------------------------------------


def make_venv(log: Path) -> None:
    """Make .venv anew, unless there is one of the same Python, made by other means."""
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    with contextlib.suppress(StepError):
        run([str(PYTHON), "-c", version], log)
        run([str(PYTHON), "-m", "pip", "--version"], log)
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        if not install_debian(package, log):
            raise StepError(
                f"this Python comes without ensurepip; install it (apt-get install -y {package})"
            )
    shutil.rmtree(VENV, ignore_errors=True)
    base = getattr(sys, "_base_executable", sys.executable)
    run([base, "-m", "venv", str(VENV)], log)


def install(requirements: str) -> Callable[[Path], None]:
    """A step's action: install a hashed list, and nothing that is not in it."""

    def act(log: Path) -> None:
        pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input"]
        run([*pip, "--disable-pip-version-check", "--require-hashes", "-r", requirements], log)

    return act


def install_node_packages(log: Path) -> None:
    """Install what package-lock.json names, with the wheel's npm."""
    run([str(VENV / "bin" / "npm"), "ci", "--no-audit", "--no-fund"], log)


def build_frontend(log: Path) -> None:
    """Make static/build/."""
    run([str(VENV / "bin" / "npm"), "run", "build"], log, NODE_ENV="production")


def steps(options: argparse.Namespace) -> Iterator[Step]:
    """What the options ask for, in order."""
    yield Step("venv", "Python environment", python_version, PYTHON.exists, make_venv)
    yield Step(
        "requirements",
        "Python packages, PostgreSQL, Redis and Node (about a minute)",
        lambda: digest("requirements.txt", also=python_version()),
        (VENV / "bin" / "npm").exists,
        install("requirements.txt"),
        downloads=True,
    )
    if options.dev:
        yield Step(
            "requirements-dev",
            "Python packages for checks and tests",
            lambda: digest("requirements/dev.txt", also=python_version()),
            (VENV / "bin" / "pytest").exists,
            install("requirements/dev.txt"),
            downloads=True,
        )
    if options.frontend:
        yield Step(
            "node-packages",
            "Node packages",
            lambda: digest("package.json", "package-lock.json", ".npmrc"),
            (ROOT / "node_modules").is_dir,
            install_node_packages,
            downloads=True,
        )
        yield Step(
            "frontend",
            "Styles and scripts",
            lambda: digest("package-lock.json", "frontend", "templates"),
            (ROOT / "static" / "build").is_dir,
            build_frontend,
        )
    if options.browser:
        yield Step("browser", "Chromium for the tests", lambda: "", has_chromium, get_chromium)


# Chromium ---------------------------------------------------------------------------------


def find_chromium() -> str | None:
    """A Chromium that runs: CHROMIUM, then PATH, then Playwright's own."""
    named = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache/ms-playwright")
    own = sorted(Path(cache).glob("chromium-*/chrome-linux*/chrome"), reverse=True)
    for name in [*named, *map(str, own)]:
        path = shutil.which(name) if name else None
        if path is None:
            continue
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            # Some distributions ship a script of this name that only says where to get one.
            done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
            if done.returncode == 0:
                return path
    return None


def has_chromium() -> bool:
    """Whether a Chromium was found; its path is left in .make/chromium for `make test`."""
    path = find_chromium()
    if path is not None:
        (STATE / "chromium").write_text(path)
    return path is not None


def get_chromium(log: Path) -> None:
    """Install Debian's Chromium as root; otherwise name the one command."""
    if not install_debian("chromium", log) or not has_chromium():
        raise StepError(
            "the browser tests need Chromium: install it with "
            "`sudo apt-get install -y chromium`, or set CHROMIUM to the path of one"
        )


# ------------------------------------------------------------------------------------------


def is_done(step: Step) -> bool:
    """Whether the step's stamp matches and its result is there."""
    stamp = STATE / f"{step.name}.stamp"
    return step.is_there() and stamp.exists() and stamp.read_text() == step.depends_on()


def perform(step: Step, number: int, count: int) -> None:
    """Do one step, showing its name and how long it took."""
    if step.downloads and (free := shutil.disk_usage(ROOT).free) < NEEDED_BYTES:
        fail(
            f"only {free / 1e9:.1f} GB are free on the disk of {ROOT}, "
            f"and setting up needs about {NEEDED_BYTES / 1e9:.0f} GB."
        )
    print(f"[{number}/{count}] {step.title} ...", end="", flush=True)
    began = time.monotonic()
    stamp, log = STATE / f"{step.name}.stamp", STATE / f"{step.name}.log"
    stamp.unlink(missing_ok=True)
    log.unlink(missing_ok=True)
    try:
        step.act(log)
        stamp.write_text(step.depends_on())
    except StepError as error:
        print(" failed", flush=True)
        fail(f"{step.title.partition(' (')[0]}: {error} (all output: {log}).", error.output)
    except OSError as error:
        print(" failed", flush=True)
        fail(f"{step.title.partition(' (')[0]}: {reason_in(str(error)) or error}.")
    print(f" {time.monotonic() - began:.1f} s")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other set-up works on this tree."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up of this tree ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description="Set up what make needs.")
    parser.add_argument("--dev", action="store_true", help="what checks and tests need")
    parser.add_argument("--no-frontend", dest="frontend", action="store_false")
    parser.add_argument("--browser", action="store_true", help="find or install Chromium")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with alone():
            planned = list(steps(options))
            for number, step in enumerate(planned, 1):
                # Asked one by one: an earlier step may undo a later one.
                if not is_done(step):
                    perform(step, number, len(planned))
    except OSError as error:
        fail(f"{reason_in(str(error)) or error}: {error.filename or ROOT}.")
    except KeyboardInterrupt:
        fail("interrupted; the next start goes on from here.")


if __name__ == "__main__":
    main()
