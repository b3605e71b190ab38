"""The agenda is edited, and moves on by hand or by time."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from rooms.actions.agenda import (
    MAX_ITEMS,
    AgendaIsFixed,
    InvalidAgenda,
    add_agenda_item,
    change_agenda_item,
    go_to_item,
    order_agenda,
    remove_agenda_item,
    set_agenda_clock,
)
from rooms.actions.lifecycle import complete_room
from rooms.models import AgendaItem, Room
from tests.fixtures import capture_events, names, refused


def titles(room: Room) -> list[str]:
    return list(room.agenda.order_by("position").values_list("title", flat=True))


def item(room: Room, position: int) -> AgendaItem:
    return room.agenda.get(position=position)


def test_items_are_added_changed_and_removed(
    make_room: Callable[..., Room], consultant: User
) -> None:
    room = make_room()
    with capture_events() as events:
        added = add_agenda_item(actor=consultant, room=room, title=" Risks ", minutes=5)
        change_agenda_item(actor=consultant, item=added, title="Risks, again", minutes=7)
        remove_agenda_item(actor=consultant, item=item(room, 1))
    assert titles(room) == ["Where we stand", "Decisions and dates", "Risks, again"]
    added.refresh_from_db()
    assert (added.position, added.minutes, str(added)) == (3, 7, "Risks, again")
    assert names(events) == ["AgendaChanged"] * 3
    assert events[0].data == {"room_id": str(room.pk)}


def test_the_first_item_of_an_empty_agenda_is_number_0(
    make_room: Callable[..., Room], consultant: User
) -> None:
    room = make_room()
    room.agenda.all().delete()
    assert add_agenda_item(actor=consultant, room=room, title="One", minutes=5).position == 0


@pytest.mark.parametrize(
    ("title", "minutes", "said"),
    [
        ("  ", 5, "Name the agenda item."),
        ("x" * 121, 5, "At most 120 characters."),
        ("Risks", 0, "An item lasts 1 to 1440 minutes."),
        ("Risks", 1441, "An item lasts 1 to 1440 minutes."),
    ],
)
def test_what_is_not_acceptable_is_refused(
    title: str, minutes: int, said: str, room: Room, consultant: User
) -> None:
    with refused(InvalidAgenda, said):
        add_agenda_item(actor=consultant, room=room, title=title, minutes=minutes)
    with refused(InvalidAgenda, said):
        change_agenda_item(actor=consultant, item=item(room, 0), title=title, minutes=minutes)


def test_an_agenda_has_an_end(room: Room, consultant: User) -> None:
    for number in range(MAX_ITEMS - room.agenda.count()):
        add_agenda_item(actor=consultant, room=room, title=f"Item {number}", minutes=1)
    with refused(InvalidAgenda, "An agenda has at most 30 items."):
        add_agenda_item(actor=consultant, room=room, title="One more", minutes=1)


def test_who_may_edit_the_agenda(
    room: Room, client_user: User, colleague: User, outsider: User
) -> None:
    for person in (client_user, colleague, outsider):
        with refused(NotAllowed):
            add_agenda_item(actor=person, room=room, title="Mine", minutes=5)
        with refused(NotAllowed):
            change_agenda_item(actor=person, item=item(room, 0), title="Mine", minutes=5)
        with refused(NotAllowed):
            remove_agenda_item(actor=person, item=item(room, 1))
        with refused(NotAllowed):
            order_agenda(actor=person, room=room, item_ids=[])
        with refused(NotAllowed):
            set_agenda_clock(actor=person, room=room, follows_clock=True)
        with refused(NotAllowed):
            go_to_item(actor=person, room=room, item=item(room, 1))


def test_the_current_item_stays(room: Room, consultant: User) -> None:
    with refused(AgendaIsFixed, "This item is being talked about."):
        remove_agenda_item(actor=consultant, item=item(room, 0))


def test_the_order_names_every_item_once(room: Room, consultant: User) -> None:
    first, second, third = room.agenda.order_by("position")
    with capture_events() as events:
        order_agenda(actor=consultant, room=room, item_ids=[third.pk, first.pk, second.pk])
    assert titles(room) == ["Decisions and dates", "Where we stand", "The question"]
    assert names(events) == ["AgendaChanged"]
    for wrong in (
        [first.pk, second.pk],
        [first.pk, first.pk, second.pk],
        [first.pk, second.pk, uuid4()],
        [first.pk, second.pk, third.pk, third.pk],
    ):
        with refused(InvalidAgenda, "The agenda has changed meanwhile."):
            order_agenda(actor=consultant, room=room, item_ids=wrong)


def test_moving_on_by_hand(room: Room, consultant: User) -> None:
    with capture_events() as events:
        go_to_item(actor=consultant, room=room, item=item(room, 1))
        go_to_item(actor=consultant, room=room, item=None)
    room.refresh_from_db()
    assert room.current_item is None
    assert [event.data for event in events] == [
        {"item_id": str(item(room, 1).pk)},
        {"item_id": None},
    ]
    assert {event.name for event in events} == {"AgendaItemStarted"}
    assert item(room, 0).finished_at is not None
    assert item(room, 1).started_at is not None
    assert item(room, 1).finished_at is not None


def test_moving_by_hand_takes_the_agenda_off_the_clock(room: Room, consultant: User) -> None:
    with capture_events() as events:
        set_agenda_clock(actor=consultant, room=room, follows_clock=True)
        set_agenda_clock(actor=consultant, room=room, follows_clock=True)
        go_to_item(actor=consultant, room=room, item=item(room, 2))
    room.refresh_from_db()
    assert not room.agenda_follows_clock
    assert names(events) == ["AgendaChanged", "AgendaItemStarted"]


@pytest.fixture
def by_the_clock(room: Room, consultant: User) -> Room:
    """For 15 minutes; items of 10, 30 and 20 minutes: the second is on since 5 minutes."""
    set_agenda_clock(actor=consultant, room=room, follows_clock=True)
    began_at = timezone.now() - timedelta(minutes=15)
    Room.objects.filter(pk=room.pk).update(started_at=began_at)
    room.refresh_from_db()
    return room


def test_the_item_that_is_on_by_the_clock_stays_on_by_hand(
    by_the_clock: Room, consultant: User
) -> None:
    room = by_the_clock
    assert room.started_at is not None
    with capture_events() as events:
        set_agenda_clock(actor=consultant, room=room, follows_clock=False)
    room.refresh_from_db()
    second_at = room.started_at + timedelta(minutes=10)
    assert (room.current_item, room.agenda_follows_clock) == (item(room, 1), False)
    times = room.agenda.order_by("position").values_list("started_at", "finished_at")
    assert list(times) == [(room.started_at, second_at), (second_at, None), (None, None)]
    assert names(events) == ["AgendaChanged"]


def test_after_the_last_item_none_is_on(by_the_clock: Room, consultant: User) -> None:
    room = by_the_clock
    Room.objects.filter(pk=room.pk).update(started_at=timezone.now() - timedelta(hours=2))
    set_agenda_clock(actor=consultant, room=room, follows_clock=False)
    room.refresh_from_db()
    assert room.current_item is None
    assert not room.agenda.filter(finished_at=None).exists()


def test_a_clock_that_does_not_run_moves_nothing(
    make_room: Callable[..., Room], consultant: User
) -> None:
    room = make_room()
    for follows_clock in (True, False):
        set_agenda_clock(actor=consultant, room=room, follows_clock=follows_clock)
    room.refresh_from_db()
    assert room.current_item is None
    assert not room.agenda.exclude(started_at=None).exists()


def test_moving_on_from_the_clock_finishes_what_was_on(
    by_the_clock: Room, consultant: User
) -> None:
    room = by_the_clock
    assert room.started_at is not None
    go_to_item(actor=consultant, room=room, item=item(room, 2))
    assert item(room, 0).finished_at == room.started_at + timedelta(minutes=10)
    assert item(room, 1).started_at == room.started_at + timedelta(minutes=10)
    assert item(room, 1).finished_at == item(room, 2).started_at


def test_the_item_that_is_on_by_the_clock_is_not_removed(
    by_the_clock: Room, consultant: User
) -> None:
    with refused(AgendaIsFixed, "This item is being talked about."):
        remove_agenda_item(actor=consultant, item=item(by_the_clock, 1))
    remove_agenda_item(actor=consultant, item=item(by_the_clock, 2))
    assert titles(by_the_clock) == ["Where we stand", "The question"]


def test_moving_is_refused(room: Room, make_room: Callable[..., Room], consultant: User) -> None:
    other = make_room("Another")
    with refused(AgendaIsFixed, "The agenda moves once the consultation has started."):
        go_to_item(actor=consultant, room=other, item=item(other, 0))
    with refused(InvalidAgenda, "This item belongs to another consultation."):
        go_to_item(actor=consultant, room=room, item=item(other, 0))


def test_the_agenda_of_what_is_over_stays(room: Room, consultant: User) -> None:
    complete_room(actor=consultant, room=room)
    with refused(AgendaIsFixed, "its agenda stays as it is"):
        add_agenda_item(actor=consultant, room=room, title="Late", minutes=5)
    with refused(AgendaIsFixed):
        go_to_item(actor=consultant, room=room, item=item(room, 0))


def test_item_removed_meanwhile_is_not_changed(room: Room, consultant: User) -> None:
    item = room.agenda.get(title="Decisions and dates")
    seen_before = AgendaItem.objects.get(pk=item.pk)
    remove_agenda_item(actor=consultant, item=item)
    with refused(AgendaIsFixed, "Somebody has removed this item meanwhile."):
        change_agenda_item(actor=consultant, item=seen_before, title="New", minutes=5)
