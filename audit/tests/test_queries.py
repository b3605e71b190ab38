"""Searching the log, and that PostgreSQL searches by an index however long it is."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from audit.actions.refusals import record_refusal
from audit.queries import (
    Search,
    UnknownObject,
    about,
    action_of,
    entries,
    is_refusal,
    matching,
    object_of,
    of_outcome,
    page_behind,
)
from core.context import Origin, acting_from
from core.models import Event
from core.refusals import Attempt, clue
from messaging.models import Message
from rooms.models import Room
from tests.fixtures import names

NUMBER = 100_000


def found(**search: Any) -> list[str]:
    return names(list(entries(Search(**search))))


def test_by_person_action_time_and_outcome(
    client_user: User, room: Room, say: Any, outsider: User
) -> None:
    say(client_user, room, "Hello")
    attempt = Attempt(action="POST api:room-complete", reason="x", subject=f"room:{room.pk}")
    record_refusal(actor=client_user, attempt=attempt)
    assert found(person=client_user.pk, outcome="done") == ["MessageSent", "PersonSignedUp"]
    assert found(person=client_user.pk, outcome="refused") == ["AttemptRefused"]
    assert found(action="RoomStarted") == ["RoomStarted"]
    assert found(action="POST api:room-complete") == ["AttemptRefused"]
    assert found(action="Nothing") == []
    assert found(person=uuid4()) == []
    now = timezone.now()
    assert found(since=now + timedelta(hours=1)) == []
    assert found(until=now - timedelta(hours=1)) == []
    assert len(found(since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == (
        Event.objects.count()
    )
    event = entries(Search(outcome="refused")).get()
    assert is_refusal(event)
    assert (action_of(event), object_of(event)) == (attempt.action, attempt.subject)
    assert of_outcome(Event.objects.all(), "").count() == Event.objects.count()


def test_newest_first(client_user: User, system: User) -> None:
    with acting_from(Origin(at=timezone.now() - timedelta(days=3))):
        record_refusal(actor=client_user, attempt=Attempt(action="old", reason="x"))
    assert action_of(entries(Search())[Event.objects.count() - 1]) == "old"


def test_by_object_in_its_stream_and_in_others(
    client_user: User, consultant: User, room: Room, say: Any
) -> None:
    message: Message = say(client_user, room, "Hello")
    assert found(object=f"message:{message.pk}") == ["MessageSent"]
    assert found(object=str(message.pk)) == ["MessageSent"]
    # Added to room and conversation by the host; the sign-up and the role are on his own stream.
    assert set(found(object=f"user:{client_user.pk}")) == {
        "MemberAdded", "ParticipantAdded", "BusinessRoleChanged", "AddressConfirmed",
        "PersonSignedUp",
    }  # fmt: skip
    assert found(object=f"room:{room.pk}") == found(object=str(room.pk))
    assert "RoomStarted" in found(object=f"room:{room.pk}")
    assert found(object=f"conversation:{room.pk}") == []
    attempt = Attempt(action="x", reason="x", subject=f"room:{room.pk}")
    record_refusal(actor=consultant, attempt=attempt)
    assert found(object=f"room:{room.pk}")[0] == "AttemptRefused"
    for text in ("room", "room:7", "", "x' OR 1=1"):
        with pytest.raises(UnknownObject):
            about(Event.objects.all(), text)
    event = entries(Search(action="RoomStarted")).get()
    assert (action_of(event), object_of(event)) == ("RoomStarted", f"room:{room.pk}")


def test_as_a_person_searches(client_user: User, room: Room, system: User) -> None:
    def search(text: str) -> set[tuple[str, str]]:
        return {(event.name, event.actor.name) for event in matching(Event.objects.all(), text)}

    # What they did, and what others did to them.
    found = search("Okafor")
    assert {("PersonSignedUp", "Tomas Okafor"), ("ParticipantAdded", "Mara Lindqvist")} <= found
    assert ("RoomStarted", "Mara Lindqvist") not in found
    assert search(" TOMAS@demo.test ") == found
    assert search("nobody at all") == search(" ") == set()
    assert names(list(matching(Event.objects.filter(name="RoomStarted"), str(room.pk)))) == [
        "RoomStarted"
    ]
    failed = Attempt(action="sign in", reason="x", clue=clue("typo@demo.test"))
    record_refusal(actor=system, attempt=failed)
    assert names(list(matching(Event.objects.all(), "Typo@demo.test"))) == ["AttemptRefused"]


def test_page_behind_page(client_user: User, room: Room) -> None:
    everything = list(entries(Search()))
    read: list[Event] = []
    while page := page_behind(Search(), read[-1] if read else None, 3):
        read += page
    assert read == everything


@pytest.fixture
def long_log(client_user: User, consultant: User, room: Room, say: Any) -> dict[str, Any]:
    """100,000 events of 50 people on 2,000 streams in a year, with a few that are looked for."""
    User.objects.bulk_create(
        User(email=f"person{number}@demo.test", name=f"Person {number}") for number in range(1, 51)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_stream (kind, object_id, head) SELECT 'conversation',"
            " gen_random_uuid(), 50 FROM generate_series(1, 2000)"
        )
        cursor.execute(
            """
            WITH people AS (SELECT array_agg(id) ids FROM accounts_user WHERE name LIKE 'Person%%'),
                streams AS (SELECT array_agg(id) ids FROM core_stream WHERE head = 50)
            INSERT INTO core_event (stream_id, seq, name, actor_id, data, at, user_agent, session)
            SELECT streams.ids[1 + n %% 2000], 1000 + n / 2000,
                (ARRAY['MessageSent', 'MessageEdited', 'RoomStarted'])[1 + n %% 3],
                people.ids[1 + n %% 50],
                jsonb_build_object('message_id', gen_random_uuid(), 'client_id', gen_random_uuid()),
                now() - make_interval(mins => 5 * n), '', ''
            FROM generate_series(1, %s) n, people, streams
            """,
            [NUMBER],
        )
        for table in ("core_event", "core_stream", "accounts_user"):
            cursor.execute(f"ANALYZE {table}")
    return {"message": say(client_user, room, "Hello").pk, "room": room.pk}


def plan_of(rows: QuerySet[Event]) -> tuple[str, int]:
    """The plan as text, and how many rows of the log its largest step went through."""
    explained = json.loads(rows.explain(format="json", analyze=True))[0]
    return json.dumps(explained), _rows_read(explained["Plan"])


def _rows_read(node: dict[str, Any]) -> int:
    own = 0
    if node.get("Relation Name") == "core_event" or "Bitmap" in node["Node Type"]:
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return max([int(own), *(_rows_read(child) for child in node.get("Plans", []))])


SEARCHES: dict[str, dict[str, Any]] = {
    "everything": {},
    "a person of many": {"person": "busy"},
    "a person of few": {"person": "rare"},
    "a person of none": {"person": UUID(int=1)},
    "a common action": {"action": "RoomStarted"},
    "a rare action": {"action": "RoomCreated"},
    "refused": {"outcome": "refused"},
    "a refused action": {"action": "POST api:room"},
    "a message": {"object": "message:{message}"},
    "an id": {"object": "{room}"},
    "nothing's id": {"object": f"room:{UUID(int=1)}"},
    "an old week": {"since": 300, "until": 293},
    "a person's old week": {"person": "busy", "since": 300, "until": 293},
}


def test_every_search_has_its_index(long_log: dict[str, Any], client_user: User) -> None:
    people = {"busy": User.objects.get(name="Person 7").pk, "rare": client_user.pk}
    now, wrong = timezone.now(), []
    for title, criteria in SEARCHES.items():
        values = dict(criteria)
        values["person"] = people.get(values.get("person", ""), values.get("person"))
        values["object"] = str(values.get("object", "")).format(**long_log)
        for name in ("since", "until"):
            if name in values:
                values[name] = now - timedelta(days=values[name])
        plan, rows = plan_of(entries(Search(**values))[:51])
        if "Seq Scan on core_event" in plan or '"Seq Scan", "Parallel' in plan or rows > 5_000:
            wrong.append(f"{title}: {rows} rows\n{plan}")
        assert '"Relation Name": "core_event"' in plan
    assert not wrong, "\n".join(wrong)


def test_words_search_by_an_index_too(long_log: dict[str, Any]) -> None:
    for text in ("Person 7", "person7@demo.test", str(long_log["message"])):
        ordered = matching(Event.objects.order_by("-at", "-pk"), text)
        plan, rows = plan_of(ordered[:100])
        assert rows < 10_000, plan  # one in fifty of 100,000, found, joined and sorted


def test_a_page_deep_in_the_log_costs_no_more(long_log: dict[str, Any]) -> None:
    last = entries(Search())[90_000]
    before = len(connection.queries)
    page = page_behind(Search(), last, 50)
    assert len(page) == 50
    assert len(connection.queries) == before or page[0].at <= last.at
