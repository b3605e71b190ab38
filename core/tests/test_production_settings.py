"""Production refuses to start without secrets of its own."""

import ast
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ENCRYPTION_KEYS": ",".join(Fernet.generate_key().decode() for _ in range(2)),
    "DATABASE_URL": "postgresql://suite@127.0.0.1:1/suite",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "ALLOWED_HOSTS": "example.org",
    "PUBLIC_URL": "https://example.org",
}


SHOW = "from consultsuite import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE)"


def load(show: str = SHOW, /, **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own, with this environment; None leaves out."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | PRODUCTION
    for name, value in changed.items():
        environment.pop(name, None)
        if value is not None:
            environment[name] = value
    return subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_starts_with_everything_given() -> None:
    done = load()
    assert (done.returncode, done.stdout, done.stderr) == (0, "False True\n", "")


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "PUBLIC_URL"],
)
@pytest.mark.parametrize("value", [None, ""])
def test_refuses_to_start_without(name: str, value: str | None) -> None:
    done = load(**{name: value})
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f"Production needs {name}.")


@pytest.mark.parametrize(
    "secret",
    ["development-only-key-never-used-in-production", "short", "aaaabbbb" * 10],
    ids=["default", "short", "monotonous"],
)
def test_refuses_a_secret_that_is_none(secret: str) -> None:
    done = load(SECRET_KEY=secret)
    assert done.returncode == 1
    assert "SECRET_KEY must be a secret of your own" in done.stderr
    assert secret not in done.stderr


@pytest.mark.parametrize(
    "keys",
    ["short", "a" * 44, Fernet.generate_key().decode() + ",marker-secret"],
    ids=["short", "no base64", "the second"],  # a key made anew is no name for a test
)
def test_refuses_encryption_keys_that_are_none(keys: str) -> None:
    done = load(ENCRYPTION_KEYS=keys)
    assert done.returncode == 1
    assert "ENCRYPTION_KEYS: each must be 32 random bytes" in done.stderr
    assert keys not in done.stderr
    assert "marker-secret" not in done.stderr


@pytest.mark.parametrize("proxies", ["10.0.0.0/33", "nginx"])
def test_refuses_proxies_that_are_no_addresses(proxies: str) -> None:
    done = load(TRUSTED_PROXIES=f"127.0.0.1,{proxies}")
    assert done.returncode == 1
    assert f"TRUSTED_PROXIES: '{proxies}'" in done.stderr


@pytest.mark.parametrize("limit", ["message=1/m", "nothing.person=1/m", "message.person=0/m"])
def test_refuses_a_limit_that_is_none(limit: str) -> None:
    done = load(RATE_LIMITS=f"search.person=9/m,{limit}")
    assert done.returncode == 1
    assert f"RATE_LIMITS: '{limit}' is not like `message.person=120/m`" in done.stderr


def test_this_machine_alone_needs_nothing() -> None:
    done = load(**dict.fromkeys(PRODUCTION))
    assert (done.returncode, done.stdout) == (0, "False False\n")


def test_a_public_address_is_production_even_without_a_word_about_debug() -> None:
    done = load(DEBUG=None, SECRET_KEY=None)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("Production needs SECRET_KEY.")


def test_a_public_address_refuses_debug() -> None:
    done = load(DEBUG="true")
    assert done.returncode == 1
    assert "not with that PUBLIC_URL" in done.stderr


GOOGLE = {"GOOGLE_CLIENT_ID": "id", "GOOGLE_CLIENT_SECRET": "secret"}
MICROSOFT = {"MICROSOFT_CLIENT_ID": "id", "MICROSOFT_CLIENT_SECRET": "secret"}


def test_half_a_provider_is_refused() -> None:
    done = load(GOOGLE_CLIENT_ID="id")
    assert done.returncode == 1
    assert "Set GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET, or none of them." in done.stderr
    assert load(**GOOGLE).returncode == 0


def test_microsoft_needs_one_tenant() -> None:
    for tenant in (None, "common", "organizations"):
        assert load(**MICROSOFT, MICROSOFT_TENANT=tenant).returncode == 1
    assert load(**MICROSOFT, MICROSOFT_TENANT="contoso.com").returncode == 0


def test_what_the_address_of_the_database_says_is_kept() -> None:
    """Above all how its connections are encrypted."""
    show = "from consultsuite import settings as s; print(s.DATABASES['default']['OPTIONS'])"
    done = load(show, DATABASE_URL="postgresql://s@127.0.0.1:1/s?sslmode=verify-full")
    options = ast.literal_eval(done.stdout)
    assert options["sslmode"] == "verify-full"
    assert options["connect_timeout"] == 5  # seconds, and by default two minutes
    assert options["pool"]["timeout"] == 5
