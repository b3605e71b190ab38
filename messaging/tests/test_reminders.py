"""Reminders of messages: set, moved, told once, answered."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import NotAllowed
from core.models import Event
from core.outages import database_outage
from core.publish import lock
from messaging import tasks
from messaging.actions import reminders as actions
from messaging.actions.messages import MessageIsDeleted, delete_message
from messaging.actions.reminders import (
    NoteTooLong,
    ReminderIsOver,
    TooManyReminders,
    cancel_reminder,
    change_reminder,
    complete_reminder,
    set_reminder,
    tell_due_reminder,
)
from messaging.fragments import reminder_resource
from messaging.models import Message, Reminder
from messaging.queries.later import TooFar, TooSoon, choices
from messaging.queries.reminders import number_due, open_reminders, reminder_of, reminders_of
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.fixtures import capture_events, names, refused
from tests.races import Racer

Say = Callable[..., Message]


def ahead(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


@pytest.fixture
def message(room: Room, consultant: User, say: Say) -> Message:
    return say(consultant, room, "Send me the August sheet")


def remind(user: User, message: Message, **more: Any) -> Reminder:
    return set_reminder(actor=user, message=message, **({"remind_at": ahead(hours=1)} | more))


def time_comes(reminder: Reminder) -> Reminder:
    Reminder.objects.filter(pk=reminder.pk).update(remind_at=ahead(seconds=-1))
    reminder.refresh_from_db()
    return reminder


def test_set_and_moved(client_user: User, consultant: User, message: Message) -> None:
    at = ahead(hours=2)
    with capture_events() as events:
        reminder = remind(client_user, message, remind_at=at, note=" Ask\nAnna ")
        moved = remind(client_user, message, remind_at=at + timedelta(hours=1), note="Ask her")
        remind(client_user, message, remind_at=at + timedelta(hours=1), note="Ask her")
    assert names(events) == ["ReminderSet", "ReminderChanged"]
    assert {event.stream.object_id for event in events} == {client_user.pk}
    assert events[0].data == {"reminder_id": str(reminder.pk)}
    assert (reminder.note, reminder.is_repeat, str(reminder)) == (
        "Ask Anna", False, f"Reminder {reminder.pk}",
    )  # fmt: skip
    assert (moved.pk, moved.is_repeat, moved.note) == (reminder.pk, True, "Ask her")
    assert reminder_of(client_user, message) == moved
    assert list(open_reminders(consultant)) == []


def test_what_is_refused(
    client_user: User, outsider: User, consultant: User, message: Message
) -> None:
    with refused(NotAllowed):
        remind(outsider, message)
    with refused(TooSoon):
        remind(client_user, message, remind_at=ahead(seconds=5))
    with refused(TooFar):
        remind(client_user, message, remind_at=ahead(days=400))
    with refused(NoteTooLong):
        remind(client_user, message, note="x" * 501)
    delete_message(actor=consultant, message=message)
    message.refresh_from_db()
    with refused(MessageIsDeleted):
        remind(client_user, message)


def test_not_without_end(
    client_user: User, message: Message, room: Room, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_REMINDERS", 1)
    first = remind(client_user, message)
    another = say(client_user, room, "Another")
    with refused(TooManyReminders):
        remind(client_user, another)
    complete_reminder(actor=client_user, reminder=first)
    remind(client_user, another)


def test_told_once_and_due_until_it_is_answered(client_user: User, message: Message) -> None:
    reminder = remind(client_user, message)
    tasks.tell_due_reminders()
    assert number_due(client_user) == 0
    time_comes(reminder)
    with capture_events() as events:
        tasks.tell_due_reminders()
        tasks.tell_due_reminders()
    assert names(events) == ["ReminderDue"]
    assert (events[0].actor.is_system, events[0].stream.object_id) == (True, client_user.pk)
    assert events[0].data == {"reminder_id": str(reminder.pk)}
    assert number_due(client_user) == 1
    at = ahead(hours=1)
    with capture_events() as events:
        change_reminder(actor=client_user, reminder=reminder, note="Still")
        later = change_reminder(actor=client_user, reminder=reminder, remind_at=at)
        change_reminder(actor=client_user, reminder=reminder)
    assert names(events) == ["ReminderChanged", "ReminderChanged"]
    assert (later.state, later.remind_at, later.note) == ("waiting", at, "Still")
    time_comes(reminder)
    tasks.tell_due_reminders()
    with capture_events() as events:
        complete_reminder(actor=client_user, reminder=reminder)
        done = complete_reminder(actor=client_user, reminder=reminder)
    assert (names(events), done.state, done.is_open) == (["ReminderCompleted"], "done", False)
    assert number_due(client_user) == 0
    assert remind(client_user, message).pk != reminder.pk


def test_over_is_over(client_user: User, message: Message) -> None:
    reminder = remind(client_user, message)
    with capture_events() as events:
        cancel_reminder(actor=client_user, reminder=reminder)
        cancel_reminder(actor=client_user, reminder=reminder)
    assert names(events) == ["ReminderCancelled"]
    with refused(ReminderIsOver):
        complete_reminder(actor=client_user, reminder=reminder)
    with refused(ReminderIsOver):
        change_reminder(actor=client_user, reminder=reminder, remind_at=ahead(hours=1))
    time_comes(reminder)
    tasks.tell_due_reminders()
    assert not tell_due_reminder(actor=User.objects.system(), reminder_id=reminder.pk)


def test_a_time_that_is_no_time(client_user: User, message: Message) -> None:
    reminder = remind(client_user, message)
    with refused(TooSoon):
        change_reminder(actor=client_user, reminder=reminder, remind_at=ahead(seconds=-5))


def test_nobody_touches_anothers(client_user: User, consultant: User, message: Message) -> None:
    reminder = remind(client_user, message)
    for act in (change_reminder, complete_reminder, cancel_reminder):
        with refused(NotAllowed):
            act(actor=consultant, reminder=reminder)
    with refused(NotAllowed):
        tell_due_reminder(actor=client_user, reminder_id=reminder.pk)


def test_of_what_one_may_not_read_any_more_nothing_is_told(
    client_user: User, room: Room, message: Message
) -> None:
    reminder = remind(client_user, message, note="Mine")
    shown = reminder_resource(reminders_of(client_user).get())
    assert (shown["author"], shown["excerpt"], shown["is_available"]) == (
        "Mara Lindqvist", "Send me the August sheet", True,
    )  # fmt: skip
    assert shown["url"] == f"/messages/{message.pk}/"
    remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
    time_comes(reminder)
    tasks.tell_due_reminders()
    shown = reminder_resource(reminders_of(client_user).get())
    assert (shown["author"], shown["excerpt"], shown["url"]) == ("", "", "")
    assert (shown["is_available"], shown["note"], shown["state"]) == (False, "Mine", "due")


def test_of_what_was_deleted_nothing_is_told(
    client_user: User, consultant: User, message: Message
) -> None:
    remind(client_user, message)
    delete_message(actor=consultant, message=message)
    shown = reminder_resource(reminders_of(client_user).get())
    assert (shown["is_available"], shown["excerpt"]) == (False, "")


def test_while_postgresql_is_away_the_next_call_does(
    client_user: User, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    time_comes(remind(client_user, message))

    def away(**fields: Any) -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr(database_outage, "_since", None)
    with monkeypatch.context() as patch:
        patch.setattr(tasks, "tell_due_reminder", away)
        tasks.tell_due_reminders()
    assert database_outage.is_on
    database_outage.over()
    tasks.tell_due_reminders()
    assert number_due(client_user) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_it_once(client_user: User, system: User, message: Message) -> None:
    reminder = time_comes(remind(client_user, message))
    with transaction.atomic():
        lock(client_user.stream)
        first = Racer(lambda: tell_due_reminder(actor=system, reminder_id=reminder.pk))
        second = Racer(
            lambda: tell_due_reminder(actor=system, reminder_id=reminder.pk), behind=first
        )
    assert {first.result(), second.result()} == {True, False}
    assert Event.objects.filter(name="ReminderDue").count() == 1


@pytest.mark.django_db(transaction=True)
def test_cancelled_just_before_it_is_told(
    client_user: User, system: User, message: Message
) -> None:
    reminder = time_comes(remind(client_user, message))
    with transaction.atomic():
        lock(client_user.stream)
        cancelling = Racer(lambda: cancel_reminder(actor=client_user, reminder=reminder))
        telling = Racer(
            lambda: tell_due_reminder(actor=system, reminder_id=reminder.pk), behind=cancelling
        )
    cancelling.result()
    assert telling.result() is False


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # Friday evening: tomorrow is Saturday.
        ("2026-11-27T20:30", ["27 21:30", "28 09:00", "30 09:00"]),
        # Sunday: tomorrow is Monday, so that is said once.
        ("2026-11-29T08:00", ["29 09:00", "30 09:00"]),
        # Monday: the next one.
        ("2026-11-30T08:00", ["30 09:00", "01 09:00", "07 09:00"]),
        # The night before the clocks change: 9:00 is 9:00.
        ("2026-10-24T23:30", ["25 00:30", "25 09:00", "26 09:00"]),
    ],
)
def test_offered_times(now: str, expected: list[str]) -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    with timezone.override(zone):
        offered = list(choices(datetime.fromisoformat(now).replace(tzinfo=zone)))
    assert [choice.at.astimezone(zone).strftime("%d %H:%M") for choice in offered] == expected
    assert offered[0].words == "In an hour"
    assert all(choice.at.astimezone(UTC) for choice in offered)
