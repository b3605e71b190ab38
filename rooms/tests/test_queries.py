"""Lists of rooms, who is in them, the ruler, the day and the timeline."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from rooms.actions.agenda import go_to_item, order_agenda, set_agenda_clock
from rooms.actions.lifecycle import cancel_room, complete_room, start_room, update_room
from rooms.actions.participants import (
    add_participant,
    change_role,
    enter_room,
    go_away,
    remove_participant,
)
from rooms.models import AgendaItem, Mode, Participant, Role, Room, Visit
from rooms.queries import day, people, resources, ruler, timeline
from rooms.queries import rooms as queries
from rooms.tasks import close_stale_visits
from tests.fixtures import capture_events

MakeRoom = Callable[..., Room]
MINUTE = timedelta(minutes=1)


def agenda(room: Room) -> list[AgendaItem]:
    return list(room.agenda.order_by("position"))


def began(room: Room, minutes: float) -> Room:
    """The room, and its current item, as if begun so many minutes ago."""
    at = timezone.now() - minutes * MINUTE
    Room.objects.filter(pk=room.pk).update(started_at=at)
    room.agenda.filter(started_at__isnull=False, finished_at__isnull=True).update(started_at=at)
    return Room.objects.get(pk=room.pk)


def socket_open(user: User, *streams: str, state: str = "active") -> None:
    """As if a socket of theirs followed these streams."""
    value = {"state": state, "until": time.time() + 30, "streams": list(streams)}
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.hset(f"presence:{user.pk}", "socket", json.dumps(value))
        client.expire(f"presence:{user.pk}", 30)


# Lists ------------------------------------------------------------------------------------


def test_home_sorts_rooms_by_what_they_ask_for(
    make_room: MakeRoom, consultant: User, client_user: User, outsider: User
) -> None:
    now = timezone.now()
    live = make_room("Live", active=True)
    unstarted = make_room("Not begun")
    late = make_room("Late", mode=Mode.SCHEDULED, scheduled_at=now - 5 * MINUTE)
    missed = make_room("Missed", mode=Mode.SCHEDULED, scheduled_at=now - 120 * MINUTE)
    later = make_room("Later", mode=Mode.SCHEDULED, scheduled_at=now + 90 * MINUTE)
    soon = make_room("Soon", mode=Mode.SCHEDULED, scheduled_at=now + 25 * MINUTE)
    done = complete_room(actor=consultant, room=make_room("Done", active=True))
    page = queries.home(client_user)
    assert (page.next, page.upcoming) == (late, [soon, later])
    assert (page.live, page.past) == ([live], [done])
    assert page.waiting == [missed, unstarted]
    assert queries.home(outsider) == queries.Home(next=None, day=queries.home(outsider).day)


def test_the_past_is_ordered_by_its_end_however_it_ended(
    make_room: MakeRoom, consultant: User
) -> None:
    first = cancel_room(actor=consultant, room=make_room("Cancelled first"))
    second = complete_room(actor=consultant, room=make_room("Then completed", active=True))
    third = cancel_room(actor=consultant, room=make_room("Cancelled last"))
    assert queries.home(consultant).past == [third, second, first]


@pytest.mark.parametrize("number", [1, 6])
def test_home_costs_the_same_with_many_rooms(
    number: int,
    make_room: MakeRoom,
    consultant: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for index in range(number):
        make_room(f"Live {index}", active=True)
        make_room(f"Soon {index}", mode=Mode.SCHEDULED, scheduled_at=timezone.now() + MINUTE)
    with django_assert_max_num_queries(9):
        queries.home(consultant)


def test_rooms_are_found_by_status_mode_and_words(
    make_room: MakeRoom, consultant: User, client_user: User, outsider: User
) -> None:
    import_plan = make_room("Order import", active=True)
    ward = make_room("Ward access", client=outsider, description="Referral forms")

    def found(user: User = consultant, **filters: str) -> set[Room]:
        return set(queries.filtered_rooms(user, **filters))

    assert found() == {import_plan, ward}
    assert found(status="active") == {import_plan}
    assert found(status="nonsense") == {import_plan, ward}
    assert found(mode="asynchronous") == set()
    assert found(text="ORDER") == {import_plan}
    assert found(text="referral ward") == {ward}
    assert found(text="tomas import") == {import_plan}
    assert found(text="100%") == set()
    assert found(client_user) == {import_plan}
    (row,) = queries.filtered_rooms(client_user)
    assert [place.user for place in row.others] == [consultant]  # type: ignore[attr-defined]


def test_a_room_and_its_conversation_exist_for_who_takes_part(
    room: Room, client_user: User, outsider: User
) -> None:
    assert queries.room_for_page(client_user, room.pk).get() == room
    assert not queries.room_for_page(outsider, room.pk).exists()
    for place_id in (room.pk, room.conversation_id):
        assert queries.conversation_of(client_user, place_id) == room.conversation
        assert queries.conversation_of(outsider, place_id) is None
    assert queries.conversation_of(client_user, uuid4()) is None


# The day ----------------------------------------------------------------------------------


def test_the_day_shows_todays_consultations_in_quarters(
    make_room: MakeRoom, consultant: User
) -> None:
    """8:00 is column 0. In UTC, the active zone of tests."""
    base = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)

    def at(hour: int, minute: int, minutes: int, name: str, days: int = 0) -> Room:
        return make_room(
            name,
            mode=Mode.SCHEDULED,
            scheduled_at=base + timedelta(days=days, hours=hour, minutes=minute),
            duration_minutes=minutes,
        )

    done = start_room(actor=consultant, room=at(9, 0, 60, "Done"))
    complete_room(actor=consultant, room=done)
    following = at(14, 30, 50, "Following")
    afterwards = at(16, 0, 5, "Afterwards")
    over_the_edge = at(17, 30, 120, "Over the edge")
    at(4, 0, 30, "Before the ruler")
    at(20, 0, 30, "After the ruler")
    at(10, 0, 30, "Tomorrow", days=1)
    cancel_room(actor=consultant, room=at(11, 0, 30, "Cancelled"))
    shown = day.day_of(Room.objects.visible_to(consultant), base + timedelta(hours=14))
    assert (shown.begins_hour, shown.ends_hour, shown.now) == (8, 18, 24)
    assert list(shown.hours) == list(range(8, 18))
    assert [(slot.room, slot.start, slot.end, slot.state) for slot in shown.slots] == [
        (done, 4, 8, "past"),
        (following, 26, 30, "next"),
        (afterwards, 32, 33, ""),
        (over_the_edge, 38, 40, ""),
    ]


@pytest.mark.parametrize(
    ("hour", "begins_hour"), [(0, 0), (6, 6), (8, 8), (12, 8), (17, 9), (23, 14)]
)
@pytest.mark.django_db
def test_the_day_moves_to_show_this_moment(hour: int, begins_hour: int) -> None:
    shown = day.day_of(Room.objects.none(), datetime(2026, 11, 20, hour, 30, tzinfo=UTC))
    assert shown.begins_hour == begins_hour
    assert shown.now == (hour - begins_hour) * 4 + 2


# People -----------------------------------------------------------------------------------


def test_people_with_presence_time_and_messages(
    room: Room, consultant: User, client_user: User, manager: User, say: Callable[..., object]
) -> None:
    add_participant(actor=consultant, room=room, user=manager, role=Role.OBSERVER)
    enter_room(actor=client_user, room=room)
    go_away(actor=client_user, room=room, user=client_user)
    enter_room(actor=client_user, room=room)
    now = timezone.now()
    first, second = Visit.objects.order_by("entered_at")
    Visit.objects.filter(pk=first.pk).update(
        entered_at=now - 20 * MINUTE, ended_at=now - 10 * MINUTE
    )
    Visit.objects.filter(pk=second.pk).update(entered_at=now - 5 * MINUTE)
    say(client_user, room, "One")
    say(client_user, room, "Two")
    socket_open(client_user, str(room.stream))
    socket_open(manager, str(room.stream), state="away")
    socket_open(consultant, "room:elsewhere")
    rows = people.people_in(Room.objects.get(pk=room.pk)).rows
    assert [row.user for row in rows] == [consultant, client_user, manager]
    assert [row.state for row in rows] == ["offline", "active", "away"]
    assert [row.ring for row in rows] == ["", "live", "away"]
    assert [row.minutes_in_room for row in rows] == [0, 15, 0]
    assert [row.messages_sent for row in rows] == [0, 2, 0]
    assert [row.organisation for row in rows] == ["Lindqvist & Raman", "Northwind", "Northwind"]
    assert [row.last_seen_at is not None for row in rows] == [False, True, False]
    assert rows[0].id_text == str(consultant.pk)


def test_a_ring_is_live_only_while_the_room_is(make_room: MakeRoom, client_user: User) -> None:
    room = make_room()
    socket_open(client_user, str(room.stream))
    rings = {row.user: row.ring for row in people.people_in(room).rows}
    assert rings[client_user] == "here"


def test_a_place_is_found_by_who_may_see_the_room(
    room: Room, consultant: User, client_user: User, outsider: User
) -> None:
    assert people.participant_of(consultant, room, client_user.pk).get().user == client_user
    assert not people.participant_of(outsider, room, client_user.pk).exists()
    place = Participant.objects.get(user=client_user)
    remove_participant(actor=consultant, participant=place)
    assert not people.participant_of(consultant, room, client_user.pk).exists()


def test_stays_without_a_socket_are_closed(room: Room, consultant: User, client_user: User) -> None:
    for person in (consultant, client_user):
        enter_room(actor=person, room=room)
    assert people.stale_visits() == []  # younger than the expiry of presence
    Visit.objects.update(entered_at=timezone.now() - MINUTE)
    socket_open(client_user, str(room.stream))
    (visit,) = people.stale_visits()
    assert visit.participant.user == consultant
    with capture_events() as events:
        close_stale_visits()
    assert [(event.name, event.actor.is_system) for event in events] == [
        ("ParticipantWentAway", True)
    ]
    assert people.stale_visits() == []


# The ruler --------------------------------------------------------------------------------


def states(shown: ruler.Ruler) -> list[str]:
    return [segment.state for segment in shown.segments]


def test_the_ruler_by_hand(room: Room, consultant: User) -> None:
    room = began(room, 12)
    shown = ruler.ruler(room, agenda(room))
    assert states(shown) == ["now", "track", "track"]
    assert [segment.start for segment in shown.segments] == [0, 10, 40]
    assert shown.words == "12 of 60 minutes; item 1 of 3: Where we stand"
    assert shown.following == agenda(room)[1]
    assert shown.current is not None
    assert shown.current.words == "12 of 10 min"
    assert (shown.current.width, shown.current.filled_width) == (9.8, 9.8)
    assert ruler.current_item(room, agenda(room)) == agenda(room)[0]
    go_to_item(actor=consultant, room=room, item=agenda(room)[2])
    room.refresh_from_db()
    shown = ruler.ruler(room, agenda(room))
    assert states(shown) == ["past", "track", "now"]
    assert shown.following is None
    go_to_item(actor=consultant, room=room, item=None)
    room.refresh_from_db()
    shown = ruler.ruler(room, agenda(room))
    assert states(shown) == ["past", "track", "past"]
    assert (shown.current, shown.words) == (None, "12 of 60 minutes")
    assert shown.following == agenda(room)[1]
    assert ruler.current_item(room, agenda(room)) is None


def test_the_ruler_by_the_clock(room: Room, consultant: User) -> None:
    set_agenda_clock(actor=consultant, room=room, follows_clock=True)
    room = began(room, 25)
    shown = ruler.ruler(room, agenda(room))
    assert states(shown) == ["past", "now", "track"]
    assert shown.current is not None
    assert round(shown.current.filled) == 15
    assert room.started_at is not None
    assert shown.current.since == room.started_at + 10 * MINUTE
    complete_room(actor=consultant, room=room)
    room.refresh_from_db()
    assert states(ruler.ruler(room, agenda(room))) == ["past", "past", "track"]


def test_before_the_start_and_without_a_clock_nothing_is_filled(
    make_room: MakeRoom, consultant: User
) -> None:
    room = make_room()
    assert states(ruler.ruler(room, agenda(room))) == ["track"] * 3
    room = start_room(actor=consultant, room=make_room(mode=Mode.ASYNCHRONOUS))
    shown = ruler.ruler(room, agenda(room))
    assert (states(shown), shown.elapsed_minutes) == (["track"] * 3, 0)


def test_without_an_agenda_the_ruler_is_the_planned_time(
    make_room: MakeRoom, consultant: User
) -> None:
    room = make_room()
    assert states(ruler.ruler(room, [])) == ["track"]
    room = began(start_room(actor=consultant, room=room), 30)
    shown = ruler.ruler(room, [])
    assert (states(shown), shown.words) == (["now"], "30 of 60 minutes")
    complete_room(actor=consultant, room=room)
    room.refresh_from_db()
    assert states(ruler.ruler(room, [])) == ["past"]


def test_a_rooms_times(room: Room, make_room: MakeRoom, consultant: User) -> None:
    now = began(room, 34)
    assert now.elapsed_words in ("34:00", "34:01")
    assert now.left_words == "25 min left"
    late = began(room, 64.5)
    assert late.elapsed_words.startswith("1:04:3")
    assert late.left_words == "over by 5 min"
    waiting = make_room()
    assert (waiting.ends_at, waiting.left_words, waiting.elapsed_seconds) == (None, "", 0)
    done = complete_room(actor=consultant, room=room)
    assert done.ends_at == done.completed_at


# The timeline -----------------------------------------------------------------------------


def test_the_timeline_says_the_log_in_words(
    make_room: MakeRoom, consultant: User, client_user: User, manager: User
) -> None:
    room = make_room()
    add_participant(actor=consultant, room=room, user=manager, role=Role.OBSERVER)
    place = Participant.objects.get(user=manager)
    change_role(actor=consultant, participant=place, role=Role.PARTICIPANT)
    update_room(actor=consultant, room=room, changes={"name": "New", "duration_minutes": 30})
    order_agenda(actor=consultant, room=room, item_ids=[item.pk for item in agenda(room)])
    start_room(actor=consultant, room=room)
    enter_room(actor=client_user, room=room)
    go_away(actor=client_user, room=room, user=client_user)
    remove_participant(actor=manager, participant=place)
    remove_participant(actor=consultant, participant=Participant.objects.get(user=client_user))
    complete_room(actor=consultant, room=room)
    page = timeline.timeline(room)
    assert [entry.words for entry in reversed(page.entries)] == [
        "Mara Lindqvist created the consultation",
        "Mara Lindqvist took part as host",
        "Mara Lindqvist added Tomas Okafor as client",
        "Mara Lindqvist added Helen Brandt as observer",
        "Mara Lindqvist made Helen Brandt participant",
        "Mara Lindqvist changed the name, the planned minutes",
        "Mara Lindqvist changed the agenda",
        "Mara Lindqvist started the consultation",
        "Mara Lindqvist went to “Where we stand”",
        "Tomas Okafor came in",
        "Tomas Okafor went away",
        "Helen Brandt left for good",
        "Mara Lindqvist removed Tomas Okafor",
        "Mara Lindqvist completed the consultation",
        "Mara Lindqvist finished the agenda item",
    ]
    assert page.before is None
    assert "circle" not in {entry.icon for entry in page.entries}


def test_the_timeline_has_pages_of_the_same_cost(
    room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        first = timeline.timeline(room, limit=3)
    second = timeline.timeline(room, before=first.before, limit=100)
    numbers = [entry.seq for entry in first.entries + second.entries]
    assert numbers == list(range(5, 0, -1))
    assert (first.before, second.before) == (3, None)


# Resources --------------------------------------------------------------------------------


def test_rooms_as_somebody_sees_them(
    room: Room, consultant: User, client_user: User, manager: User
) -> None:
    add_participant(actor=consultant, room=room, user=manager, role=Role.OBSERVER)
    remove_participant(actor=manager, participant=Participant.objects.get(user=manager))
    (row,) = resources.as_seen_by(client_user, Room.objects.visible_to(client_user))
    assert row.codenames == sorted(  # type: ignore[attr-defined]
        ["view", "chat", "edit_workspace", "share_files", "share_screen", "control_sandbox"]
    )
    assert [place.user for place in row.present] == [consultant, client_user]  # type: ignore[attr-defined]
    assert row.items == agenda(room)  # type: ignore[attr-defined]
    assert {place.user for place in resources.participants_of(room, left=False)} == {
        consultant,
        client_user,
    }
    assert [place.user for place in resources.participants_of(room, left=True)] == [manager]


@pytest.mark.django_db
def test_offered_types_are_the_active_ones() -> None:
    types = resources.offered_types()
    assert {row.slug for row in types} == {
        "consultation",
        "technical-review",
        "training",
        "review",
        "coaching",
    }
    types.filter(slug="coaching").update(is_active=False)
    assert "coaching" not in {row.slug for row in resources.offered_types()}
