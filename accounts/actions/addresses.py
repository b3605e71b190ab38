"""What becomes of people's e-mail addresses. allauth writes them; here it is recorded."""

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.events import (
    AddressAdded,
    AddressConfirmed,
    AddressRemoved,
    MainAddressChanged,
)
from accounts.models import User
from core.publish import record


@transaction.atomic
def record_address_added(*, actor: User, address: EmailAddress) -> None:
    """The person has named one more address of theirs. Records `AddressAdded`."""
    event = AddressAdded(user_id=actor.pk, address_id=address.pk)
    record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def record_address_confirmed(*, actor: User, address: EmailAddress) -> None:
    """Its mail's link was followed. Records `AddressConfirmed`."""
    event = AddressConfirmed(user_id=actor.pk, address_id=address.pk)
    record(event, stream=actor.stream, actor=actor)


@transaction.atomic
def record_address_removed(*, actor: User, address: EmailAddress) -> None:
    """The person has removed one of their addresses. Records `AddressRemoved`."""
    record(AddressRemoved(user_id=actor.pk), stream=actor.stream, actor=actor)


@transaction.atomic
def record_main_address_changed(*, actor: User, address: EmailAddress) -> None:
    """We write to another address from now on. Records `MainAddressChanged`."""
    event = MainAddressChanged(user_id=actor.pk, address_id=address.pk)
    record(event, stream=actor.stream, actor=actor)
