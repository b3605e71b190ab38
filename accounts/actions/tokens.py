"""API tokens: made, used, revoked; signing in and out with them."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.functions import Now

from accounts.actions.devices import note_device
from accounts.actions.people import record_sign_in
from accounts.actions.second_factors import note_second_factor_used
from accounts.events import ApiTokenCreated, ApiTokenRevoked
from accounts.models import ApiToken, Scope, User
from accounts.permissions import may_administer
from accounts.queries import expired_tokens, own_address
from core.addresses import neighbourhood
from core.context import current_origin
from core.devices import device_of
from core.errors import ActionError, NotAllowed
from core.permissions import has_second_factor, lacks_second_factor, require
from core.publish import record

DAYS = (7, 30, 90, 365)
"""For how long a token may be made."""

SIGNED_IN_DAYS = 30


class InvalidToken(ActionError):
    """A token cannot be made like this."""


class AddressNotConfirmed(NotAllowed):
    """Signing in before the address is known to be the person's own."""

    code = "address_not_confirmed"
    detail = (
        "Confirm your e-mail address before you sign in: follow the link in the mail that we "
        "sent to it."
    )


class SecondFactorNeeded(NotAllowed):
    """The password alone does not open this account."""

    status = 401
    code = "second_factor_needed"
    detail = "Send the code of your authenticator app, or a recovery code, as `code` as well."


class SecondFactorRequired(NotAllowed):
    """Staff who have yet to set up the second factor that they must have."""

    code = "second_factor_required"
    detail = "Staff sign in with two steps here. Set up the second one on the site first."


@transaction.atomic
def create_api_token(
    *,
    actor: User,
    user: User,
    name: str = "Made by a command",
    scope: str = Scope.WRITE,
    days: int = SIGNED_IN_DAYS,
    is_sign_in: bool = False,
) -> tuple[str, ApiToken]:
    """A new API token and its row; the token itself is stored only as a hash.

    It expires after ``days``, one of `DAYS`. Records `ApiTokenCreated`; raises `InvalidToken`, and
    `NotAllowed` for another person's account and a guest's.
    """
    if (actor.pk != user.pk and not actor.is_system) or user.is_guest:
        raise NotAllowed
    name = " ".join(name.split())
    if not name:
        raise InvalidToken("Say what the token is for.", field="name")
    if len(name) > _NAME_LENGTH:
        raise InvalidToken(f"At most {_NAME_LENGTH} characters.", field="name")
    if scope not in Scope.values:
        raise InvalidToken("Choose what the token may do.", field="scope")
    if scope == Scope.ADMIN and not may_administer(user):
        raise InvalidToken("Only a token of somebody who administers may do so.", field="scope")
    if days not in DAYS:
        raise InvalidToken("Choose how long the token is to work.", field="days")
    row, token = ApiToken.objects.create(
        user, expiry=timedelta(days=days), name=name, scope=scope, is_sign_in=is_sign_in
    )
    event = ApiTokenCreated(user_id=user.pk, token_id=row.pk, scope=scope)
    record(event, stream=user.stream, actor=actor)
    return token, row


@transaction.atomic
def sign_in_with_token(*, actor: User, factor: Authenticator | None = None) -> tuple[str, ApiToken]:
    """A new API token and its row, for somebody who has just proved who they are.

    ``factor`` is the second factor that they proved it by, which who has one needs. Records
    `SignedIn` and `ApiTokenCreated`, `NewDeviceSeen` where the program is new, and
    `RecoveryCodeUsed` when that was it; raises `AddressNotConfirmed`, `SecondFactorNeeded`,
    `SecondFactorRequired`.
    """
    address = own_address(actor)
    if address is None or not address.verified:
        raise AddressNotConfirmed
    if lacks_second_factor(actor):
        raise SecondFactorRequired
    if factor is None and has_second_factor(actor):
        raise SecondFactorNeeded
    record_sign_in(actor=actor, method="token")
    origin = current_origin()
    # A program keeps no cookie: it is known by its kind and where it runs.
    note_device(actor=actor, mark=f"program {neighbourhood(origin.ip)} {origin.user_agent}")
    if factor is not None:
        note_second_factor_used(actor=actor, factor=factor)
    program = device_of(origin.user_agent).name
    return create_api_token(
        actor=actor, user=actor, name=f"Signed in with {program}", is_sign_in=True
    )


@transaction.atomic
def revoke_token(*, actor: User, token: ApiToken) -> None:
    """Make a token useless; its sockets close at once. Records `ApiTokenRevoked`.

    One's own, or for administrators anybody's; raises `NotAllowed`. Revoking twice changes nothing.
    """
    if token.user_id != actor.pk:
        require(actor, "accounts.manage_all_users")
    number, _ = ApiToken.objects.filter(pk=token.pk).delete()
    if number:
        user = token.user
        event = ApiTokenRevoked(user_id=user.pk, token_id=token.pk, session=token.session)
        record(event, stream=user.stream, actor=actor)


def note_token_used(*, actor: User, token: ApiToken) -> None:
    """Keep when a token was used last, in one statement. No event."""
    with transaction.atomic(savepoint=False):
        ApiToken.objects.filter(pk=token.pk, user=actor).update(last_used_at=Now())


@transaction.atomic
def forget_expired_tokens(*, actor: User) -> int:
    """Delete tokens that work no more; returns how many.

    Only the system user does. They ended when they expired: no event.
    """
    require(actor, "accounts.delete_apitoken")
    number, _ = expired_tokens().delete()
    return number


_NAME_LENGTH = ApiToken._meta.get_field("name").max_length or 0
