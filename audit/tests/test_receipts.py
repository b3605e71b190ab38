"""Staff look at people's data for a stated reason, and those people see that they did."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.admin import account_of
from accounts.models import User
from audit.actions.receipts import NoReason, look_at
from audit.admin import PersonalAdmin
from audit.models import AccessReceipt
from audit.queries import may_look, receipts_of
from core.context import Origin, acting_from
from core.errors import NotAllowed
from core.models import Event
from messaging.admin import conversation_subject
from rooms.admin import room_subject
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, prove, refused

REASON = "Ticket 4711: cannot see the last message"
PAGE = "/profile/who-looked/"

NOT_PERSONAL = {
    "core.stream": "numbers and ids",
    "core.event": "the audit log: one reason for all of it (test_looks)",
    "core.policyviolation": "a rule, a route and an origin; no person",
    "core.errand": "what follows events: names, times and an id",
    "core.idempotentanswer": "a key and a status; what was answered is not shown",
    "audit.accessreceipt": "what staff did; people see their own on a page of theirs",
    "auth.group": "the business roles",
    "rooms.roomtype": "the same for everybody",
    "rooms.roomtypeagendaitem": "the same for everybody",
}
"""What staff open without a reason, and why."""


def room_page(room: Room) -> str:
    return f"/admin/rooms/room/{room.pk}/change/"


def test_every_page_of_the_admin_asks_or_is_listed() -> None:
    asks = {
        model._meta.label_lower
        for model, page in admin.site._registry.items()
        if isinstance(page, PersonalAdmin)
    }
    everything = {model._meta.label_lower for model in admin.site._registry}
    assert everything - asks == NOT_PERSONAL.keys()


def test_a_look_leaves_a_receipt_with_everybody_concerned(
    staff: User, client_user: User, consultant: User, room: Room
) -> None:
    origin = Origin(ip="192.0.2.1", session="0123456789abcdef")
    with capture_events() as events, acting_from(origin):
        receipt = look_at(actor=staff, subject=room_subject(room), reason=f" {REASON}\n")
    assert names(events) == ["StaffLooked", "StaffLooked"]
    assert {event.stream.object_id for event in events} == {client_user.pk, consultant.pk}
    assert {event.actor for event in events} == {staff}
    assert events[0].data == {"receipt_id": str(receipt.pk), "object": f"room:{room.pk}"}
    assert REASON not in str(events[0].data)
    assert (receipt.reason, receipt.session) == (REASON, origin.session)
    assert receipt.title == f"the consultation “{room.name}”"
    assert receipt.ends_at - receipt.at == timedelta(minutes=30)
    assert list(receipts_of(client_user)) == [receipt]
    assert list(receipts_of(staff)) == []
    assert str(receipt) == f"Alma Berg, room:{room.pk}"


@pytest.mark.parametrize(
    ("reason", "said"),
    [("", "at least 10"), ("  because  .", "at least 10"), ("x" * 501, "At most 500")],
)
def test_a_reason_says_something(reason: str, said: str, staff: User, room: Room) -> None:
    with refused(NoReason, said):
        look_at(actor=staff, subject=room_subject(room), reason=reason)


def test_only_staff_look(consultant: User, room: Room) -> None:
    with refused(NotAllowed):
        look_at(actor=consultant, subject=room_subject(room), reason=REASON)


def test_a_reason_counts_for_one_subject_and_session_and_for_a_while(
    staff: User, client_user: User, room: Room, settings: Settings
) -> None:
    subject, account = room_subject(room), account_of(client_user)

    def may(what: Any = subject, session: str = "one", **options: Any) -> bool:
        return may_look(staff, what, session=session, **options)

    assert not may()
    with acting_from(Origin(session="one")):
        look_at(actor=staff, subject=subject, reason=REASON)
    assert may()
    assert not may(session="two")
    assert not may(account)
    assert not may(conversation_subject(room.conversation))
    settings.STAFF_LOOK_MINUTES = -1
    with acting_from(Origin(session="three")):
        look_at(actor=staff, subject=subject, reason=REASON)
    assert not may(session="three")
    assert may(session="three", is_write=True)
    settings.STAFF_LOOK_MINUTES = -61
    with acting_from(Origin(session="four")):
        look_at(actor=staff, subject=subject, reason=REASON)
    assert not may(session="four", is_write=True)
    # What is one's own needs no reason.
    assert may(account_of(staff))


@pytest.mark.parametrize("table", ["audit_accessreceipt", "audit_accessreceipt_people"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
def test_a_receipt_stays(table: str, statement: str, staff: User, room: Room) -> None:
    look_at(actor=staff, subject=room_subject(room), reason=REASON)
    connection.check_constraints()  # what waits to be checked would refuse TRUNCATE too
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    assert AccessReceipt.objects.count() == 1


def test_the_admin_asks_and_then_opens(office: Client, room: Room, client_user: User) -> None:
    answer = office.get(room_page(room))
    assert answer.status_code == 302
    form = answer["Location"]
    assert form.startswith(f"/admin/rooms/room/{room.pk}/reason/?next=")
    shown = office.get(form).content.decode()
    assert "Tomas Okafor" in shown
    assert "30 minutes" in shown
    with capture_events() as events:
        assert "at least 10" in office.post(form, {"reason": "short"}).content.decode()
        assert "at least 10" in office.post(form, {"reason": "a         b"}).content.decode()
    assert events == []
    with capture_events() as events:
        answer = office.post(form, {"reason": REASON})
    assert answer["Location"] == room_page(room)
    assert names(events) == ["StaffLooked", "StaffLooked"]
    assert events[0].session != ""
    with capture_events() as events:
        assert office.get(room_page(room)).status_code == 200
        assert office.get(f"/admin/rooms/room/{room.pk}/history/").status_code == 200
    assert events == []
    # Places in the same room open with it, the conversation does not.
    place = room.participants.get(user=client_user)
    assert office.get(f"/admin/rooms/participant/{place.pk}/change/").status_code == 200
    address = f"/admin/messaging/conversation/{room.conversation_id}/change/"
    assert office.get(address).status_code == 302
    assert office.get("/admin/rooms/room/x/reason/").status_code == 302
    assert office.get("/admin/rooms/room/x/change/").status_code == 302


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test", "/profile/", ""])
def test_it_opens_pages_of_the_admin_alone(wanted: str, office: Client, room: Room) -> None:
    address = f"/admin/rooms/room/{room.pk}/reason/?next={wanted}"
    assert office.post(address, {"reason": REASON})["Location"] == room_page(room)


def test_a_form_is_taken_after_the_reason_has_ended_and_opens_nothing_else(
    office: Client, room: Room, settings: Settings
) -> None:
    conversation = f"/admin/messaging/conversation/{room.conversation_id}/"
    settings.STAFF_LOOK_MINUTES = -1
    for address in (room_page(room), f"{conversation}change/"):
        office.post(office.get(address)["Location"], {"reason": REASON})
    for address in (
        f"/admin/rooms/room/{room.pk}/history/",
        f"{conversation}change/",
        f"{conversation}history/",
    ):
        assert office.get(address).status_code == 302
        assert office.post(address).status_code in {302, 403}, address
    assert office.post(f"{conversation}messages/").status_code == 405
    form = {"name": "Order export", "duration_minutes": "45", "scheduled_at_0": "",
            "scheduled_at_1": "", "participants-TOTAL_FORMS": "0",
            "participants-INITIAL_FORMS": "0"}  # fmt: skip
    assert office.post(room_page(room), form)["Location"] == "/admin/rooms/room/"
    room.refresh_from_db()
    assert room.name == "Order export"


def test_another_session_asks_again(office: Client, staff: User, room: Room) -> None:
    form = office.get(room_page(room))["Location"]
    office.post(form, {"reason": REASON})
    other = Client()
    other.force_login(staff)
    prove(other, staff, is_in_admin=True)
    assert other.get(room_page(room)).status_code == 302


def test_words_open_with_the_conversation_and_nobody_writes_there(
    office: Client, room: Room, client_user: User, staff: User, say: Any
) -> None:
    secret = "Between the two of us"
    for number in range(60):
        say(client_user, room, f"{secret}, {number}")
    base = f"/admin/messaging/conversation/{room.conversation_id}/"
    words = f"{base}messages/"
    answer = office.get(words)
    assert answer.status_code == 302
    text = office.post(answer["Location"], {"reason": REASON}, follow=True).content.decode()
    assert f"{secret}, 59" in text
    assert f"{secret}, 3<" not in text
    earlier = text.partition('<a href="?before=')[2].partition('"')[0]
    text = office.get(words, {"before": earlier}).content.decode()
    assert f"{secret}, 3<" in text
    assert "Newest messages" in text
    assert words in office.get(f"{base}change/").content.decode()
    assert list(receipts_of(client_user).values_list("kind", flat=True)) == ["conversation"]
    # A reason is for reading: nothing that staff can do writes into the conversation.
    before = room.conversation.messages.count()
    office.post(words, {"body": "Hello from the office"})
    assert signed_in(staff).post(
        f"/api/conversations/{room.conversation_id}/messages/", {"body": "Hello"}
    ).status_code == 404  # fmt: skip
    assert office.post(
        f"/conversations/{room.conversation_id}/messages/", {"body": "Hello"}
    ).status_code == 404  # fmt: skip
    assert room.conversation.messages.count() == before
    assert office.get("/admin/messaging/conversation/x/messages/").status_code == 403


def test_people_read_who_when_what_and_why(
    client: Client, client_user: User, staff: User, room: Room, outsider: User
) -> None:
    client.force_login(client_user)
    assert "Nobody has looked at your data" in client.get(PAGE).content.decode()
    User.objects.filter(pk=client_user.pk).update(timezone="Pacific/Kiritimati")
    look_at(actor=staff, subject=room_subject(room), reason="<b>Ticket</b> 4711")
    html = client.get(PAGE).content.decode()
    assert "Alma Berg" in html
    assert "the consultation “Order import: migration plan”" in html
    assert "“&lt;b&gt;Ticket&lt;/b&gt; 4711”" in html
    assert "Pacific/Kiritimati" in html
    assert PAGE in client.get("/profile/").content.decode()
    client.force_login(outsider)
    assert "Alma Berg" not in client.get(PAGE).content.decode()
    assert client.post(PAGE).status_code == 405


def test_they_are_paged(
    client: Client, client_user: User, staff: User, room: Room,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    client.force_login(client_user)
    for _ in range(30):
        look_at(actor=staff, subject=room_subject(room), reason=REASON)
    with django_assert_max_num_queries(7):
        first = client.get(PAGE).content.decode()
    assert first.count(REASON) == 25
    second = client.get(PAGE, {"page": "2"}).content.decode()
    assert second.count(REASON) == 5
    assert 'href="?page=1"' in second


def test_the_api_tells_the_same(client_user: User, staff: User, room: Room, outsider: User) -> None:
    look_at(actor=staff, subject=room_subject(room), reason=REASON)
    look_at(actor=staff, subject=account_of(client_user), reason=REASON)
    api = signed_in(client_user)
    page = api.get("/api/profile/access-receipts/", {"limit": "1"}).json()
    (receipt,) = page["results"]
    assert receipt["object"] == f"user:{client_user.pk}"
    assert (receipt["title"], receipt["reason"]) == ("your account", REASON)
    assert receipt["staff"]["name"] == "Alma Berg"
    (receipt,) = api.get(page["next"]).json()["results"]
    assert receipt["object"] == f"room:{room.pk}"
    assert signed_in(outsider).get("/api/profile/access-receipts/").json()["results"] == []


def test_the_person_s_stream_tells_at_once(client_user: User, staff: User, room: Room) -> None:
    look_at(actor=staff, subject=room_subject(room), reason=REASON)
    api = signed_in(client_user)
    events = api.get("/api/events/", {"stream": f"user:{client_user.pk}"}).json()["results"]
    assert "StaffLooked" in [event["name"] for event in events]


def test_lists_carry_no_words(office: Client, room: Room, client_user: User, say: Any) -> None:
    say(client_user, room, "Between the two of us")
    for model in apps.get_app_config("messaging").get_models():
        html = office.get(f"/admin/messaging/{model._meta.model_name}/").content.decode()
        assert "Between the two of us" not in html


def test_receipts_are_in_the_admin(office: Client, staff: User, room: Room) -> None:
    receipt = look_at(actor=staff, subject=room_subject(room), reason=REASON)
    assert REASON in office.get("/admin/audit/accessreceipt/").content.decode()
    assert office.get(f"/admin/audit/accessreceipt/{receipt.pk}/change/").status_code == 200
    assert receipt.at <= timezone.now()
    assert Event.objects.filter(name="StaffLooked").count() == 2
