"""The audit log in the admin: to read, to search, to export; fast however long it is."""

import csv
import io
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audit.actions.refusals import record_refusal
from audit.admin import AuditLogAdmin, FirstPages
from core.models import Event
from core.refusals import Attempt
from rooms.models import Room
from tests.api import REASON
from tests.fixtures import capture_events, names, prove, say_why

LOG = "/admin/core/event/"
EXPORT = f"{LOG}export/"


@pytest.fixture
def office(office: Client, staff: User) -> Client:
    """The browser in the admin, in which a reason was given."""
    say_why(office, staff)
    return office


def shown(office: Client, **query: str) -> list[str]:
    """What was done or tried, in the rows that are shown."""
    answer = office.get(LOG, query)
    assert answer.status_code == 200
    page = answer.context["cl"].model_admin
    return [page.action(event) for event in answer.context["cl"].result_list]


def test_search_and_filters(office: Client, client_user: User, room: Room) -> None:
    record_refusal(actor=client_user, attempt=Attempt(action="POST x:y", reason="x"))
    assert "RoomStarted" in shown(office)
    assert shown(office, outcome="refused") == ["POST x:y"]
    assert "POST x:y" not in shown(office, outcome="done")
    assert shown(office, action="RoomStarted") == ["RoomStarted"]
    assert {"PersonSignedUp", "ParticipantAdded"} <= set(shown(office, q="Okafor", outcome="done"))
    assert shown(office, q=f"room:{room.pk}", action="RoomStarted") == ["RoomStarted"]
    assert shown(office, q="nobody at all") == []
    event = Event.objects.get(name="RoomStarted")
    html = office.get(f"{LOG}{event.pk}/change/").content.decode()
    assert f"room:{room.pk}" in html
    assert "refused" in office.get(LOG, {"outcome": "refused"}).content.decode()


def test_words_stand_beside_names_and_lead_to_more_of_the_kind(
    office: Client, client_user: User, room: Room
) -> None:
    place, missing = f"room:{room.pk}", "rooms.manage"
    tried = {"action": "POST x:y", "reason": "not_allowed", "permission": missing}
    record_refusal(actor=client_user, attempt=Attempt(**tried, subject=place))
    html = office.get(LOG).content.decode()
    assert "The consultation began" in html
    assert '?action=RoomStarted" title="RoomStarted">RoomStarted</a>' in html
    assert f"Tried in vain: not allowed, {missing} is missing" in html
    assert "?action=POST+x%3Ay" in html
    assert f"?q=room%3A{room.pk}" in html
    assert "?q=tomas%40demo.test" in html
    assert shown(office, action="POST x:y") == ["POST x:y"]
    assert (
        "<option selected>POST x:y</option>"
        in office.get(LOG, {"action": "POST x:y"}).content.decode()
    )
    event = Event.objects.get(name="AttemptRefused")
    html = office.get(f"{LOG}{event.pk}/change/").content.decode()
    assert f"not allowed, {missing} is missing" in html
    event = Event.objects.get(name="RoomStarted")
    assert "hy it was refused" not in office.get(f"{LOG}{event.pk}/change/").content.decode()


def test_whom_a_receipt_tells_and_who_was_nobody(
    office: Client, system: User, client_user: User
) -> None:
    record_refusal(actor=system, attempt=Attempt(action="sign in", reason="wrong_credentials"))
    html = office.get(LOG, {"action": "sign in"}).content.decode()
    assert "Somebody not signed in" in html
    assert shown(office, action="PersonSignedUp")  # tells whom it shows
    html = office.get(LOG, {"action": "StaffLooked"}).content.decode()
    assert f"audit log: user {str(client_user.pk)[:8]}" in html


def test_times_are_the_reader_s_own(office: Client, staff: User, room: Room) -> None:
    User.objects.filter(pk=staff.pk).update(timezone="Pacific/Kiritimati")
    at = Event.objects.get(name="RoomStarted").at.astimezone(ZoneInfo("Pacific/Kiritimati"))
    html = office.get(LOG, {"action": "RoomStarted"}).content.decode()
    assert f"{at.day} {at:%b %Y, %H:%M:%S}</time>" in html
    assert "Pacific/Kiritimati" in html


def test_an_event_of_a_version_that_is_no_more_is_shown(office: Client, staff: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (stream_id, seq, name, actor_id, data, at, user_agent, session)"
            " SELECT id, head + 1, 'RoomPainted', %s, '{}', now(), '', '' FROM core_stream LIMIT 1",
            [staff.pk],
        )
    event = Event.objects.get(name="RoomPainted")
    assert "RoomPainted" in office.get(LOG).content.decode()
    assert office.get(f"{LOG}{event.pk}/change/").status_code == 200


def test_the_export_is_filled_in(office: Client) -> None:
    html = office.get(EXPORT).content.decode()
    today = timezone.localdate()
    assert f'value="{today:%Y-%m-%d}"' in html
    assert f'value="{today - timedelta(days=29):%Y-%m-%d}"' in html
    assert "Ticket 4711: who did it?" in html  # the reason that counts


def test_by_year_month_and_day(office: Client, room: Room) -> None:
    now = timezone.now()
    shown(office)  # those whom it shows get their receipts, which are entries too
    number = len(shown(office, when=f"{now:%Y}"))
    assert number > 5
    assert len(shown(office, when=f"{now:%Y-%m}")) == number
    assert len(shown(office, when=f"{now:%Y-%m-%d}")) == number
    assert shown(office, when=f"{now.year - 1}") == []
    assert shown(office, when=f"{now.year - 1}-12") == []
    html = office.get(LOG, {"when": f"{now:%Y-%m}"}).content.decode()
    assert f"when={now:%Y-%m-%d}" in html
    assert f"when={now:%Y}" in office.get(LOG).content.decode()


@pytest.mark.parametrize("when", ["x", "2026-13", "2026-02-30", "0", "9999", "2026-1-1-1", "²"])
def test_no_such_time_is_no_filter(when: str, office: Client, room: Room) -> None:
    assert office.get(LOG, {"when": when}).status_code == 200


def test_nothing_is_counted_or_read_whole(
    office: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AuditLogAdmin, "list_per_page", 3)  # there is a second page
    with CaptureQueriesContext(connection) as queries:
        assert office.get(LOG).status_code == 200
    about_events = [q["sql"] for q in queries.captured_queries if '"core_event"' in q["sql"]]
    assert about_events
    assert all("LIMIT" in sql for sql in about_events), about_events
    assert not any("DISTINCT" in sql for sql in about_events)


def test_pages_end_where_counting_ends(
    office: Client, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FirstPages, "MOST", 7)
    assert office.get(LOG).context["cl"].result_count == 7


def test_being_staff_is_not_enough(client: Client, colleague: User, room: Room) -> None:
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    colleague.user_permissions.add(Permission.objects.get(codename="view_event"))
    client.force_login(colleague)
    prove(client, colleague, is_in_admin=True)
    assert client.get(LOG).status_code == 403
    assert client.get(EXPORT).status_code == 403
    colleague.user_permissions.add(Permission.objects.get(codename="view_audit_logs"))
    say_why(client, colleague)
    assert client.get(LOG).status_code == 200
    assert client.get("/admin/").status_code == 200


def form(**changed: Any) -> dict[str, str]:
    today = f"{timezone.localdate():%Y-%m-%d}"
    return {"since": today, "until": today, "kind": "csv", "reason": REASON} | changed


def test_exports_by_the_same_action(office: Client, client_user: User, room: Room) -> None:
    assert EXPORT in office.get(LOG).content.decode()
    assert "92 days" in office.get(EXPORT).content.decode()
    with capture_events() as events:
        answer = office.post(EXPORT, form(person=client_user.email, object=str(client_user.pk)))
        content = b"".join(answer).decode()
    assert names(events) == ["StaffLooked", "AuditLogExported"]
    assert events[0].stream.object_id == client_user.pk
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["action"] for row in rows] == ["PersonSignedUp"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"since": "2026-01-01", "until": "2026-12-01"}, "at most 92 days"),
        ({"since": ""}, "Choose a day."),
        ({"person": "nobody@demo.test"}, "Nobody has this address"),
        ({"object": "room"}, "An object is"),
        ({"reason": ""}, "Say why you need to see this."),
        ({"reason": "short"}, "at least 10"),
        ({"reason": "a          b"}, "at least 10"),
    ],
)
def test_says_what_is_wrong(changed: dict[str, str], said: str, office: Client) -> None:
    with capture_events() as events:
        assert said in office.post(EXPORT, form(**changed)).content.decode()
    assert events == []
