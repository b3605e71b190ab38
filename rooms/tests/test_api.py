"""Rooms over HTTP: create, read, change, start to end, timeline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from rooms.actions.participants import remove_participant
from rooms.models import Mode, Participant, Role, Room, RoomType, Status
from tests.api import signed_in
from tests.fixtures import capture_events, names

pytestmark = pytest.mark.django_db

ROOMS = "/api/rooms/"
NEW: dict[str, Any] = {"name": "Order import", "room_type": "consultation"}


def url(room: Room, rest: str = "") -> str:
    return f"{ROOMS}{room.pk}/{rest}"


class TestCreate:
    def test_an_instant_room_waits_for_its_start(self, consultant: User, client_user: User) -> None:
        answer = signed_in(consultant).post(
            ROOMS, NEW | {"description": "Plan it", "client_email": "TOMAS@demo.test"}
        )
        assert answer.status_code == 201
        room = answer.json()
        stored = Room.objects.get()
        assert room["id"] == str(stored.pk)
        assert room["conversation"] == str(stored.conversation_id)
        assert (room["status"], room["mode"]) == ("scheduled", "instant")
        assert (room["name"], room["description"]) == ("Order import", "Plan it")
        assert room["duration_minutes"] == 60
        assert room["scheduled_at"] is room["started_at"] is room["actual_duration_minutes"] is None
        assert [place["role"] for place in room["participants"]] == ["host", "client"]
        assert room["participants"][1]["user"] == {
            "id": str(client_user.pk), "name": "Tomas Okafor", "email": "tomas@demo.test",
        }  # fmt: skip
        assert room["permissions"] == [
            "chat", "control_sandbox", "edit_workspace", "invite", "manage", "share_files",
            "share_screen", "view",
        ]  # fmt: skip
        assert [item["title"] for item in room["agenda"]] == [
            "Where we stand", "The question", "Decisions and dates",
        ]  # fmt: skip

    def test_a_time_makes_it_scheduled_and_is_answered_in_utc(self, consultant: User) -> None:
        answer = signed_in(consultant).post(
            ROOMS, NEW | {"scheduled_at": "2031-03-04T10:00:00+02:00", "duration_minutes": 45}
        )
        assert answer.status_code == 201
        assert answer.json()["mode"] == "scheduled"
        assert answer.json()["scheduled_at"] == "2031-03-04T08:00:00Z"
        assert answer.json()["duration_minutes"] == 45

    def test_asynchronous_on_demand_and_alone(self, consultant: User) -> None:
        fields = {"mode": "asynchronous", "client_email": None, "scheduled_at": None}
        answer = signed_in(consultant).post(ROOMS, NEW | fields)
        assert len(answer.json()["participants"]) == 1
        assert answer.json()["mode"] == "asynchronous"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "   "}, "name"),
            ({"name": "n" * 201}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"description": "d" * 2001}, "description"),
            ({"room_type": "seance"}, "room_type"),
            ({"client_email": "no address"}, "client_email"),
            ({"scheduled_at": "soon"}, "scheduled_at"),
            ({"scheduled_at": "9999-12-31T23:59:59Z"}, "scheduled_at"),
            ({"scheduled_at": "0001-01-01T00:00:00Z"}, "scheduled_at"),
            ({"mode": "scheduled"}, "scheduled_at"),
            ({"mode": "instant", "scheduled_at": "2031-03-04T10:00:00Z"}, "scheduled_at"),
            ({"mode": "telepathy"}, "mode"),
            ({"duration_minutes": 0}, "duration_minutes"),
            ({"duration_minutes": 4}, "duration_minutes"),
            ({"duration_minutes": 1441}, "duration_minutes"),
        ],
    )
    def test_what_is_not_valid_names_the_field(
        self, consultant: User, fields: dict[str, Any], field: str
    ) -> None:
        answer = signed_in(consultant).post(ROOMS, NEW | fields)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [field]
        assert not Room.objects.exists()

    def test_a_retired_type_is_not_offered(self, consultant: User) -> None:
        RoomType.objects.filter(slug="training").update(is_active=False)
        answer = signed_in(consultant).post(ROOMS, NEW | {"room_type": "training"})
        assert list(answer.json()["errors"]) == ["room_type"]
        offered = signed_in(consultant).get("/api/room-types/").json()["results"]
        assert [kind["slug"] for kind in offered] == [
            "consultation", "technical-review", "review", "coaching",
        ]  # fmt: skip
        assert offered[0]["agenda"][0] == {"title": "Where we stand", "minutes": 10}

    def test_clients_open_no_rooms(self, client_user: User) -> None:
        assert signed_in(client_user).post(ROOMS, NEW).status_code == 403
        assert not Room.objects.exists()


class TestList:
    def test_mine_only_newest_first_by_status(
        self, consultant: User, client_user: User, colleague: User, make_room: Any
    ) -> None:
        first, second = make_room("First", active=True), make_room("Second")
        make_room("Theirs", actor=colleague, client=None)
        listed = signed_in(client_user).get(ROOMS).json()
        assert [room["id"] for room in listed["results"]] == [str(second.pk), str(first.pk)]
        assert listed["results"][0]["permissions"] == [
            "chat", "control_sandbox", "edit_workspace", "share_files", "share_screen", "view",
        ]  # fmt: skip
        active = signed_in(consultant).get(f"{ROOMS}?status=active").json()["results"]
        assert [room["id"] for room in active] == [str(first.pk)]

    def test_an_unknown_status_is_refused(self, consultant: User) -> None:
        answer = signed_in(consultant).get(f"{ROOMS}?status=lost")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["status"])

    def test_pages_come_past_every_room_once(self, consultant: User, make_room: Any) -> None:
        made = [str(make_room(f"Room {number}").pk) for number in range(5)]
        client, seen = signed_in(consultant), []
        address: Any = f"{ROOMS}?limit=2"
        for _ in range(3):
            page = client.get(address).json()
            seen += [room["id"] for room in page["results"]]
            address = page["next"]
        assert seen == made[::-1]
        assert address is None
        assert page["previous"] is not None

    @pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5", "²"])
    def test_a_limit_is_a_number(self, consultant: User, limit: str) -> None:
        answer = signed_in(consultant).get(ROOMS, {"limit": limit})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["limit"])

    def test_a_huge_limit_is_200(self, consultant: User, make_room: Any) -> None:
        make_room()
        assert signed_in(consultant).get(ROOMS, {"limit": "9" * 30}).status_code == 200

    @pytest.mark.parametrize("cursor", ["x", "cD0=", "cj0x", "b3c9", "\x00", "é", "🙂", "", "A:1"])
    def test_a_cursor_is_one_of_ours(self, consultant: User, cursor: str) -> None:
        answer = signed_in(consultant).get(ROOMS, {"cursor": cursor})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])

    def test_a_cursor_of_another_list_is_none_of_ours(
        self, consultant: User, make_room: Any
    ) -> None:
        client = signed_in(consultant)
        make_room(), make_room("Other")
        address = client.get(ROOMS, {"limit": "1"}).json()["next"]
        answer = client.get(address.replace(ROOMS, "/api/room-types/"))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["cursor"])


class TestChange:
    def test_changes_are_stored_and_recorded(self, consultant: User, make_room: Any) -> None:
        room = make_room()
        with capture_events() as events:
            answer = signed_in(consultant).patch(url(room), {"name": "New name"})
        assert answer.status_code == 200
        assert answer.json()["name"] == "New name"
        assert Room.objects.get().name == "New name"
        assert names(events) == ["RoomChanged", "ConversationRenamed"]

    def test_a_time_makes_an_instant_room_scheduled(self, consultant: User, make_room: Any) -> None:
        room = make_room()
        answer = signed_in(consultant).patch(url(room), {"scheduled_at": "2031-03-04T10:00:00Z"})
        assert (answer.json()["mode"], answer.json()["scheduled_at"]) == (
            "scheduled", "2031-03-04T10:00:00Z",
        )  # fmt: skip

    def test_a_live_room_keeps_its_time(self, consultant: User, room: Room) -> None:
        answer = signed_in(consultant).patch(url(room), {"scheduled_at": "2031-03-04T10:00:00Z"})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["scheduled_at"])

    def test_nothing_changes_once_over(self, consultant: User, room: Room) -> None:
        client = signed_in(consultant)
        client.post(url(room, "complete/"))
        assert client.patch(url(room), {"name": "Later"}).status_code == 409


class TestLife:
    def test_from_scheduled_to_completed(self, consultant: User, make_room: Any) -> None:
        room, client = make_room(), signed_in(consultant)
        started = client.post(url(room, "start/")).json()
        assert started["status"] == "active"
        assert started["started_at"].endswith("Z")
        assert started["agenda"][0]["is_current"]
        Room.objects.update(started_at=timezone.now() - timedelta(minutes=12))
        completed = client.post(url(room, "complete/")).json()
        assert (completed["status"], completed["actual_duration_minutes"]) == ("completed", 12)
        assert not completed["agenda"][0]["is_current"]

    @pytest.mark.parametrize(
        ("steps", "wrong"),
        [
            ((), "complete"),
            (("start",), "start"),
            (("start", "complete"), "complete"),
            (("start", "complete"), "cancel"),
            (("cancel",), "start"),
            (("cancel",), "cancel"),
        ],
    )
    def test_a_wrong_transition_is_a_conflict(
        self, consultant: User, make_room: Any, steps: tuple[str, ...], wrong: str
    ) -> None:
        room, client = make_room(), signed_in(consultant)
        for step in steps:
            assert client.post(url(room, f"{step}/")).status_code == 200
        answer = client.post(url(room, f"{wrong}/"))
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:consultsuite:wrong_transition"
        assert "Reload the page" in answer.json()["detail"]

    def test_times_are_utc_for_a_signed_in_page_elsewhere(
        self, consultant: User, room: Room, client: Any
    ) -> None:
        User.objects.filter(pk=consultant.pk).update(timezone="Pacific/Auckland")
        Room.objects.update(scheduled_at=datetime(2031, 3, 4, 10, tzinfo=UTC))
        client.force_login(consultant)
        assert client.get(url(room)).json()["scheduled_at"] == "2031-03-04T10:00:00Z"


class TestTimeline:
    def test_events_of_the_room_in_order(self, client_user: User, room: Room) -> None:
        client = signed_in(client_user)
        whole = client.get(url(room, "timeline/")).json()
        assert [event["seq"] for event in whole["results"]] == list(range(1, whole["head"] + 1))
        assert [event["name"] for event in whole["results"]] == [
            "RoomCreated", "ParticipantAdded", "ParticipantAdded", "RoomStarted",
            "AgendaItemStarted",
        ]  # fmt: skip
        rest = client.get(url(room, "timeline/?after=3&limit=1")).json()
        assert [event["seq"] for event in rest["results"]] == [4]
        assert rest["head"] == whole["head"]


class TestBudgets:
    """The number of queries does not grow with the number of rows."""

    def queries(self, client: Any, address: str) -> int:
        client.get(address)  # the first use of a token is noted
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    def test_rooms(self, consultant: User, make_room: Any) -> None:
        make_room(active=True)
        client = signed_in(consultant)
        one = self.queries(client, ROOMS)
        for number in range(29):
            make_room(f"Room {number}", active=True)
        assert self.queries(client, ROOMS) == one
        assert one <= 5

    def test_room_and_its_people(self, consultant: User, room: Room) -> None:
        client = signed_in(consultant)
        places = [url(room), url(room, "participants/"), url(room, "agenda/")]
        one = [self.queries(client, place) for place in places]
        people = [User(email=f"p{number}@demo.test", name="P") for number in range(29)]
        Participant.objects.bulk_create(
            Participant(room=room, user=person, role=Role.OBSERVER)
            for person in User.objects.bulk_create(people)
        )
        assert [self.queries(client, place) for place in places] == one
        assert max(one) <= 6

    def test_timeline(self, consultant: User, room: Room) -> None:
        client, timeline = signed_in(consultant), url(room, "timeline/?limit=1")
        one = self.queries(client, timeline)
        for number in range(30):
            client.patch(url(room), {"name": f"Name {number}"})
        assert self.queries(client, url(room, "timeline/")) == one
        assert one <= 6


def test_removed_people_are_not_embedded(consultant: User, client_user: User, room: Room) -> None:
    place = Participant.objects.get(room=room, user=client_user)
    remove_participant(actor=consultant, participant=place)
    people = signed_in(consultant).get(url(room)).json()["participants"]
    assert [person["user"]["id"] for person in people] == [str(consultant.pk)]


def test_the_modes_and_statuses_are_what_the_contract_names() -> None:
    assert Mode.values == ["instant", "scheduled", "asynchronous"]
    assert Status.values == ["scheduled", "active", "completed", "cancelled"]
