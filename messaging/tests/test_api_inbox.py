"""The inbox over HTTP: what its pages can do, programs can."""

from typing import Any

import pytest

from accounts.models import User
from messaging.actions.contacts import open_direct
from messaging.actions.messages import send_message
from messaging.models import Conversation
from rooms.models import Room
from tests.api import signed_in

pytestmark = pytest.mark.django_db
LIST = "/api/conversations/"


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Tomas wrote to Mara."""
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Hello *you*")
    return talk


def titles(answer: Any) -> list[str]:
    return [row["title"] for row in answer.json()["results"]]


def test_the_list(talk: Conversation, room: Room, consultant: User, client_user: User) -> None:
    mara = signed_in(consultant)
    first, second = mara.get(LIST).json()["results"]
    assert (first["title"], first["unread"], second["title"]) == ("Tomas Okafor", 1, room.name)
    assert first["last_message"]["preview"] == "Hello you"
    assert first["people"] == [
        {"id": str(client_user.pk), "name": "Tomas Okafor", "organisation": "Northwind"}
    ]
    assert second["last_message"] is None
    assert second["permissions"] == ["moderate", "post", "read"]
    page = mara.get(f"{LIST}?limit=1").json()
    assert titles(mara.get(page["next"])) == [room.name]
    assert titles(mara.get(f"{LIST}?show=rooms")) == [room.name]
    assert titles(mara.get(f"{LIST}?q=nobody")) == []
    assert mara.get(f"{LIST}?show=odd").status_code == 400


def test_opening(room: Room, consultant: User, client_user: User, colleague: User) -> None:
    mara = signed_in(consultant)
    to = {"people": [str(client_user.pk)]}
    made = mara.post(LIST, to)
    assert (made.status_code, made.json()["title"]) == (201, "Tomas Okafor")
    assert mara.post(LIST, to).json()["id"] == made.json()["id"]
    group = mara.post(LIST, {"people": [str(client_user.pk), str(colleague.pk)], "title": "Team"})
    assert (group.json()["kind"], group.json()["title"]) == ("group", "Team")
    assert mara.post(LIST, {"people": [str(room.pk)]}).status_code == 400
    assert mara.post(LIST, {"people": []}).status_code == 400


def test_keeping_and_triage(talk: Conversation, consultant: User) -> None:
    mara, address = signed_in(consultant), f"{LIST}{talk.pk}/"
    assert mara.get(address).json()["unread"] == 1
    kept = mara.patch(address, {"pinned": True, "mute": "ever"}).json()
    assert (kept["is_pinned"], kept["muted_until"][:4]) == (True, "9999")
    assert mara.patch(address, {"marked_unread": True}).json()["is_marked_unread"]
    assert mara.patch(address, {"archived": True}).json()["is_archived"]
    assert titles(mara.get(f"{LIST}?show=archived")) == ["Tomas Okafor"]
    told = mara.patch(address, {"category": "billing", "priority": 30}).json()
    assert (told["category"], told["priority"]) == ("billing", 30)
    for odd in ({}, {"pinned": True, "priority": 30}, {"mute": "century"}):
        assert mara.patch(address, odd).status_code == 400
    assert mara.post(f"{address}clear/").status_code == 204
    assert "Tomas Okafor" not in titles(mara.get(f"{LIST}?q=Okafor"))


def test_members_of_a_group(
    room: Room, consultant: User, client_user: User, colleague: User
) -> None:
    mara = signed_in(consultant)
    group = mara.post(LIST, {"people": [str(client_user.pk)], "title": "Team"}).json()
    members = f"{LIST}{group['id']}/members/"
    assert mara.post(members, {"people": [str(colleague.pk)]}).status_code == 204
    rows = mara.get(members).json()["results"]
    assert [row["user"]["name"] for row in rows] == [
        "Mara Lindqvist", "Tomas Okafor", "Priya Raman",
    ]  # fmt: skip
    assert mara.delete(f"{members}{colleague.pk}/").status_code == 204
    assert mara.delete(f"{members}{colleague.pk}/").status_code == 404
    renamed = mara.patch(f"{LIST}{group['id']}/", {"title": "Crew"})
    assert renamed.json()["title"] == "Crew"


def test_contacts_and_requests(
    room: Room, consultant: User, client_user: User, colleague: User
) -> None:
    tomas, priya = signed_in(client_user), signed_in(colleague)
    people = tomas.get("/api/contacts/").json()["results"]
    assert [(one["name"], one["may_write"]) for one in people] == [
        ("Mara Lindqvist", True), ("Priya Raman", False),
    ]  # fmt: skip
    assert tomas.get("/api/contacts/?q=priya").json()["results"] == people[1:]
    requests = "/api/contact-requests/"
    asking = {"consultant": str(colleague.pk), "note": "Ward access"}
    made = tomas.post(requests, asking).json()
    assert (made["status"], made["requester"]["name"]) == ("waiting", "Tomas Okafor")
    assert tomas.post(requests, asking).status_code == 409
    assert priya.get(requests).json()["results"] == [made]
    assert priya.post(f"{requests}{made['id']}/accept/").json()["status"] == "accepted"
    assert priya.post(f"{requests}{made['id']}/decline/").status_code == 409
    assert tomas.post(f"{requests}{made['id']}/withdraw/").status_code == 409
