"""Meetings called in a conversation: links known by their host, both zones, moved, called off."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.actions.people import update_profile
from accounts.models import User
from core.errors import ActionError, NotAllowed
from messaging.actions import meetings
from messaging.actions.contacts import open_direct
from messaging.actions.conversations import close_conversation
from messaging.actions.meetings import (
    MeetingIsOver,
    TooManyMeetings,
    WrongMeeting,
    cancel_meeting,
    move_meeting,
    schedule_meeting,
)
from messaging.actions.messages import ConversationIsClosed, delete_message, edit_message
from messaging.fragments import message_html
from messaging.links import WrongLink, place_of
from messaging.models import Conversation, Meeting, MeetingPlace, Message
from messaging.queries.later import TooFar, TooSoon
from messaging.queries.meetings import meetings_of
from messaging.queries.threads import page_before
from rooms.models import Room
from rooms.variables import next_meeting
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

LINK = "https://meet.google.com/abc-defg-hij"


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Of Mara in Copenhagen and Tomas in Lisbon."""
    for user, zone in ((consultant, "Europe/Copenhagen"), (client_user, "Europe/Lisbon")):
        update_profile(actor=user, user=user, changes={"timezone": zone})
        user.refresh_from_db()
    return open_direct(actor=consultant, other=client_user)


def tomorrow(hour: int = 9) -> datetime:
    return (
        (timezone.now() + timedelta(days=1))
        .astimezone(UTC)
        .replace(hour=hour, minute=0, second=0, microsecond=0)
    )


def call(actor: User, talk: Conversation, **changes: Any) -> Meeting:
    values: dict[str, Any] = {
        "title": "Rehearsal of the import",
        "starts_at": tomorrow(),
        "duration_minutes": 45,
        "link": LINK,
    }
    return schedule_meeting(actor=actor, conversation=talk, **values | changes)


@pytest.mark.parametrize(
    ("link", "place"),
    [
        (LINK, MeetingPlace.MEET),
        ("https://zoom.us/j/123?pwd=x", MeetingPlace.ZOOM),
        ("https://northwind.zoom.us/j/123", MeetingPlace.ZOOM),
        ("https://teams.microsoft.com/l/meetup-join/1", MeetingPlace.TEAMS),
        ("https://teams.live.com/meet/1", MeetingPlace.TEAMS),
        ("http://127.0.0.1:8000/rooms/of/0b7c1d2e-0000-4000-8000-000000000001/", MeetingPlace.ROOM),
    ],
)
def test_links_are_known_by_their_host(link: str, place: MeetingPlace, settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert place_of(link) == place


@pytest.mark.parametrize(
    "link",
    [
        "", "javascript:alert(1)", "http://meet.google.com/abc", "https://meet.google.com.evil.test/",
        "https://evil.test/?meet.google.com", "https://meet.google.com@evil.test/",
        "https://me@meet.google.com/abc", "https://evilzoom.us/j/1", "https://x.meet.google.com/",
        "https://meet.google.com:8443/", "https://meet.google.com\\@evil.test/", "https://[/",
        "https://meet.google.com/a b", "https://meet.google.com/\u202eabc", f"{LINK}{'x' * 500}",
        "http://127.0.0.1:8000/admin/", "http://127.0.0.1:8000/rooms/new/", "/rooms/of/1/", "https://meet.google.com:x/",
    ],
)  # fmt: skip
def test_other_links_are_refused(link: str, settings: Any) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    with pytest.raises(WrongLink):
        place_of(link)


@given(st.text(max_size=80))
def test_no_text_leads_elsewhere(text: str) -> None:
    try:
        place_of(f"https://{text}")
    except WrongLink:
        return
    assert (
        text.partition("/")[0]
        .partition("?")[0]
        .partition("#")[0]
        .lower()
        .removesuffix(":443")
        .endswith(("meet.google.com", "zoom.us", "zoom.com", "microsoft.com", "live.com"))
    )


def test_calling_one(talk: Conversation, consultant: User, client_user: User) -> None:
    with capture_events() as events:
        meeting = call(consultant, talk, title="  Rehearsal \n of it ")
    assert names(events) == ["MessageSent", "MeetingScheduled"]
    assert meeting.title == meeting.message.body == "Rehearsal of it"
    assert meeting.zones == ["Europe/Copenhagen", "Europe/Lisbon"]
    assert (meeting.duration_minutes, meeting.place) == (45, MeetingPlace.MEET)
    assert list(meetings_of(client_user)) == [meeting]
    assert list(meetings_of(client_user, past=True)) == []
    assert str(meeting) == "Rehearsal of it"


def test_its_card_names_both_zones(talk: Conversation, consultant: User) -> None:
    call(consultant, talk, starts_at=datetime(tomorrow().year + 1, 1, 7, 9, tzinfo=UTC)
         if tomorrow().month > 1 else tomorrow())  # fmt: skip
    (message,) = page_before(talk, None).messages
    html = message_html(message)
    assert "10:00 to 10:45 in Copenhagen, 9:00 in Lisbon" in html
    assert LINK in html
    assert "csrf" not in html


def test_cards_cost_a_page_no_query(
    talk: Conversation, consultant: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for title in ("One", "Two", "Three"):
        call(consultant, talk, title=title)
    with django_assert_num_queries(1):
        html = [message_html(message) for message in page_before(talk, None).messages]
    assert len(html) == 3


def test_moving_and_calling_off(talk: Conversation, consultant: User, client_user: User) -> None:
    meeting = call(consultant, talk)
    values: dict[str, Any] = {
        "title": "Later",
        "starts_at": tomorrow(12),
        "duration_minutes": 30,
        "link": LINK,
    }
    with capture_events() as events:
        moved = move_meeting(actor=client_user, meeting=meeting, **values)
        move_meeting(actor=client_user, meeting=meeting, **values)
    assert names(events) == ["MeetingMoved", "MessageSent"]
    assert (moved.title, moved.starts_at, moved.duration_minutes) == ("Later", tomorrow(12), 30)
    assert "changed since" in message_html(Message.objects.get(pk=meeting.message_id))
    with capture_events() as events:
        cancel_meeting(actor=client_user, meeting=meeting)
    assert names(events) == ["MeetingCancelled", "MessageSent"]
    html = message_html(Message.objects.get(pk=meeting.message_id))
    assert "Cancelled" in html
    assert LINK not in html
    assert list(meetings_of(consultant)) == []
    with refused(MeetingIsOver):
        cancel_meeting(actor=consultant, meeting=meeting)
    with refused(MeetingIsOver):
        move_meeting(actor=consultant, meeting=meeting, **values)


def test_what_is_past_stays(talk: Conversation, consultant: User) -> None:
    meeting = call(consultant, talk)
    ago = timezone.now() - timedelta(hours=2)
    Meeting.objects.update(starts_at=ago, ends_at=ago + timedelta(hours=1))
    with refused(MeetingIsOver):
        cancel_meeting(actor=consultant, meeting=meeting)
    assert list(meetings_of(consultant, past=True)) == [meeting]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": " "}, WrongMeeting),
        ({"title": "x" * 151}, WrongMeeting),
        ({"duration_minutes": 4}, WrongMeeting),
        ({"duration_minutes": 481}, WrongMeeting),
        ({"starts_at": datetime(2020, 1, 1, tzinfo=UTC)}, TooSoon),
        ({"starts_at": datetime(2120, 1, 1, tzinfo=UTC)}, TooFar),
        ({"link": "https://evil.test/"}, WrongLink),
    ],
)
def test_what_cannot_be(
    talk: Conversation, consultant: User, changes: dict[str, Any], error: type[ActionError]
) -> None:
    with refused(error):
        call(consultant, talk, **changes)


def test_only_who_may_write_there(
    talk: Conversation, consultant: User, outsider: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = call(consultant, talk)
    with refused(NotAllowed):
        call(outsider, talk)
    with refused(NotAllowed):
        cancel_meeting(actor=outsider, meeting=meeting)
    assert list(meetings_of(outsider)) == []
    with refused(NotAllowed):
        edit_message(actor=consultant, message=meeting.message, body="Other")
    monkeypatch.setattr(meetings, "MOST_AHEAD", 1)
    with refused(TooManyMeetings):
        call(consultant, talk)
    close_conversation(actor=User.objects.system(), conversation=talk)
    with refused(ConversationIsClosed):
        cancel_meeting(actor=consultant, meeting=meeting)


def test_by_plain_forms(client: Client, talk: Conversation, consultant: User, room: Room) -> None:
    client.force_login(consultant)
    new = f"/inbox/{talk.pk}/meetings/new/"
    assert "Schedule a meeting" in client.get(new).content.decode()
    own = client.get(f"/inbox/{room.conversation_id}/meetings/new/").content.decode()
    assert f"/rooms/of/{room.conversation_id}/" in own
    form = {
        "title": "Rehearsal",
        "starts_at": tomorrow().strftime("%Y-%m-%dT%H:%M"),
        "duration_minutes": "45",
        "link": "https://evil.test/",
    }
    answer = client.post(new, form)
    assert answer.status_code == 422
    assert "Paste the whole link" in answer.content.decode()
    assert client.post(new, {"title": ""}).status_code == 422
    assert client.post(new, {**form, "link": LINK})["Location"] == f"/inbox/{talk.pk}/"
    meeting = Meeting.objects.get()
    here = f"/inbox/meetings/{meeting.pk}/"
    assert "Cancel the meeting" in client.get(here).content.decode()
    assert client.post(here, {**form, "link": "x"}).status_code == 422
    assert client.post(here, {**form, "link": LINK, "title": "Other"}).status_code == 302
    assert "Other" in client.get("/inbox/meetings/").content.decode()
    assert client.post(f"{here}cancel/").status_code == 302
    assert "Cancelled by" in client.get(here).content.decode()
    assert "will be listed here" in client.get("/inbox/meetings/").content.decode()
    assert "Past meetings" in client.get("/inbox/meetings/?when=past").content.decode()


def test_by_programs(talk: Conversation, consultant: User, client_user: User) -> None:
    mara = signed_in(consultant)
    called = mara.post(
        f"/api/conversations/{talk.pk}/meetings/",
        {
            "title": "Rehearsal",
            "starts_at": tomorrow().isoformat(),
            "duration_minutes": 45,
            "link": LINK,
        },
    )
    assert called.status_code == 201
    meeting = called.json()
    assert (meeting["place"], meeting["duration_minutes"]) == ("google_meet", 45)
    tomas = signed_in(client_user)
    assert tomas.get("/api/meetings/").json()["results"] == [meeting]
    assert tomas.get("/api/meetings/?when=past").json()["results"] == []
    here = f"/api/meetings/{meeting['id']}/"
    assert tomas.get(here).json() == meeting
    assert tomas.patch(here, {"title": "Other"}).json()["title"] == "Other"
    assert tomas.patch(here, {"link": "https://evil.test/"}).status_code == 400
    assert tomas.post(f"{here}cancel/").json()["is_cancelled"]
    assert tomas.post(f"{here}cancel/").status_code == 409


def test_its_message_goes_with_it(talk: Conversation, consultant: User) -> None:
    meeting = call(consultant, talk)
    values: dict[str, Any] = {"starts_at": tomorrow(12), "duration_minutes": 30, "link": LINK}
    move_meeting(actor=consultant, meeting=meeting, title="Another", **values)
    message = Message.objects.get(pk=meeting.message_id)
    assert message.body == "Another"
    with refused(NotAllowed, "cancel the meeting"):
        delete_message(actor=consultant, message=message)


def test_called_twice_by_one_press(talk: Conversation, consultant: User) -> None:
    client_id = uuid4()
    first = call(consultant, talk, client_id=client_id)
    assert call(consultant, talk, client_id=client_id) == first
    assert Meeting.objects.count() == 1


def test_templates_know_the_next_one(talk: Conversation, consultant: User) -> None:
    call(consultant, talk, starts_at=tomorrow(9))
    words = next_meeting(consultant, talk)
    assert words is not None
    assert words.endswith("(Europe/Copenhagen)")
    Meeting.objects.update(cancelled_at=timezone.now())
    assert next_meeting(consultant, talk) is None
