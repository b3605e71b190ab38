"""make check: every tool that reads the code, one line each; the output of those that fail.

Uses the embedded services of var/test unless DATABASE_URL and REDIS_URL name others, because
`makemigrations --check` compares with the history in a database.
"""

import base64
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from consultsuite.embedded import EmbeddedError, running  # noqa: E402

# What a real deployment sets (.env.example); nothing is contacted by the check.
PRODUCTION = {
    "DEBUG": "false",
    "ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "ALLOWED_HOSTS": "example.org",
    "PUBLIC_URL": "https://example.org",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
}


@dataclass(frozen=True)
class Check:
    """A tool and its arguments, run with the environment's own Python."""

    name: str
    command: str
    environment: dict[str, str] = field(default_factory=dict)


CHECKS = [
    Check("mypy", "-m mypy"),
    Check("ruff check", "-m ruff check"),
    Check("ruff format", "-m ruff format --check"),
    Check("import-linter", "bin:lint-imports --no-logo"),
    Check("djade", "bin:djade --check --target-version 5.2"),
    Check("migrations", "manage.py makemigrations --check --dry-run"),
    Check("README's figures", "-m bench.readme --check"),
    Check("deploy", "manage.py check --deploy --fail-level WARNING", PRODUCTION),
]


def command_of(check: Check) -> list[str]:
    """The check's command line."""
    words = check.command.split()
    if words[0].startswith("bin:"):
        command = [str(Path(sys.executable).parent / words[0][4:]), *words[1:]]
    else:
        command = [sys.executable, *words]
    if check.name == "djade":
        command += [str(f) for f in sorted(ROOT.glob("**/templates/**/*.html")) if is_ours(f)]
    return command


def is_ours(file: Path) -> bool:
    """Whether a file belongs to the repository."""
    return not {".venv", "node_modules", "var"} & set(file.relative_to(ROOT).parts)


def perform(check: Check, environment: dict[str, str]) -> bool:
    """Run one check and show how it went; returns whether it passed."""
    began = time.monotonic()
    done = subprocess.run(
        command_of(check),
        cwd=ROOT,
        env=environment | check.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode == 0:
        print(f"ok {check.name} ({seconds:.1f} s)", flush=True)
        return True
    said = (done.stdout + done.stderr).strip()
    print(f"{said}\nFAILED {check.name} ({seconds:.1f} s)", flush=True)
    return False


def check_all(database_url: str, redis_url: str) -> int:
    """Run every check, one per core at a time; returns how many failed."""
    environment = dict(os.environ) | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "CONSULTSUITE_VAR": str(ROOT / "var" / "test"),
    }
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        passed = list(pool.map(lambda check: perform(check, environment), CHECKS))
    return passed.count(False)


def main() -> int:
    """Check everything; 1 when something failed."""
    given = (os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"))
    try:
        if given[0] and given[1]:
            failed = check_all(given[0], given[1])
        else:
            with running(ROOT / "var" / "test", durable=False) as urls:
                failed = check_all(*urls)
    except EmbeddedError as error:
        print(f"check: {error}", file=sys.stderr)
        return 1
    if failed:
        print(f"{failed} of {len(CHECKS)} checks failed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
