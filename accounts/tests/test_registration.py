"""People make their own accounts."""

from accounts.actions.people import AddressTaken
from accounts.actions.registration import register
from accounts.models import User
from core.errors import NotAllowed
from tests.fixtures import capture_events, names, refused

NEW = {"email": "Nora@demo.test", "name": "Nora Falk", "password": "a-long-way-home"}


def test_the_address_waits_for_its_confirmation(system: User) -> None:
    with capture_events() as events:
        address = register(actor=system, **NEW)
    assert (address.email, address.verified, address.primary) == ("nora@demo.test", False, True)
    assert address.user.check_password(NEW["password"])
    assert names(events) == ["PersonSignedUp"]


def test_a_taken_address(system: User, consultant: User) -> None:
    with refused(AddressTaken):
        register(actor=system, **NEW | {"email": "MARA@demo.test"})


def test_people_register_nobody_else(client_user: User) -> None:
    with refused(NotAllowed):
        register(actor=client_user, **NEW)
