"""The audit log over HTTP."""

import csv
import io
import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.middleware.gzip import GZipMiddleware
from django.test import AsyncRequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from audit.actions.receipts import look_through
from audit.exports import as_csv, export
from audit.models import AccessReceipt
from audit.queries import AUDIT_LOG, Search
from core.database import in_database
from core.models import Event
from rooms.models import Room
from tests.api import REASON, signed_in
from tests.fixtures import capture_events, names
from tests.sockets import COMMITTED

LOGS = "/api/admin/audit-logs/"
EXPORT = f"{LOGS}export/"
ALWAYS = {"from": "2026-01-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}


@pytest.fixture
def reader(colleague: User) -> User:
    """Priya, who holds the permission and is no staff."""
    colleague.user_permissions.add(Permission.objects.get(codename="view_audit_logs"))
    return User.objects.get(pk=colleague.pk)


def recent() -> dict[str, str]:
    """A range with everything that a test does."""
    now = timezone.now()
    return {
        "from": (now - timedelta(days=1)).isoformat(),
        "to": (now + timedelta(days=1)).isoformat(),
    }


def test_who_what_on_what_when_and_from_where(reader: User, client_user: User, room: Room) -> None:
    refused = signed_in(client_user).post(f"/api/rooms/{room.pk}/complete/")
    assert refused.status_code == 403
    api = signed_in(reader)
    (entry,) = api.get(LOGS, {"outcome": "refused"}).json()["results"]
    assert entry["actor"]["email"] == client_user.email
    assert (entry["outcome"], entry["action"]) == ("refused", "POST api:room-complete")
    assert (entry["object"], entry["ip"]) == (f"room:{room.pk}", "127.0.0.1")
    api = signed_in(room.created_by)
    assert api.post(f"/api/rooms/{room.pk}/complete/").status_code == 200
    (entry,) = signed_in(reader).get(LOGS, {"action": "RoomCompleted"}).json()["results"]
    assert (entry["outcome"], entry["object"]) == ("done", f"room:{room.pk}")
    assert entry["data"]["room_id"] == str(room.pk)


def test_searches(reader: User, client_user: User, room: Room) -> None:
    api = signed_in(reader)

    def actions(**query: str) -> list[str]:
        return [entry["action"] for entry in api.get(LOGS, query).json()["results"]]

    assert actions(person=client_user.email) == ["PersonSignedUp"]
    assert actions(person=str(client_user.pk)) == ["PersonSignedUp"]
    for email in (client_user.email, "nobody@demo.test"):
        signed_in(None).post("/api/auth/signin/", {"email": email, "password": "a guess"})
        assert "sign in" in actions(person=email.upper())
    assert actions(person=client_user.email, outcome="refused") == ["sign in"]
    assert actions(person=str(client_user.pk), outcome="refused") == []
    assert actions(object=str(room.pk), action="RoomStarted") == ["RoomStarted"]
    assert actions(to="2026-01-01T00:00:00Z") == []
    assert len(actions(**{"from": "2026-01-01T00:00:00Z"}, limit="7")) == 7
    page = api.get(LOGS, {"limit": "2"}).json()
    again = api.get(page["next"]).json()
    assert {e["id"] for e in page["results"]}.isdisjoint(e["id"] for e in again["results"])


@pytest.mark.parametrize(
    "query",
    [
        {"person": "nobody"},
        {"object": "room"},
        {"outcome": "perhaps"},
        {"from": "yesterday"},
        {"action": "x" * 101},
        {"limit": "0"},
    ],
)
def test_says_what_is_wrong(query: dict[str, str], reader: User) -> None:
    answer = signed_in(reader).get(LOGS, query)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(query)


def test_being_staff_is_not_enough(client_user: User) -> None:
    User.objects.filter(pk=client_user.pk).update(is_staff=True)
    api = signed_in(User.objects.get(pk=client_user.pk))
    assert api.get(LOGS).status_code == 403
    assert api.post(EXPORT, ALWAYS).status_code == 403
    event = Event.objects.filter(name="AttemptRefused").latest("pk")
    assert event.data["permission"] == "accounts.view_audit_logs"


def test_a_page_costs_the_same_at_any_length(
    reader: User, client_user: User, room: Room, say: Any,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    api = signed_in(reader)
    for number in range(30):
        say(client_user, room, f"Hello {number}")
    assert api.get(LOGS, {"limit": "30"}).status_code == 200  # whom it shows is told, once
    for limit in ("1", "30"):
        with django_assert_max_num_queries(9):
            assert api.get(LOGS, {"limit": limit}).status_code == 200


def test_an_export_is_a_file_and_itself_recorded(
    reader: User, client_user: User, room: Room
) -> None:
    api = signed_in(reader)
    with capture_events() as events:
        answer = api.post(EXPORT, recent() | {"object": f"room:{room.pk}"})
    assert names(events) == ["AuditLogExported"]
    assert (events[0].actor, events[0].stream.object_id) == (reader, reader.pk)
    assert events[0].data["about"] == f"room:{room.pk}"
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode())))
    assert rows[-1]["action"] == "RoomCreated"
    assert rows[-1]["actor_email"] == room.created_by.email
    assert json.loads(rows[-1]["data"])["room_id"] == str(room.pk)
    answer = api.post(EXPORT, recent() | {"format": "jsonl", "outcome": "done"})
    number = Event.objects.count()  # whom the lines show is told while they are read
    lines = [json.loads(line) for line in b"".join(answer).splitlines()]
    assert lines[0]["action"] == "AuditLogExported"
    assert len(lines) == number


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"},
        {"from": "2026-03-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        ALWAYS | {"format": "xlsx"},
    ],
)
def test_an_export_has_its_bounds(body: dict[str, str], reader: User) -> None:
    with capture_events() as events:
        assert signed_in(reader).post(EXPORT, body).status_code == 400
    assert events == []


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@SUM", "\tx", "\rx"])
def test_no_cell_is_a_formula(begins: str, client_user: User) -> None:
    User.objects.filter(pk=client_user.pk).update(name=begins)
    event = Event.objects.filter(actor=client_user).select_related("actor", "stream").first()
    assert event is not None
    (row,) = csv.reader(io.StringIO(as_csv([event]), newline=""))
    assert f"'{begins}" in row


@COMMITTED
async def test_the_server_writes_it_as_it_reads(room: Room, staff: User) -> None:
    """Under ASGI; no list of everything is made first."""

    def take() -> AccessReceipt:
        return look_through(actor=staff, listing=AUDIT_LOG, people=[], reason=REASON)

    number = await in_database(Event.objects.count)
    receipt = await in_database(take)
    answer = export(AsyncRequestFactory().post("/"), Search(), "jsonl", receipt)
    assert answer.is_async
    lines = [line async for part in answer for line in part.splitlines()]
    assert len(lines) == number
    assert await in_database(receipt.people.count) == 2


@COMMITTED
async def test_a_browser_gets_all_of_it(room: Room, staff: User) -> None:
    """Under ASGI Django compresses each part by itself, of which a browser reads the first."""

    def take() -> AccessReceipt:
        return look_through(actor=staff, listing=AUDIT_LOG, people=[], reason=REASON)

    receipt = await in_database(take)
    request = AsyncRequestFactory().post("/", headers={"Accept-Encoding": "gzip"})
    answer: Any = export(request, Search(), "csv", receipt)
    answer = GZipMiddleware(lambda _: answer).process_response(request, answer)
    body = b"".join([part async for part in answer])
    if answer.get("Content-Encoding") == "gzip":
        body = zlib.decompressobj(wbits=31).decompress(body)
    assert b"RoomCreated" in body
