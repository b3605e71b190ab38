"""The agenda of a room over HTTP."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from rooms.models import Room
from tests.api import signed_in

pytestmark = pytest.mark.django_db


def url(room: Room, rest: str = "") -> str:
    return f"/api/rooms/{room.pk}/{rest}"


class TestAgenda:
    def test_add_change_order_remove(self, consultant: User, make_room: Any) -> None:
        room, client = make_room(), signed_in(consultant)
        agenda = url(room, "agenda/")
        added = client.post(agenda, {"title": "Risks", "minutes": 5})
        assert added.status_code == 201
        changed = client.patch(f"{agenda}{added.json()['id']}/", {"minutes": 10}).json()
        assert (changed["title"], changed["minutes"]) == ("Risks", 10)
        ids = [item["id"] for item in client.get(agenda).json()["results"]]
        ordered = client.post(f"{agenda}order/", {"items": ids[::-1]}).json()["results"]
        assert [item["id"] for item in ordered] == ids[::-1]
        assert client.delete(f"{agenda}{ids[0]}/").status_code == 204
        assert [item["id"] for item in client.get(agenda).json()["results"]] == ids[:0:-1]

    def test_the_current_item_moves_by_hand(self, consultant: User, room: Room) -> None:
        client, agenda = signed_in(consultant), url(room, "agenda/")
        ids = [item["id"] for item in client.get(agenda).json()["results"]]
        moved = client.post(f"{agenda}current/", {"item": ids[2]}).json()["results"]
        assert [item["is_current"] for item in moved] == [False, False, True]
        assert client.delete(f"{agenda}{ids[2]}/").status_code == 409
        done = client.post(f"{agenda}current/", {"item": None}).json()["results"]
        assert not any(item["is_current"] for item in done)

    def test_or_by_time(self, consultant: User, room: Room) -> None:
        client = signed_in(consultant)
        Room.objects.update(started_at=timezone.now() - timedelta(minutes=20))
        answer = client.post(url(room, "agenda/clock/"), {"follows_clock": True})
        assert [item["is_current"] for item in answer.json()["results"]] == [False, True, False]
        assert client.get(url(room)).json()["agenda_follows_clock"] is True

    def test_what_is_refused(self, consultant: User, room: Room, make_room: Any) -> None:
        client, agenda = signed_in(consultant), url(room, "agenda/")
        foreign = make_room("Other").agenda.first().pk
        assert client.post(agenda, {"title": " ", "minutes": 5}).status_code == 400
        assert client.post(agenda, {"title": "x", "minutes": 0}).status_code == 400
        assert client.post(f"{agenda}current/", {"item": foreign}).status_code == 400
        assert client.post(f"{agenda}order/", {"items": [foreign]}).status_code == 400
        assert client.patch(f"{agenda}{foreign}/", {"minutes": 5}).status_code == 404

    def test_a_waiting_room_has_no_current_item(self, consultant: User, make_room: Any) -> None:
        room = make_room()
        answer = signed_in(consultant).post(
            url(room, "agenda/current/"), {"item": room.agenda.first().pk}
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:consultsuite:agenda_fixed")

    def test_an_order_of_things_that_are_no_ids(self, consultant: User, room: Room) -> None:
        answer = signed_in(consultant).post(url(room, "agenda/order/"), {"items": ["a", room.pk]})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["items"])
