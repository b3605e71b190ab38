"""Accounts come to be and change their profile."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now
from knox.models import AuthToken

from accounts.events import ApiTokenCreated, PersonSignedUp, ProfileChanged, SignedIn
from accounts.models import User
from accounts.models.user import validate_timezone
from core.errors import ActionError, Conflict, NotAllowed
from core.events import StreamKey
from core.permissions import require
from core.publish import record

PROFILE_FIELDS = ("name", "timezone", "locale", "picture")


class InvalidProfile(ActionError):
    """A value of the profile is not acceptable."""


class AddressTaken(Conflict):
    """An account with this address exists."""

    detail = "There is an account with this address. Sign in, or reset its password."


def person_stream(user: User) -> StreamKey:
    """The stream of what happens to one person."""
    return StreamKey("user", user.pk)


@transaction.atomic
def sign_up(*, actor: User, email: str, name: str, password: str | None) -> User:
    """Make an account; the address is confirmed later, by mail.

    ``actor`` is the system user when people sign up by themselves. Records `PersonSignedUp`;
    raises `AddressTaken` or `InvalidProfile`.
    """
    require(actor, "accounts.manage_all_users")
    name = name.strip()
    if not name:
        raise InvalidProfile("Enter your name.", field="name")
    if User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(field="email")
    if password is not None:
        _validate_password(password, User(email=email, name=name))
    user = User.objects.create_user(email, password, name=name)
    record(PersonSignedUp(user_id=user.pk), stream=person_stream(user), actor=user)
    return user


@transaction.atomic
def record_sign_up(*, actor: User) -> None:
    """Record the account that allauth's form has just made for its owner."""
    record(PersonSignedUp(user_id=actor.pk), stream=person_stream(actor), actor=actor)


@transaction.atomic
def record_sign_in(*, actor: User, method: str) -> None:
    """Record that somebody signed in (``method``: password, token)."""
    record(SignedIn(user_id=actor.pk, method=method), stream=person_stream(actor), actor=actor)


@transaction.atomic
def update_profile(*, actor: User, user: User, changes: dict[str, Any]) -> User:
    """Change name, time zone, language or picture of oneself (or, for administrators, others).

    Records `ProfileChanged` with the names of what changed; raises `InvalidProfile`.
    """
    if actor.pk != user.pk:
        require(actor, "accounts.manage_all_users")
    if unknown := set(changes) - set(PROFILE_FIELDS):
        raise InvalidProfile(f"Not part of a profile: {', '.join(sorted(unknown))}.")
    changed = [name for name in PROFILE_FIELDS if _changes(user, name, changes)]
    if not changed:
        return user
    for name in changed:
        setattr(user, name, changes[name])
    if not user.name.strip():
        raise InvalidProfile("Enter your name.", field="name")
    try:
        validate_timezone(user.timezone)
    except ValidationError as error:
        raise InvalidProfile(error.messages[0], field="timezone") from None
    user.save(update_fields=changed)
    record(
        ProfileChanged(user_id=user.pk, fields=changed), stream=person_stream(user), actor=actor
    )
    return user


@transaction.atomic
def create_api_token(*, actor: User, user: User) -> tuple[str, AuthToken]:
    """A new API token and its row; the token itself is stored only as a hash.

    Records `ApiTokenCreated`; raises `NotAllowed` for another person's account.
    """
    if actor.pk != user.pk and not actor.is_system:
        raise NotAllowed
    row, token = AuthToken.objects.create(user)
    record(ApiTokenCreated(user_id=user.pk), stream=person_stream(user), actor=actor)
    return token, row


@transaction.atomic
def note_last_seen(*, actor: User) -> None:
    """Keep when the person's last socket closed. Presence is not history: no event."""
    User.objects.filter(pk=actor.pk).update(last_seen_at=Now())


def _changes(user: User, name: str, changes: dict[str, Any]) -> bool:
    if name not in changes:
        return False
    value = changes[name]
    return isinstance(value, UploadedFile) or value != getattr(user, name)


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidProfile(" ".join(error.messages), field="password") from None
