"""Secrets that are stored and must be read again: encrypted with keys that can be changed.

What only has to be recognised (passwords, tokens) is hashed instead. Fernet (AES-128-CBC and
HMAC-SHA256, of `cryptography`); the first of ``ENCRYPTION_KEYS`` encrypts, all of them decrypt.
`manage.py rotate_encryption_keys` (core.actions.encryption) encrypts everything anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models


class Undecryptable(Exception):
    """None of the keys fits, or the text is not what was stored. It is never shown."""

    def __init__(self) -> None:
        super().__init__("No key of ENCRYPTION_KEYS decrypts this value.")


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """ASCII text about 4/3 as long plus 100 characters; different at each call."""
    return _fernet(tuple(settings.ENCRYPTION_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """What was encrypted; raises `Undecryptable`."""
    try:
        return _fernet(tuple(settings.ENCRYPTION_KEYS)).decrypt(token).decode()
    except (InvalidToken, ValueError):
        raise Undecryptable from None


def is_current(token: str) -> bool:
    """Whether the first key encrypted it."""
    try:
        _fernet(tuple(settings.ENCRYPTION_KEYS[:1])).decrypt(token)
    except (InvalidToken, ValueError):
        return False
    return True


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that the database holds encrypted. It cannot be searched: asking is a `FieldError`."""

    def get_prep_value(self, value: Any) -> Any:
        """Encrypt on the way in."""
        return value if value is None else encrypt(str(value))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Decrypt on the way out; raises `Undecryptable`."""
        return value if value is None else decrypt(value)

    def get_lookup(self, lookup_name: str) -> Any:
        """Equal texts are stored differently, so only NULL can be asked for."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: {lookup_name!r} cannot be looked up.")
        return super().get_lookup(lookup_name)


@dataclass(frozen=True)
class Place:
    """A column that holds encrypted texts: as its whole value, or in a JSON object.

    ``keys`` are the names in the object whose texts, or lists of texts, are encrypted.
    """

    model: str
    column: str
    keys: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.model}.{self.column}"

    def replaced(self, value: Any, replace: Callable[[str], str]) -> Any:
        """The value with every encrypted text in it replaced."""
        if not self.keys:
            return replace(value)
        return {
            name: _replaced(part, replace) if name in self.keys else part
            for name, part in value.items()
        }


def _replaced(part: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(part, list):
        return [_replaced(each, replace) for each in part]
    return replace(part) if isinstance(part, str) else part


_in_json: set[Place] = set()


def encrypted_in_json(model: str, column: str, *keys: str) -> None:
    """Register what somebody else's model keeps encrypted: `("mfa.Authenticator", "data", "seed")`.

    Whoever encrypts it calls `encrypt`; this makes a change of keys reach it.
    """
    _in_json.add(Place(model, column, frozenset(keys)))


def places(all_models: list[type[models.Model]]) -> list[Place]:
    """Every column of these models that holds encrypted texts."""
    labels = {model._meta.label for model in all_models}
    columns = [
        Place(model._meta.label, field.name)
        for model in all_models
        for field in model._meta.local_concrete_fields
        if isinstance(field, EncryptedTextField)
    ]
    return sorted([*columns, *(p for p in _in_json if p.model in labels)], key=str)
