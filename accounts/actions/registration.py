"""People make their own accounts, and confirm the address afterwards."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.actions.people import sign_up
from accounts.models import User


@transaction.atomic
def register(*, actor: User, email: str, name: str, password: str) -> EmailAddress:
    """Make an account whose address is still to be confirmed; the caller sends the mail.

    ``actor`` is the system user. Records `PersonSignedUp`; raises `AddressTaken`,
    `InvalidProfile`.
    """
    user = sign_up(actor=actor, email=email, name=name, password=password)
    return EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
