"""The environment, and what it says about where this runs.

Production (`consultsuite.mode`) refuses to start with a missing or default secret.
"""

import base64
import hmac
import os
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from consultsuite.mode import is_production

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG: bool = env.bool("DEBUG", default=False)
PRODUCTION: bool = is_production(os.environ)
VAR = Path(env.str("CONSULTSUITE_VAR", default=str(BASE_DIR / "var"))).absolute()
PORT: int = env.int("PORT", default=8000)

_DEVELOPMENT_KEY = "development-only-key-never-used-in-production"
SECRET_KEY: str = env.str("SECRET_KEY", default=_DEVELOPMENT_KEY)
DATABASE_URL: str = env.str("DATABASE_URL", default="")
REDIS_URL: str = env.str("REDIS_URL", default="")


# Stored secrets (core.encryption): the first encrypts, all decrypt.
ENCRYPTION_KEYS: list[str] = [key.strip() for key in env.list("ENCRYPTION_KEYS", default=[])] or [
    base64.urlsafe_b64encode(
        hmac.digest(SECRET_KEY.encode(), b"consultsuite.encryption", "sha256")
    ).decode()
]
try:
    _ = [Fernet(key) for key in ENCRYPTION_KEYS]
except ValueError:
    raise ImproperlyConfigured(
        "ENCRYPTION_KEYS: each must be 32 random bytes in URL-safe base64, for example from: "
        "python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
    ) from None


REQUIRED = (
    "SECRET_KEY",
    "ENCRYPTION_KEYS",
    "DATABASE_URL",
    "REDIS_URL",
    "ALLOWED_HOSTS",
    "PUBLIC_URL",
)


def _require_production_values() -> None:
    missing = [name for name in REQUIRED if not env.str(name, default="")]
    if missing:
        raise ImproperlyConfigured(f"Production needs {', '.join(missing)}.")
    if SECRET_KEY == _DEVELOPMENT_KEY or len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5:
        raise ImproperlyConfigured(
            "SECRET_KEY must be a secret of your own of at least 50 characters, "
            "for example from: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )


if PRODUCTION:
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows secrets to visitors: not with that PUBLIC_URL.")
    _require_production_values()

ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"]
)
PUBLIC_URL: str = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
