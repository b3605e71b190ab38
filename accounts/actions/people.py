"""Accounts come to be, change their profile, and are deactivated."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.events import (
    AddressConfirmed,
    PersonActivated,
    PersonDeactivated,
    PersonSignedUp,
    ProfileChanged,
    SignedIn,
    StaffAppointed,
)
from accounts.models import User
from accounts.models.user import validate_timezone
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.pictures import square_picture
from core.publish import record

PROFILE_FIELDS = ("name", "timezone", "locale", "picture")

SEEN_AT_MOST_EVERY = timedelta(minutes=1)


class InvalidProfile(ActionError):
    """A value of the profile is not acceptable."""


class AddressTaken(Conflict):
    """An account with this address exists."""

    detail = "There is an account with this address. Sign in, or reset its password."


class CannotDeactivate(Conflict):
    """Deactivating oneself, or the user that background work acts as."""

    detail = "You cannot deactivate yourself or the system user."


@transaction.atomic
def sign_up(*, actor: User, email: str, name: str, password: str | None) -> User:
    """Make an account; the address is confirmed later, by mail.

    ``actor`` is the system user when people sign up by themselves. Records `PersonSignedUp`;
    raises `AddressTaken` or `InvalidProfile`.
    """
    require(actor, "accounts.manage_all_users")
    email, name = _address(email), _name(name)
    if User.objects.filter(email__iexact=email).exists():
        raise AddressTaken(field="email")
    if password is not None:
        _validate_password(password, User(email=email, name=name))
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name)
    except IntegrityError:
        raise AddressTaken(field="email") from None  # somebody else's at this moment
    record(PersonSignedUp(user_id=user.pk), stream=user.stream, actor=user)
    return user


@transaction.atomic
def choose_password(*, actor: User, password: str) -> None:
    """Part of other actions, which have seen that the account is the actor's: set its password.

    Raises `InvalidProfile` for a weak one.
    """
    _validate_password(password, actor)
    actor.set_password(password)
    actor.save(update_fields=["password"])


@transaction.atomic
def record_sign_up(*, actor: User) -> None:
    """Record the account that allauth's form has just made for its owner."""
    record(PersonSignedUp(user_id=actor.pk), stream=actor.stream, actor=actor)


@transaction.atomic
def record_sign_in(*, actor: User, method: str) -> None:
    """Record that somebody signed in; ``method`` is password, password+totp, passkey, token ..."""
    record(SignedIn(user_id=actor.pk, method=method), stream=actor.stream, actor=actor)


@transaction.atomic
def update_profile(*, actor: User, user: User, changes: dict[str, Any]) -> User:
    """Change name, time zone, language or picture of oneself (or, for administrators, others).

    A picture is a file as uploaded; an empty value takes it away. Records `ProfileChanged` with
    the names of what changed; raises `InvalidProfile`, `InvalidPicture`. ``user`` is changed
    only if everything is acceptable.
    """
    if actor.pk != user.pk:
        require(actor, "accounts.manage_all_users")
    if unknown := set(changes) - set(PROFILE_FIELDS):
        raise InvalidProfile(f"Not part of a profile: {', '.join(sorted(unknown))}.")
    values = {name: _CLEANERS[name](value) for name, value in changes.items()}
    changed = [
        name for name in PROFILE_FIELDS if name in values and values[name] != getattr(user, name)
    ]
    if not changed:
        return user
    if "picture" in changed and user.picture.name:
        storage, replaced = user.picture.storage, user.picture.name
        transaction.on_commit(lambda: storage.delete(replaced), robust=True)
    for name in changed:
        setattr(user, name, values[name])
    user.save(update_fields=changed)
    record(ProfileChanged(user_id=user.pk, fields=changed), stream=user.stream, actor=actor)
    return user


@transaction.atomic
def confirm_address(*, actor: User, user: User) -> None:
    """Count the person's address as confirmed without a mail.

    For administrators who asked its owner another way, and for commands that make accounts.
    Records `AddressConfirmed` unless it is confirmed already.
    """
    require(actor, "accounts.manage_all_users")
    address, created = EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    if not created and address.verified:
        return
    address.verified = address.primary = True
    address.save(update_fields=["verified", "primary"])
    event = AddressConfirmed(user_id=user.pk, address_id=address.pk)
    record(event, stream=user.stream, actor=actor)


@transaction.atomic
def appoint_staff(*, actor: User, user: User) -> User:
    """Let somebody do everything in the admin. Records `StaffAppointed`.

    Needs ``manage_system``; appointing staff again changes nothing.
    """
    require(actor, "accounts.manage_system")
    if user.is_guest:
        raise NotAllowed
    if user.is_staff and user.is_superuser:
        return user
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    record(StaffAppointed(user_id=user.pk), stream=user.stream, actor=actor)
    return user


@transaction.atomic
def deactivate_person(*, actor: User, user: User) -> User:
    """Keep somebody from signing in; what they wrote stays. Records `PersonDeactivated`.

    Their sessions and tokens stop working at once. Deactivating twice changes nothing; raises
    `NotAllowed`, and `CannotDeactivate` for oneself and the system user.
    """
    require(actor, "accounts.manage_all_users")
    if user.is_system or user.pk == actor.pk:
        raise CannotDeactivate
    return _set_active(actor, user, False)


@transaction.atomic
def activate_person(*, actor: User, user: User) -> User:
    """Let somebody sign in again. Records `PersonActivated`; activating twice changes nothing."""
    require(actor, "accounts.manage_all_users")
    return _set_active(actor, user, True)


@transaction.atomic
def note_last_seen(*, actor: User) -> None:
    """Keep when the person's last socket closed. Presence is not history: no event.

    At most once a minute: Redis knows the second (core.presence).
    """
    before = Q(last_seen_at__isnull=True) | Q(last_seen_at__lt=Now() - SEEN_AT_MOST_EVERY)
    User.objects.filter(before, pk=actor.pk).update(last_seen_at=Now())


def _set_active(actor: User, user: User, is_active: bool) -> User:
    changed = User.objects.filter(pk=user.pk, is_active=not is_active).update(is_active=is_active)
    user.is_active = is_active
    if changed:
        event = PersonActivated if is_active else PersonDeactivated
        record(event(user_id=user.pk), stream=user.stream, actor=actor)
    return user


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidProfile("Enter an e-mail address.", field="email") from None
    return email


def _name(name: str) -> str:
    name = name.strip()
    limit = User._meta.get_field("name").max_length or 0
    if not name:
        raise InvalidProfile("Enter your name.", field="name")
    if len(name) > limit:
        raise InvalidProfile(f"At most {limit} characters.", field="name")
    return name


def _zone(name: str) -> str:
    try:
        validate_timezone(name)
    except ValidationError as error:
        raise InvalidProfile(error.messages[0], field="timezone") from None
    return name


def _language(code: str) -> str:
    if code not in dict(settings.LANGUAGES):
        raise InvalidProfile("Choose a language from the list.", field="locale")
    return code


def _picture(upload: Any) -> Any:
    return square_picture(upload) if upload else ""


_CLEANERS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "timezone": _zone,
    "locale": _language,
    "picture": _picture,
}


def _validate_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidProfile(" ".join(error.messages), field="password") from None
