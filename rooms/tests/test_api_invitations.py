"""Inviting to a room over HTTP."""

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.models.invitation import PAUSE
from rooms.models import Room, RoomInvitation
from tests.api import signed_in

pytestmark = pytest.mark.django_db
LENA = "lena@demo.test"


def url(room: Room, rest: str = "") -> str:
    return f"/api/rooms/{room.pk}/invitations/{rest}"


def test_inviting_reading_sending_again_revoking(consultant: User, room: Room) -> None:
    client = signed_in(consultant)
    made = client.post(url(room), {"email": LENA.upper(), "role": "client"})
    assert made.status_code == 201
    body = made.json()
    assert (body["email"], body["status"], body["invited_by"]["id"]) == (
        LENA, "waiting", str(consultant.pk),
    )  # fmt: skip
    (row,) = RoomInvitation.objects.all()
    for answer in (made, client.get(url(room)), client.get(url(room, f"{row.pk}/"))):
        assert row.nonce not in answer.content.decode()
    assert [each["id"] for each in client.get(url(room)).json()["results"]] == [str(row.pk)]
    assert client.post(url(room), {"email": LENA}).json()["type"].endswith("already_invited")
    early = client.post(url(room, f"{row.pk}/resend/"))
    assert (early.status_code, early.json()["type"]) == (409, "urn:consultsuite:on_its_way")
    RoomInvitation.objects.update(sent_at=timezone.now(), renewed_at=timezone.now() - PAUSE)
    assert client.get(url(room, f"{row.pk}/")).json()["status"] == "sent"
    assert client.post(url(room, f"{row.pk}/resend/")).json()["status"] == "waiting"
    assert client.delete(url(room, f"{row.pk}/")).status_code == 204
    assert client.get(url(room, f"{row.pk}/")).status_code == 404
    assert client.get(url(room)).json()["results"] == []


def test_sent_again_with_its_key_it_is_one(consultant: User, room: Room) -> None:
    client = signed_in(consultant)
    for _ in range(2):
        answer = client.post(url(room), {"email": LENA}, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 201
    assert RoomInvitation.objects.count() == 1


@pytest.mark.parametrize("role", ["host", "consultant", "ghost"])
def test_nobody_unknown_leads(consultant: User, room: Room, role: str) -> None:
    answer = signed_in(consultant).post(url(room), {"email": LENA, "role": role})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["role"])


def test_adding_an_unknown_address_invites_it(consultant: User, room: Room) -> None:
    client = signed_in(consultant)
    people = f"/api/rooms/{room.pk}/participants/"
    made = client.post(people, {"email": LENA, "role": "participant"})
    assert (made.status_code, made.json()["email"]) == (202, LENA)
    new = {"name": "First talk", "room_type": "consultation", "client_email": LENA}
    other = client.post("/api/rooms/", new)
    assert other.status_code == 201
    assert RoomInvitation.objects.filter(room=other.json()["id"], role="client").exists()


def test_who_may_not_invite_learns_nothing(
    client_user: User, outsider: User, colleague: User, room: Room
) -> None:
    answers = {
        signed_in(client_user).post(url(room), {"email": email}).content
        for email in (colleague.email, LENA, "no address")
    }
    assert len(answers) == 1
    assert signed_in(client_user).get(url(room)).status_code == 403
    assert signed_in(outsider).get(url(room)).status_code == 404
