"""People sign in and out with API tokens."""

from django.db import transaction
from knox.models import AuthToken

from accounts.actions.people import create_api_token, record_sign_in
from accounts.events import ApiTokenRevoked
from accounts.models import User
from accounts.queries import own_address
from core.errors import NotAllowed
from core.publish import record


class AddressNotConfirmed(NotAllowed):
    """Signing in before the address is known to be the person's own."""

    code = "address_not_confirmed"
    detail = (
        "Confirm your e-mail address before you sign in: follow the link in the mail that we "
        "sent to it."
    )


@transaction.atomic
def sign_in_with_token(*, actor: User) -> tuple[str, AuthToken]:
    """A new API token and its row, for somebody who has just proved who they are.

    Records `SignedIn` and `ApiTokenCreated`; raises `AddressNotConfirmed`.
    """
    address = own_address(actor)
    if address is None or not address.verified:
        raise AddressNotConfirmed
    record_sign_in(actor=actor, method="token")
    return create_api_token(actor=actor, user=actor)


@transaction.atomic
def revoke_token(*, actor: User, token: AuthToken) -> None:
    """Make one's own token useless. Records `ApiTokenRevoked`; raises `NotAllowed`."""
    if token.user_id != actor.pk:
        raise NotAllowed
    token.delete()
    record(ApiTokenRevoked(user_id=actor.pk), stream=actor.stream, actor=actor)
