"""Lists of many people open for a reason too, and leave a receipt with each whom they show."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.actions.people import deactivate_person
from accounts.actions.tokens import create_api_token
from accounts.models import Scope, User
from accounts.queries import ACCOUNTS
from audit.actions.exports import RangeTooLong, record_export
from audit.actions.receipts import NoReason, ReasonNeeded, look_through, note_entry
from audit.models import AccessReceipt
from audit.queries import AUDIT_LOG, Search, receipts_of, shown_by
from core.context import Origin, acting_from
from core.errors import NotAllowed
from core.models import Event
from rooms.models import Room
from tests.api import CheckedClient
from tests.fixtures import capture_events, names, prove, refused

REASON = "Ticket 4711: who is in charge at Northwind?"
USERS = "/api/admin/users/"
LOGS = "/api/admin/audit-logs/"
EXPORT = f"{LOGS}export/"
LOG = "/admin/core/event/"


@pytest.fixture
def program(staff: User) -> CheckedClient:
    """A program of staff that says no reason by itself."""
    return program_of(staff)


def program_of(user: User) -> CheckedClient:
    token, _ = create_api_token(actor=user, user=user, scope=Scope.ADMIN)
    client = CheckedClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def because(reason: str = REASON) -> dict[str, str]:
    return {"X-Reason": reason}


def recent() -> dict[str, str]:
    now = timezone.now()
    return {
        "from": (now - timedelta(days=1)).isoformat(),
        "to": (now + timedelta(days=1)).isoformat(),
    }


def is_whole(answer: Any) -> bool:
    """Whether a list keeps nothing back."""
    first = answer.json()["results"][0]
    return (first["session"] if "session" in first else first["timezone"]) is not None


def told(events: list[Event]) -> list[Any]:
    """Whom the events told, once each."""
    assert set(names(events)) <= {"StaffLooked"}
    people = [event.stream.object_id for event in events]
    assert len(people) == len(set(people))
    return sorted(people)


def test_without_a_reason_lists_keep_back_what_is_personal(
    program: CheckedClient, client_user: User, room: Room
) -> None:
    with capture_events() as events:
        people = program.get(USERS, {"q": "okafor"}).json()["results"]
        entries = program.get(LOGS, {"action": "RoomCreated"}).json()["results"]
    assert [(one["email"], one["timezone"]) for one in people] == [(client_user.email, None)]
    assert entries
    for entry in entries:
        shown = {name for name, value in entry.items() if value is not None}
        assert shown == {"id", "at", "outcome", "action"}
    assert events == []
    assert AccessReceipt.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("person", "{}"), ("person", "tomas@demo.test"), ("object", "{}"), ("object", "attempts:{}"),
     ("export", "")],
)  # fmt: skip
def test_where_a_reason_is_needed_it_says_what_to_send(
    name: str, value: str, program: CheckedClient, client_user: User
) -> None:
    with capture_events() as events:
        if name == "export":
            answer = program.post(EXPORT, recent())
        else:
            answer = program.get(LOGS, {name: value.format(client_user.pk)})
    assert answer.status_code == 400
    assert answer.json()["type"] == "urn:consultsuite:reason_needed"
    assert "X-Reason" in answer.json()["detail"]
    assert events == []
    assert AccessReceipt.objects.count() == 0


@pytest.mark.parametrize("reason", ["because", "  because  .   ", "\u200b" * 12, "x" * 501, ""])
def test_a_reason_says_something(reason: str, program: CheckedClient, client_user: User) -> None:
    with capture_events() as events:
        answer = program.get(USERS, headers=because(reason))
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"X-Reason"}
    assert events == []
    assert AccessReceipt.objects.count() == 0


def test_everybody_whom_the_list_shows_reads_of_it(
    program: CheckedClient, staff: User, client_user: User, outsider: User, client: Client
) -> None:
    with capture_events() as events:
        page = program.get(USERS, headers=because()).json()
    assert {person["id"] for person in page["results"]} > {str(client_user.pk)}
    assert told(events) == sorted([client_user.pk, outsider.pk])
    assert {event.actor for event in events} == {staff}
    (receipt,) = receipts_of(client_user)
    assert events[0].data == {"receipt_id": str(receipt.pk), "object": "accounts"}
    assert (receipt.staff, receipt.reason) == (staff, REASON)
    assert list(receipts_of(staff)) == []
    assert str(receipt) == "Alma Berg, accounts"
    client.force_login(client_user)
    html = client.get("/profile/who-looked/").content.decode()
    assert "the list of accounts, with yours in it" in html
    assert REASON in html
    (told_by_api,) = client.get("/api/profile/access-receipts/").json()["results"]
    assert told_by_api["object"] == "accounts"


def test_a_page_tells_those_on_it_alone_and_nobody_twice(
    program: CheckedClient, client_user: User, outsider: User, make_person: Any
) -> None:
    with capture_events() as events:
        page = program.get(USERS, {"q": "okafor"}, headers=because()).json()
    assert told(events) == [client_user.pk]
    with capture_events() as events:
        assert program.get(USERS, {"q": "okafor"}).status_code == 200
        assert program.get(USERS, {"q": "okafor"}, headers=because()).json() == page
    assert events == []
    with capture_events() as events:
        assert program.get(USERS).status_code == 200
    assert told(events) == [outsider.pk]
    newcomer = make_person("Sven Holt")
    with capture_events() as events:
        assert program.get(USERS, headers=because()).status_code == 200
    assert told(events) == [newcomer.pk]
    assert AccessReceipt.objects.count() == 1
    # Another reason is another look.
    with capture_events() as events:
        program.get(USERS, {"q": "okafor"}, headers=because("Ticket 4712: a new address"))
    assert told(events) == [client_user.pk]
    assert [receipt.reason for receipt in receipts_of(client_user)] == [
        "Ticket 4712: a new address", REASON,
    ]  # fmt: skip


def test_a_reason_counts_for_one_list_and_token_and_for_a_while(
    program: CheckedClient, staff: User, client_user: User, settings: Settings
) -> None:
    assert is_whole(program.get(USERS, headers=because()))
    assert is_whole(program.get(USERS))
    assert not is_whole(program.get(LOGS))
    assert not is_whole(program_of(staff).get(USERS))
    settings.STAFF_LOOK_MINUTES = -1
    with capture_events() as events:
        assert is_whole(program.get(LOGS, headers=because()))
    assert client_user.pk in told(events)
    assert not is_whole(program.get(LOGS))
    with capture_events() as events:
        assert program.get(LOGS, headers=because()).status_code == 200
    assert client_user.pk in told(events)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"cursor": "x"}, {"person": "nobody"}])
def test_what_is_not_valid_opens_nothing(query: dict[str, str], program: CheckedClient) -> None:
    assert program.get(LOGS, query, headers=because()).status_code == 400
    assert AccessReceipt.objects.count() == 0


def test_a_permission_comes_before_a_reason(consultant: User, manager: User) -> None:
    for listing in (ACCOUNTS, AUDIT_LOG):
        with refused(NotAllowed):
            look_through(actor=manager, listing=listing, people=[consultant.pk], reason=REASON)
    assert AccessReceipt.objects.count() == 0


def test_words_of_every_language_arrive(program: CheckedClient, client_user: User) -> None:
    """Programs send UTF-8; HTTP itself knows only Latin-1."""
    for sent in ("Sag 4711: Ørsted spørger".encode().decode("latin-1"), "Sag 4712: Ørsted igen"):
        program.get(USERS, headers=because(sent))
    assert [receipt.reason for receipt in receipts_of(client_user)] == [
        "Sag 4712: Ørsted igen", "Sag 4711: Ørsted spørger",
    ]  # fmt: skip


def test_the_log_tells_who_acted_whose_stream_it_is_and_who_was_asked_for(
    program: CheckedClient, staff: User, system: User, client_user: User, outsider: User, room: Room
) -> None:
    with capture_events() as events:
        program.get(LOGS, {"object": f"room:{room.pk}"}, headers=because())
    assert told(events) == [room.created_by_id]
    deactivate_person(actor=system, user=outsider)
    with capture_events() as events:
        found = program.get(LOGS, {"action": "PersonDeactivated"}).json()["results"]
    assert found[0]["actor"]["id"] == str(system.pk)
    assert told(events) == [outsider.pk]
    # That nothing is found of somebody says something too.
    with capture_events() as events:
        query = {"person": client_user.email, "action": "RoomCompleted"}
        assert program.get(LOGS, query).json()["results"] == []
    assert told(events) == [client_user.pk]
    assert [receipt.title for receipt in receipts_of(client_user)] == [
        "the audit log, with entries about you"
    ]


def test_who_is_asked_for_as_an_object_is_told(
    program: CheckedClient, client_user: User, outsider: User, consultant: User
) -> None:
    for person, text in (
        (client_user, f"user:{client_user.pk}"),
        (outsider, str(outsider.pk)),
        (consultant, f"attempts:{consultant.pk}"),
    ):
        with capture_events() as events:
            query = {"object": text, "action": "RoomCompleted"}
            program.get(LOGS, query, headers=because()).json()
        assert told(events) == [person.pk]


def test_being_told_is_no_reason_to_be_told_again(
    program: CheckedClient, staff: User, client_user: User
) -> None:
    """The log would name the same people for ever, who have their receipts."""
    program.get(USERS, headers=because())
    with capture_events() as events:
        query = {"action": "StaffLooked"}
        assert program.get(LOGS, query, headers=because()).json()["results"]
    assert events == []
    event = Event.objects.filter(name="StaffLooked").select_related("stream").latest("pk")
    assert shown_by([event]) == {staff.pk}


def test_an_export_tells_everybody_before_their_lines_leave(
    program: CheckedClient, client_user: User, outsider: User
) -> None:
    answer = program.post(EXPORT, recent(), headers=because())
    looked = Event.objects.filter(name="StaffLooked")
    assert not looked.exists()
    lines = iter(answer)
    next(lines)  # the head
    with capture_events() as events:
        assert client_user.email in next(lines).decode()
    assert told(events) == sorted([client_user.pk, outsider.pk])
    (receipt,) = receipts_of(client_user)
    assert receipt.reason == REASON
    assert {event.session for event in events} == {receipt.session} != {""}
    assert {event.ip for event in events} == {"127.0.0.1"}
    with capture_events() as events:
        assert b"".join(program.post(EXPORT, recent()))
    assert names(events) == ["AuditLogExported"]


def test_a_look_goes_on_in_its_own_session(staff: User, client_user: User) -> None:
    with acting_from(Origin(session="one")):
        first = look_through(actor=staff, listing=ACCOUNTS, people=[], reason=REASON)
        assert look_through(actor=staff, listing=ACCOUNTS, people=[client_user.pk]) == first
    with refused(ReasonNeeded), acting_from(Origin(session="two")):
        look_through(actor=staff, listing=ACCOUNTS, people=[client_user.pk])
    with refused(NoReason):
        look_through(actor=staff, listing=ACCOUNTS, people=[], reason="because")


def test_the_log_in_the_admin_asks_too(office: Client, client_user: User) -> None:
    answer = office.get(LOG, {"q": "Okafor"})
    form = answer["Location"]
    assert form == f"{LOG}reason/?next=%2Fadmin%2Fcore%2Fevent%2F%3Fq%3DOkafor"
    shown = office.get(form).content.decode()
    assert "the audit log" in shown
    assert "30 minutes" in shown
    with capture_events() as events:
        assert "at least 10" in office.post(form, {"reason": "short"}).content.decode()
    assert events == []
    answer = office.post(form, {"reason": REASON})
    assert answer["Location"] == f"{LOG}?q=Okafor"
    with capture_events() as events:
        assert office.get(answer["Location"]).status_code == 200
    assert told(events) == [client_user.pk]
    # The same session over the API: the same reason.
    with capture_events() as events:
        assert office.get(LOGS, {"person": client_user.email}).status_code == 200
    assert events == []


def test_who_is_searched_for_in_the_admin_is_told_though_nothing_is_found(
    office: Client, client_user: User, outsider: User
) -> None:
    question = {"q": client_user.email, "action": "RoomCompleted", "p": "9"}
    assert office.get(LOG, question)["Location"].startswith(f"{LOG}reason/")
    office.post(f"{LOG}reason/", {"reason": REASON})
    for text, person in ((client_user.email, client_user), (outsider.name, outsider)):
        with capture_events() as events:
            office.get(LOG, {"q": text, "action": "RoomCompleted"})
        assert told(events) == [person.pk]


def test_an_entry_opens_like_the_log(office: Client, client_user: User, outsider: User) -> None:
    event = Event.objects.filter(actor=outsider).latest("pk")
    for page in ("change", "history"):
        answer = office.get(f"{LOG}{event.pk}/{page}/")
        assert answer["Location"].startswith(f"{LOG}reason/?next=")
    office.post(answer["Location"], {"reason": REASON})
    with capture_events() as events:
        assert office.get(f"{LOG}{event.pk}/change/").status_code == 200
    assert told(events) == [outsider.pk]
    assert office.get(f"{LOG}{event.pk}/history/").status_code == 200
    assert office.get(f"{LOG}0/change/").status_code == 302  # there is none


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test", "/profile/", ""])
def test_the_reason_opens_pages_of_the_admin_alone(wanted: str, office: Client) -> None:
    assert office.post(f"{LOG}reason/?next={wanted}", {"reason": REASON})["Location"] == LOG


def test_the_reason_of_the_log_is_asked_of_who_may_read_it(client: Client, colleague: User) -> None:
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    client.force_login(colleague)
    prove(client, colleague, is_in_admin=True)
    assert client.get(f"{LOG}reason/").status_code == 403
    assert client.post(f"{LOG}reason/", {"reason": REASON}).status_code == 403


def test_an_export_has_a_beginning_and_an_end(staff: User) -> None:
    with refused(RangeTooLong, "at most 92 days"):
        record_export(actor=staff, search=Search(), form="csv", reason=REASON)


def test_only_staff_enter_the_admin(consultant: User) -> None:
    with refused(NotAllowed):
        note_entry(actor=consultant)
