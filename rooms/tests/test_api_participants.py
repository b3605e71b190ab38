"""Adding, changing and removing the people of a room over HTTP."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from rooms.models import Room
from tests.api import signed_in

pytestmark = pytest.mark.django_db


def url(room: Room, rest: str = "") -> str:
    return f"/api/rooms/{room.pk}/{rest}"


class TestParticipants:
    def test_add_by_address_or_id(
        self, consultant: User, colleague: User, manager: User, room: Room
    ) -> None:
        client = signed_in(consultant)
        added = client.post(
            url(room, "participants/"), {"email": colleague.email, "role": "consultant"}
        )
        assert added.status_code == 201
        assert added.json() == {
            "user": {"id": str(colleague.pk), "name": "Priya Raman", "email": colleague.email},
            "role": "consultant", "joined_at": None, "left_at": None,
        }  # fmt: skip
        assert client.post(url(room, "participants/"), {"user": manager.pk}).status_code == 201
        listed = client.get(url(room, "participants/")).json()["results"]
        roles = [place["role"] for place in listed]
        assert roles == [
            "host",
            "client",
            "consultant",
            "participant",
        ]
        assert signed_in(colleague).get(url(room)).status_code == 200

    @pytest.mark.parametrize(
        ("fields", "status", "field"),
        [
            ({}, 400, "email"),
            ({"email": "a@demo.test", "user": str(uuid4())}, 400, "email"),
            ({"email": "nobody@demo.test", "role": "host"}, 400, "role"),
            ({"user": str(uuid4())}, 400, "user"),
            ({"user": "somebody"}, 400, "user"),
            ({"email": "priya@demo.test", "role": "ghost"}, 400, "role"),
            ({"email": "tomas@demo.test"}, 409, "email"),
        ],
    )
    def test_who_cannot_be_added(
        self, consultant: User, colleague: User, room: Room,
        fields: dict[str, Any], status: int, field: str,
    ) -> None:  # fmt: skip
        answer = signed_in(consultant).post(url(room, "participants/"), fields)
        assert (answer.status_code, list(answer.json()["errors"])) == (status, [field])
        assert room.participants.count() == 2

    @pytest.mark.parametrize("email", ["priya@demo.test", "nobody@demo.test"])
    def test_who_may_not_add_learns_nothing_of_an_address(
        self, client_user: User, colleague: User, room: Room, email: str
    ) -> None:
        client = signed_in(client_user)
        added = client.post(url(room, "participants/"), {"email": email})
        new = {"name": "Mine", "room_type": "consultation", "client_email": email}
        made = client.post("/api/rooms/", new)
        assert (added.status_code, made.status_code) == (403, 403)
        assert room.participants.count() == 2

    def test_a_new_role_brings_new_permissions(
        self, consultant: User, client_user: User, room: Room
    ) -> None:
        place = url(room, f"participants/{client_user.pk}/")
        answer = signed_in(consultant).patch(place, {"role": "observer"})
        assert (answer.status_code, answer.json()["role"]) == (200, "observer")
        assert signed_in(client_user).get(place).json()["role"] == "observer"
        assert signed_in(client_user).get(url(room)).json()["permissions"] == ["view"]
        said = signed_in(client_user).post(url(room, "messages/"), {"body": "Hello"})
        assert said.status_code == 403

    def test_who_is_removed_finds_nothing_any_more(
        self, consultant: User, client_user: User, room: Room
    ) -> None:
        client = signed_in(consultant)
        place = url(room, f"participants/{client_user.pk}/")
        assert client.delete(place).status_code == 204
        assert signed_in(client_user).get(url(room)).status_code == 404
        assert client.get(place).status_code == 404
        assert len(client.get(url(room)).json()["participants"]) == 1
        left = client.get(url(room, "participants/?left=true")).json()["results"]
        assert [row["user"]["id"] for row in left] == [str(client_user.pk)]
        assert left[0]["left_at"] is not None

    def test_leaving_by_oneself(self, client_user: User, room: Room) -> None:
        client = signed_in(client_user)
        assert client.delete(url(room, f"participants/{client_user.pk}/")).status_code == 204
        assert client.get(url(room)).status_code == 404

    def test_the_last_host_stays(self, consultant: User, room: Room) -> None:
        place = url(room, f"participants/{consultant.pk}/")
        client = signed_in(consultant)
        for answer in (client.delete(place), client.patch(place, {"role": "client"})):
            assert answer.status_code == 409
            assert answer.json()["type"] == "urn:consultsuite:last_host"

    def test_somebody_elsewhere_is_404(self, consultant: User, colleague: User, room: Room) -> None:
        place = url(room, f"participants/{colleague.pk}/")
        assert signed_in(consultant).patch(place, {"role": "client"}).status_code == 404
