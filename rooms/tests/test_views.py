"""Pages of rooms: what they show, what they refuse, how many queries they take."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.models import Event
from messaging.models import Message
from rooms.actions.invitations import invite
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import add_participant
from rooms.models import Mode, Participant, Role, Room, Status
from tests.fixtures import capture_events, names

ROOM_PAGE_QUERIES = 12
HOME_QUERIES = 16


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def url(name: str, room: Room, *args: object) -> str:
    return reverse(f"rooms:{name}", args=[room.pk, *args])


def fill(room: Room, author: User, number: int) -> None:
    """Many messages at once, beside the action: their number is what counts here."""
    first = Message.objects.filter(conversation=room.conversation).count() + 1000
    Message.objects.bulk_create(
        Message(
            conversation=room.conversation,
            author=author,
            seq=first + place,
            body=f"Message {place}",
            body_html=f"<p>Message {place}</p>",
        )
        for place in range(number)
    )


@pytest.mark.parametrize("number", [1, 10_000])
def test_room_page_takes_as_many_queries_whatever_was_said(
    client: Client,
    room: Room,
    consultant: User,
    client_user: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    fill(room, client_user, number)
    signed_in(client, consultant)
    client.get(url("room", room))  # once in five minutes a session is noted as seen
    with django_assert_max_num_queries(ROOM_PAGE_QUERIES):
        answer = client.get(url("room", room))
    assert answer.status_code == 200
    assert f"Message {number - 1}" in answer.content.decode()


@pytest.mark.parametrize("number", [1, 30])
def test_home_takes_as_many_queries_whatever_there_is(
    client: Client,
    make_room: Callable[..., Room],
    consultant: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(number):
        make_room(f"Room {place}", active=place % 2 == 0)
    signed_in(client, consultant)
    with django_assert_max_num_queries(HOME_QUERIES):
        assert client.get("/").status_code == 200
    with django_assert_max_num_queries(HOME_QUERIES):
        assert client.get(reverse("rooms:list")).status_code == 200


def test_home_shows_what_is_next_live_waiting_and_past(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    now = timezone.now()
    later = {"mode": Mode.SCHEDULED, "scheduled_at": now + timedelta(hours=3)}
    make_room("The next one", **later)
    make_room("The live one", active=True)
    make_room("The waiting one")
    complete_room(actor=consultant, room=make_room("The past one", active=True))
    text = signed_in(client, consultant).get("/").content.decode()
    sections = [text.index(words) for words in ("The next one", "The waiting one", "The past one")]
    assert sections == sorted(sections)
    assert "The live one" in text
    assert "Nothing is here" not in text


def test_a_live_room_takes_the_first_place_where_nothing_is_next(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    make_room("A live one", active=True)
    text = signed_in(client, consultant).get("/").content.decode()
    assert 'id="next" dir="auto">A live one</h2>' in text
    assert text.count("Open the room") == 1
    assert 'id="live"' not in text
    make_room("Another live one", active=True)
    text = client.get("/").content.decode()
    assert text.count("Open the room") == 2
    assert text.count('id="live"') == 1


def test_an_invitation_sent_again_too_soon_says_so_beside_it(
    client: Client, room: Room, consultant: User
) -> None:
    invitation = invite(actor=consultant, room=room, email="lena@demo.test", role=Role.CLIENT)
    signed_in(client, consultant)
    way = url("invitation_resend", room, invitation.pk)
    answer = client.post(way, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "The mail was sent a moment ago" in answer.content.decode()
    assert client.post(way).status_code == 302
    assert "The mail was sent a moment ago" in client.get(url("room", room)).content.decode()


def test_empty_home_leads_on(client: Client, consultant: User, outsider: User) -> None:
    assert reverse("rooms:create") in signed_in(client, consultant).get("/").content.decode()
    text = signed_in(client, outsider).get("/").content.decode()
    assert "once a consultant adds you" in text
    assert reverse("rooms:create") not in text


def test_list_filters_and_searches(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    make_room("Order import")
    make_room("Ward access", active=True)
    signed_in(client, consultant)

    def shown(query: str) -> list[str]:
        text = client.get(f"{reverse('rooms:list')}?{query}").content.decode()
        return [name for name in ("Order import", "Ward access") if name in text]

    assert shown("") == ["Order import", "Ward access"]
    assert shown("status=active") == ["Ward access"]
    assert shown("q=order") == ["Order import"]
    assert shown("q=tomas") == ["Order import", "Ward access"]
    assert shown("q=nobody") == []
    assert shown("status=nonsense&mode=asynchronous&page=99") == []
    assert shown("mode=nonsense") == ["Order import", "Ward access"]
    assert shown(f"mode=%00&status=%00&page=%00{'9' * 5000}") == ["Order import", "Ward access"]
    assert shown("q=or%00der") == ["Order import"]
    assert shown("q=%00") == ["Order import", "Ward access"]


@pytest.mark.parametrize("before", ["9" * 5000, "9" * 19, "%00", "-1", "²", "nonsense"])
def test_what_is_no_number_is_no_place_in_the_timeline(
    client: Client, room: Room, consultant: User, before: str
) -> None:
    answer = signed_in(client, consultant).get(f"{url('stage_timeline', room)}?before={before}")
    assert answer.status_code == 200
    assert "created the consultation" in answer.content.decode()


@pytest.mark.parametrize("message", ["%00", "9" * 5000, "nonsense"])
def test_what_is_no_message_is_not_looked_for(
    client: Client, room: Room, consultant: User, message: str
) -> None:
    answer = signed_in(client, consultant).get(f"{url('room', room)}?message={message}")
    assert answer.status_code == 200


def test_create_starts_a_room_for_now(client: Client, consultant: User, client_user: User) -> None:
    values = {
        "name": "Order import",
        "client_email": client_user.email,
        "mode": "instant",
        "room_type": "technical-review",
    }
    answer = signed_in(client, consultant).post(reverse("rooms:create"), values)
    room = Room.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, url("room", room))
    assert (room.status, room.duration_minutes) == (Status.ACTIVE, 90)
    assert room.agenda.get(position=0).title == "Goals and limits"
    assert {p.user: p.role for p in room.participants.all()} == {
        consultant: Role.HOST,
        client_user: Role.CLIENT,
    }


def test_create_takes_the_time_in_the_persons_zone(client: Client, consultant: User) -> None:
    User.objects.filter(pk=consultant.pk).update(timezone="America/New_York")
    values = {
        "name": "Planned",
        "mode": "scheduled",
        "room_type": "coaching",
        "scheduled_at": "2031-01-15T09:30",
    }
    signed_in(client, consultant).post(reverse("rooms:create"), values)
    room = Room.objects.get()
    assert room.scheduled_at is not None
    assert room.scheduled_at.isoformat() == "2031-01-15T14:30:00+00:00"
    assert room.status == Status.SCHEDULED


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": " "}, "Say in a few words what it is about."),
        ({"mode": "scheduled"}, "Choose day and time."),
        ({"mode": "scheduled", "scheduled_at": "2001-01-01T10:00"}, "This time has passed."),
        ({"client_email": "nobody"}, "Enter a whole e-mail address"),
        ({"duration_minutes": "3"}, "greater than or equal to 5"),
        ({"room_type": "none-such"}, "Select a valid choice"),
    ],
)
def test_create_says_what_is_wrong_and_keeps_what_was_typed(
    client: Client, consultant: User, changed: dict[str, str], words: str
) -> None:
    values = {"name": "Kept", "mode": "instant", "room_type": "consultation"} | changed
    answer = signed_in(client, consultant).post(reverse("rooms:create"), values)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert changed.get("name", "Kept").strip() in text
    assert not Room.objects.exists()


def test_start_complete_and_a_wrong_step(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    room = make_room()
    signed_in(client, consultant)
    assert client.post(url("start", room)).status_code == 302
    assert client.post(url("complete", room)).status_code == 302
    with capture_events() as events:
        refused = client.post(url("start", room), headers={"HX-Request": "true"})
        plainly = client.post(url("start", room), headers={"Referer": "http://testserver/rooms/"})
    assert refused.status_code == 409
    assert "is completed, so it cannot be started" in refused.json()["detail"]
    assert plainly["Location"] == "http://testserver/rooms/"
    assert "is completed, so it cannot be started" in client.get("/").content.decode()
    assert names(events) == []


def test_completed_room_is_read_only(client: Client, room: Room, consultant: User) -> None:
    complete_room(actor=consultant, room=room)
    text = signed_in(client, consultant).get(url("room", room)).content.decode()
    assert "data-composer" not in text
    assert "It can be read, but not added to." in text
    assert url("settings", room) not in text


def test_settings_change_the_room(client: Client, room: Room, consultant: User) -> None:
    values = {"name": "New name", "description": "Why", "duration_minutes": "90"}
    signed_in(client, consultant).post(url("settings", room), values)
    room.refresh_from_db()
    assert (room.name, room.description, room.duration_minutes) == ("New name", "Why", 90)
    short = client.post(url("settings", room), values | {"name": ""})
    assert short.status_code == 422


def test_settings_are_closed_to_who_does_not_lead(
    client: Client, room: Room, client_user: User
) -> None:
    signed_in(client, client_user)
    assert client.get(url("settings", room)).status_code == 403
    for name in ("New name", ""):
        assert client.post(url("settings", room), {"name": name}).status_code == 403
    room.refresh_from_db()
    assert room.name == "Order import: migration plan"


def test_people_are_added_changed_and_removed(
    client: Client, room: Room, consultant: User, manager: User
) -> None:
    signed_in(client, consultant)
    htmx: dict[str, Any] = {"headers": {"HX-Request": "true"}}
    added = client.post(
        url("people_add", room), {"email": manager.email, "role": "observer"}, **htmx
    )
    assert "Helen Brandt" in added.content.decode()
    again = client.post(url("people_add", room), {"email": manager.email, "role": "client"}, **htmx)
    assert (again.status_code, "takes part already" in again.content.decode()) == (422, True)
    unknown = client.post(url("people_add", room), {"email": "x@y.zz", "role": "client"}, **htmx)
    assert "x@y.zz" in unknown.content.decode()
    client.post(url("people_role", room, manager.pk), {"role": "participant"}, **htmx)
    assert Participant.objects.get(room=room, user=manager).role == Role.PARTICIPANT
    removed = client.post(url("people_remove", room, manager.pk), **htmx).content.decode()
    assert Participant.objects.get(room=room, user=manager).left_at is not None
    assert removed.index("No longer here") < removed.index("Helen Brandt")
    assert signed_in(client, manager).get(url("room", room)).status_code == 404


def test_somebody_added_has_the_same_colour_in_the_panel_and_on_the_stage(
    client: Client, room: Room, consultant: User
) -> None:
    signed_in(client, consultant)
    added = User.objects.create(
        id=UUID(int=consultant.pk.int ^ (1 << 64)), email="ines@demo.test", name="Ines Moreau"
    )
    EmailAddress.objects.create(user=added, email=added.email, verified=True, primary=True)
    assert added.person_colour == consultant.person_colour
    stage = client.post(
        url("people_add", room),
        {"email": added.email, "role": "observer"},
        headers={"HX-Request": "true"},
    )
    panel = client.get(url("people", room))
    shown = [
        re.findall(rf"face (person-\d)[^>]*>{added.initials}<", page.content.decode())
        for page in (stage, panel)
    ]
    assert shown[0] == shown[1] != [f"person-{consultant.person_colour}"]


def test_leaving_leads_home(client: Client, room: Room, client_user: User) -> None:
    answer = signed_in(client, client_user).post(url("people_remove", room, client_user.pk))
    assert answer["Location"] == "/"
    assert "You have left" in client.get("/").content.decode()
    assert client.get(url("room", room)).status_code == 404


def test_agenda_is_edited_and_moved(client: Client, room: Room, consultant: User) -> None:
    signed_in(client, consultant)
    htmx: dict[str, Any] = {"headers": {"HX-Request": "true"}}

    def titles() -> list[str]:
        return list(room.agenda.order_by("position").values_list("title", flat=True))

    client.post(url("agenda_add", room), {"title": "Added", "minutes": "5"}, **htmx)
    item = room.agenda.get(title="Added")
    client.post(url("agenda_move", room, item.pk), {"direction": "up"}, **htmx)
    assert titles() == ["Where we stand", "The question", "Added", "Decisions and dates"]
    client.post(url("agenda_change", room, item.pk), {"title": "Changed", "minutes": "7"}, **htmx)
    client.post(url("agenda_go", room), {"item": str(item.pk)}, **htmx)
    room.refresh_from_db()
    assert room.current_item is not None
    assert (room.current_item.title, room.current_item.minutes) == ("Changed", 7)
    refused = client.post(url("agenda_remove", room, item.pk), **htmx)
    assert refused.status_code == 409
    shown = client.post(url("agenda_go", room), {"item": ""}, **htmx).content.decode()
    # The menu asks first; the form that removes is in that dialog alone.
    assert f'data-open-dialog="remove-item-{item.pk}"' in shown
    dialog = shown.partition(f'<dialog class="dialog" id="remove-item-{item.pk}"')[2]
    assert "Remove “Changed”?" in dialog.partition("</dialog>")[0]
    removes = f'hx-post="{url("agenda_remove", room, item.pk)}"'
    assert shown.count(removes) == dialog.partition("</dialog>")[0].count(removes) == 1
    client.post(url("agenda_remove", room, item.pk), **htmx)
    assert titles() == ["Where we stand", "The question", "Decisions and dates"]
    client.post(url("agenda_clock", room), {"follow": "on"}, **htmx)
    room.refresh_from_db()
    assert room.agenda_follows_clock
    wrong = client.post(url("agenda_add", room), {"title": "", "minutes": "0"}, **htmx)
    assert wrong.status_code == 422
    assert client.post(url("agenda_go", room), {"item": "no-uuid"}, **htmx).status_code == 404


def test_timeline_tells_the_log_in_words(
    client: Client, room: Room, consultant: User, manager: User
) -> None:
    add_participant(actor=consultant, room=room, user=manager, role=Role.OBSERVER)
    text = signed_in(client, consultant).get(url("stage_timeline", room)).content.decode()
    assert "Mara Lindqvist created the consultation" in text
    assert "Mara Lindqvist added Helen Brandt as observer" in text
    seq = Event.objects.filter(name="ParticipantAdded", stream__kind="room").latest("pk").seq
    older = client.get(f"{url('stage_timeline', room)}?before={seq}").content.decode()
    assert "Helen Brandt" not in older
    assert "created the consultation" in older


@pytest.mark.parametrize("pane", ["header", "people", "agenda", "stage_agenda", "stage_people"])
def test_panes_answer_participants_only(
    client: Client, room: Room, client_user: User, outsider: User, pane: str
) -> None:
    assert signed_in(client, client_user).get(url(pane, room)).status_code == 200
    assert signed_in(client, outsider).get(url(pane, room)).status_code == 404


def test_unknown_room_is_not_found(client: Client, consultant: User) -> None:
    answer = signed_in(client, consultant).get(reverse("rooms:room", args=[uuid4()]))
    assert answer.status_code == 404
    assert "Nothing is here" in answer.content.decode()


def test_link_to_a_message_opens_the_page_around_it(
    client: Client, room: Room, consultant: User, client_user: User
) -> None:
    fill(room, client_user, 200)
    linked = Message.objects.get(body="Message 20")
    answer = signed_in(client, consultant).get(f"{url('room', room)}?message={linked.pk}")
    text = answer.content.decode()
    assert f'data-linked="{linked.pk}"' in text
    assert "Message 19<" in text
    assert "Message 199<" not in text


def test_who_may_not_add_people_learns_nothing_of_addresses(
    client: Client, room: Room, client_user: User, manager: User
) -> None:
    signed_in(client, client_user)
    answers = [
        client.post(
            url("people_add", room),
            {"email": email, "role": "client"},
            headers={"HX-Request": "true"},
        )
        for email in (manager.email, "nobody@nowhere.test")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
