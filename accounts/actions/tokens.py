"""People sign in and out with API tokens."""

from allauth.mfa.models import Authenticator
from django.db import transaction
from knox.models import AuthToken

from accounts.actions.people import create_api_token, record_sign_in
from accounts.actions.second_factors import note_second_factor_used
from accounts.events import ApiTokenRevoked
from accounts.models import User
from accounts.queries import own_address
from core.errors import NotAllowed
from core.permissions import has_second_factor, lacks_second_factor
from core.publish import record


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
def sign_in_with_token(
    *, actor: User, factor: Authenticator | None = None
) -> tuple[str, AuthToken]:
    """A new API token and its row, for somebody who has just proved who they are.

    ``factor`` is the second factor that they proved it by, which who has one needs. Records
    `SignedIn` and `ApiTokenCreated`, and `RecoveryCodeUsed` when that was it; raises
    `AddressNotConfirmed`, `SecondFactorNeeded`, `SecondFactorRequired`.
    """
    address = own_address(actor)
    if address is None or not address.verified:
        raise AddressNotConfirmed
    if lacks_second_factor(actor):
        raise SecondFactorRequired
    if factor is None and has_second_factor(actor):
        raise SecondFactorNeeded
    record_sign_in(actor=actor, method="token")
    if factor is not None:
        note_second_factor_used(actor=actor, factor=factor)
    return create_api_token(actor=actor, user=actor)


@transaction.atomic
def revoke_token(*, actor: User, token: AuthToken) -> None:
    """Make one's own token useless. Records `ApiTokenRevoked`; raises `NotAllowed`."""
    if token.user_id != actor.pk:
        raise NotAllowed
    token.delete()
    record(ApiTokenRevoked(user_id=actor.pk), stream=actor.stream, actor=actor)
