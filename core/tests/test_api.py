"""What all of the API shares: problem documents, bodies, events, the answer to a repeat."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.http import Http404
from django.test import Client, RequestFactory
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework.exceptions import ValidationError

from accounts.models import User
from core import views
from core.actions.idempotency import answer_once
from core.api.problems import TITLES, problem, problem_response
from core.models import Event, IdempotentAnswer
from core.outages import database_outage, redis_outage
from rooms.models import Room
from tests.api import PROBLEM, signed_in

ROOMS = "/api/rooms/"
NEW = {"name": "Order import", "room_type": "consultation"}


@pytest.mark.django_db
class TestProblems:
    def test_the_document(self, consultant: User) -> None:
        answer = signed_in(consultant).get(f"{ROOMS}{uuid4()}/")
        assert answer["Content-Type"] == PROBLEM
        assert answer.json() == {
            "type": "about:blank",
            "title": "Not found",
            "status": 404,
            "detail": "There is nothing here that you may see.",
            "errors": {},
        }

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            ("{", "application/json", 400),
            ("", "application/json", 400),
            ("[]", "application/json", 400),
            ('{"name": NaN}', "application/json", 400),
            ("[" * 100_000, "application/json", 400),
            ("\xff", "application/json; charset=latin-1", 400),
            (b"\xff", "application/json", 400),
            ("name=x", "application/x-www-form-urlencoded", 415),
            ("<room/>", "text/xml", 415),
            (f'{{"name": "{"x" * 1024 * 1024}"}}', "application/json", 413),
        ],
    )
    def test_bodies_that_cannot_be_read(
        self, consultant: User, body: Any, content_type: str, status: int
    ) -> None:
        answer = signed_in(consultant).generic("POST", ROOMS, body, content_type=content_type)
        assert answer.status_code == status
        assert answer["Content-Type"] == PROBLEM
        assert answer.json()["title"] == TITLES[status]
        assert not Room.objects.exists()

    @pytest.mark.parametrize(
        ("address", "body", "field"),
        [
            (ROOMS, NEW | {"name": 7}, "name"),
            (ROOMS, NEW | {"name": ["x"]}, "name"),
            (ROOMS, NEW | {"room_type": 7}, "room_type"),
            (ROOMS, NEW | {"room_type": "review\0"}, "room_type"),
            (ROOMS, NEW | {"room_type": "\ud800"}, "room_type"),
            (ROOMS, NEW | {"duration_minutes": "60"}, "duration_minutes"),
            (ROOMS, NEW | {"duration_minutes": True}, "duration_minutes"),
            (ROOMS, NEW | {"duration_minutes": 30.5}, "duration_minutes"),
            (f"{ROOMS}{{room}}/agenda/clock/", {"follows_clock": "yes"}, "follows_clock"),
            (f"{ROOMS}{{room}}/agenda/clock/", {"follows_clock": 1}, "follows_clock"),
            (f"{ROOMS}{{room}}/agenda/current/", {"item": 5}, "item"),
            (f"{ROOMS}{{room}}/agenda/order/", {"items": [5]}, "items"),
            (f"{ROOMS}{{room}}/messages/", {"body": 4.2}, "body"),
        ],
    )
    def test_a_value_of_another_type_is_not_taken_for_what_it_looks_like(
        self, consultant: User, room: Room, address: str, body: dict[str, Any], field: str
    ) -> None:
        before = Event.objects.count()
        answer = signed_in(consultant).generic(
            "POST",
            address.format(room=room.pk),
            json.dumps(body),  # which escapes what UTF-8 cannot carry
            content_type="application/json",
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Event.objects.count() == before

    def test_a_method_that_is_not_there(self, consultant: User) -> None:
        answer = signed_in(consultant).delete(ROOMS)
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
        assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"

    @pytest.mark.parametrize("address", ["/api/docs/", "/api/schema/"])
    def test_where_no_json_is_spoken_problems_are_json_still(
        self, client: Client, address: str
    ) -> None:
        answer = client.post(address)
        assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM)
        assert answer.json()["status"] == 405

    def test_an_answer_that_cannot_be_given(self, consultant: User) -> None:
        answer = signed_in(consultant).get(ROOMS, HTTP_ACCEPT="text/csv")
        assert (answer.status_code, answer["Content-Type"]) == (406, PROBLEM)

    @pytest.mark.parametrize("address", ["/api/", "/api/rooms", "/api/nothing/", "/api/rooms/1/"])
    @pytest.mark.parametrize("method", ["get", "post", "put"])
    def test_an_unknown_address(self, client: Client, address: str, method: str) -> None:
        answer = getattr(client, method)(address)
        assert (answer.status_code, answer["Content-Type"]) == (404, PROBLEM)

    def test_a_sentence_can_always_be_written(self) -> None:
        document = problem(400, "\ud800", {"f": ["\udfff"]})
        assert (document["detail"], document["errors"]) == ("?", {"f": ["?"]})

    @pytest.mark.parametrize(("error", "status"), [(PermissionDenied(), 403), (Http404(), 404)])
    def test_djangos_own_refusals(self, error: Exception, status: int) -> None:
        answer = problem_response(error, {})
        assert answer is not None
        assert (answer.status_code, answer.data["status"]) == (status, status)

    def test_an_error_of_no_field(self) -> None:
        answer = problem_response(ValidationError("Not like this."), {})
        assert answer is not None
        assert answer.data["errors"] == {"non_field_errors": ["Not like this."]}

    @pytest.mark.parametrize("error", [OperationalError(), RedisConnectionError()])
    def test_an_outage_says_when_to_come_back(self, error: Exception) -> None:
        answer = problem_response(error, {})
        assert answer is not None
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        (database_outage if isinstance(error, OperationalError) else redis_outage).over()

    def test_a_fault_of_ours_is_json_too(self, rf: RequestFactory) -> None:
        assert problem_response(ZeroDivisionError(), {}) is None
        answer = views.server_error(rf.get("/api/rooms/"))
        assert (answer.status_code, answer["Content-Type"]) == (500, PROBLEM)
        assert views.server_error(rf.get("/rooms/"))["Content-Type"].startswith("text/html")


@pytest.mark.django_db
class TestEvents:
    def test_a_conversation_from_a_number_on(
        self, client_user: User, consultant: User, room: Room, say: Any
    ) -> None:
        said = [say(consultant, room, f"Message {number}") for number in range(3)]
        client, stream = signed_in(client_user), f"conversation:{room.conversation_id}"
        page = client.get(f"/api/events/?stream={stream}&after={said[0].seq}").json()
        assert [event["seq"] for event in page["results"]] == [said[1].seq, said[2].seq]
        assert page["head"] == said[2].seq
        event = page["results"][0]
        assert (event["name"], event["actor"]) == ("MessageSent", str(consultant.pk))
        assert event["data"]["body"] == "Message 1"
        limited = client.get(f"/api/events/?stream={stream}&limit=1").json()
        assert [event["seq"] for event in limited["results"]] == [1]
        assert limited["head"] == said[2].seq

    def test_room_and_oneself(self, client_user: User, room: Room) -> None:
        client = signed_in(client_user)
        first = client.get(f"/api/events/?stream=room:{room.pk}").json()["results"][0]
        assert first["name"] == "RoomCreated"
        mine = client.get(f"/api/events/?stream=user:{client_user.pk}").json()["results"]
        assert mine[0]["name"] == "PersonSignedUp"

    @pytest.mark.parametrize("kind", ["conversation", "room", "user", "organisation", "planet"])
    def test_what_one_may_not_follow_is_not_there(
        self, outsider: User, consultant: User, room: Room, kind: str
    ) -> None:
        ids = {"conversation": room.conversation_id, "room": room.pk, "user": consultant.pk}
        stream = f"{kind}:{ids.get(kind, uuid4())}"
        assert signed_in(outsider).get(f"/api/events/?stream={stream}").status_code == 404

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("", "stream"), ("stream=", "stream"), ("stream=room", "stream"),
            ("stream=room:1", "stream"), (f"stream=user:{UUID(int=7)}&after=-1", "after"),
            (f"stream=user:{UUID(int=7)}&after={2**63}", "after"),
        ],
    )  # fmt: skip
    def test_what_is_not_valid(self, consultant: User, query: str, field: str) -> None:
        answer = signed_in(consultant).get(f"/api/events/?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.django_db
class TestIdempotency:
    def test_a_repeat_gets_the_first_answer(self, consultant: User) -> None:
        client = signed_in(consultant)
        first = client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k1")
        client.post(f"{ROOMS}{first.json()['id']}/start/")
        before = Event.objects.count()
        second = client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k1")
        assert (first.status_code, second.status_code) == (201, 201)
        assert second.json() == first.json()
        assert Room.objects.count() == 1
        assert Event.objects.count() == before

    def test_without_a_key_each_one_counts(self, consultant: User) -> None:
        client = signed_in(consultant)
        for _ in range(2):
            client.post(ROOMS, NEW)
        assert Room.objects.count() == 2
        assert not IdempotentAnswer.objects.exists()

    def test_another_request_with_the_key(self, consultant: User, room: Room) -> None:
        client = signed_in(consultant)
        client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k1")
        for address, fields in [
            (ROOMS, NEW | {"name": "Other"}),
            (f"{ROOMS}{room.pk}/messages/", {"body": "Hello"}),
        ]:
            answer = client.post(address, fields, HTTP_IDEMPOTENCY_KEY="k1")
            assert answer.status_code == 422
            assert answer.json()["type"] == "urn:consultsuite:idempotency_key_used"
        assert Room.objects.count() == 2

    def test_each_person_has_their_own_keys(self, consultant: User, colleague: User) -> None:
        ids = {
            signed_in(person).post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k1").json()["id"]
            for person in (consultant, colleague)
        }
        assert len(ids) == 2

    def test_a_refused_request_gives_the_key_back(self, consultant: User) -> None:
        client = signed_in(consultant)
        assert client.post(ROOMS, {}, HTTP_IDEMPOTENCY_KEY="k1").status_code == 400
        assert client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k1").status_code == 201

    def test_a_key_of_a_reasonable_length(self, consultant: User) -> None:
        client = signed_in(consultant)
        answer = client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k" * 256)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])
        assert client.post(ROOMS, NEW, HTTP_IDEMPOTENCY_KEY="k" * 255).status_code == 201

    @pytest.mark.parametrize(
        ("rest", "fields"),
        [
            ("messages/", {"body": "Hello"}),
            ("participants/", {"email": "priya@demo.test"}),
            ("agenda/", {"title": "Risks", "minutes": 5}),
        ],
    )
    def test_everything_that_creates(
        self, consultant: User, colleague: User, room: Room, rest: str, fields: dict[str, Any]
    ) -> None:
        client, address = signed_in(consultant), f"{ROOMS}{room.pk}/{rest}"
        first = client.post(address, fields, HTTP_IDEMPOTENCY_KEY="k1")
        before = Event.objects.count()
        assert client.post(address, fields, HTTP_IDEMPOTENCY_KEY="k1").json() == first.json()
        assert first.status_code == 201
        assert Event.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_the_same_moment_have_one_effect(system: User) -> None:
    """The second waits for the first's claim and never runs what creates."""
    claimed, ran = threading.Event(), []

    def first() -> tuple[int, Any]:
        ran.append("first")
        claimed.set()
        _until(_somebody_waits)
        return 201, {"id": "1"}

    def second() -> tuple[int, Any]:
        ran.append("second")
        return 201, {"id": "2"}

    def ask(create: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
        try:
            return answer_once(actor=system, key="k1", digest="d", create=create)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(ask, first)
        assert claimed.wait(10)
        two = pool.submit(ask, second)
        assert one.result(20) == two.result(20) == (201, {"id": "1"})
    assert ran == ["first"]


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        # Not pg_stat_activity: within a transaction it stays as it was first read.
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        (waiting,) = cursor.fetchone()
    return bool(waiting)


def _until(is_so: Callable[[], bool]) -> None:
    for _ in _seconds(10):
        if is_so():
            return
    raise AssertionError("It did not happen within 10 s.")


def _seconds(seconds: float) -> Iterator[None]:
    for _ in range(int(seconds / 0.02)):
        yield
        sleep(0.02)
