"""What the command palette offers of messages."""

import pytest

from accounts.models import User
from core.palette import destinations
from messaging.actions.contacts import open_direct
from messaging.actions.groups import open_group
from rooms.models import Room

pytestmark = pytest.mark.django_db


def test_the_palette_leads_to_conversations_and_people(
    consultant: User, client_user: User, colleague: User, outsider: User, room: Room
) -> None:
    def offered(text: str) -> list[tuple[str, str]]:
        return [(each.label, each.url) for each in destinations(consultant, text)]

    written = f"/inbox/people/{client_user.pk}/"
    assert (client_user.name, written) in offered("tomas")
    talk = open_direct(actor=consultant, other=client_user)
    found = offered("tomas")
    assert (client_user.name, f"/inbox/{talk.pk}/") in found
    assert (client_user.name, written) not in found
    group = open_group(actor=consultant, title="Cut-over", people=[client_user, colleague])
    assert offered("cut-over") == [("Cut-over", f"/inbox/{group.pk}/")]
    assert outsider.name not in [label for label, _ in offered("jonas")]
    assert ("Messages", "/inbox/") in offered("mess")
    assert offered("new mess") == [("New message", "/inbox/new/")]


def test_the_palette_leads_here(client_user: User) -> None:
    def offered(text: str) -> list[tuple[str, str]]:
        return [(each.label, each.url) for each in destinations(client_user, text)]

    assert offered("search mess") == [
        ("Search messages", "/inbox/search/"),
        ("Search messages for “mess”", "/inbox/search/?q=mess"),
    ]
    assert ("Search messages", "/inbox/search/") in offered("find")
    assert not any("Search" in label for label, _ in offered(""))
