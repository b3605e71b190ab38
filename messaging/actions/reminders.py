"""Reminders of messages: set, changed, told when they are due, and answered.

All of one person's are changed under the lock of their own stream.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.publish import lock, record
from messaging.actions.messages import MessageIsDeleted
from messaging.events import (
    ReminderCancelled,
    ReminderChanged,
    ReminderCompleted,
    ReminderDue,
    ReminderSet,
)
from messaging.models import Message, Reminder, ReminderState
from messaging.models.reminder import MAX_NOTE_CHARACTERS, OPEN_REMINDERS
from messaging.queries.later import check_time
from messaging.words import storable

MOST_REMINDERS = 500


class TooManyReminders(Conflict):
    """So many are open already."""

    code = "too_many"
    detail = (
        f"You have {MOST_REMINDERS} reminders, which is the most. Say of some that they are done."
    )


class NoteTooLong(ActionError):
    """A note is a line, not a text."""

    code = "too_long"
    detail = f"A note has at most {MAX_NOTE_CHARACTERS} characters. Shorten it."


class ReminderIsOver(Conflict):
    """It is done or cancelled."""

    code = "over"
    detail = "This reminder is over. Set another one at its message."


@transaction.atomic
def set_reminder(*, actor: User, message: Message, remind_at: datetime, note: str = "") -> Reminder:
    """Remind the person of a message at a time from a minute to a year ahead.

    There is one of each message: a second one moves the first, which then ``is_repeat``. Records
    `ReminderSet`, or `ReminderChanged` if something changes. Raises `NotAllowed`,
    `MessageIsDeleted`, `TooSoon`, `TooFar`, `NoteTooLong`, `TooManyReminders`.
    """
    require(actor, "messaging.read", message.conversation)
    note = _clean_note(note)
    check_time(remind_at, field="remind_at")
    lock(actor.stream)
    rows = Reminder.objects.filter(user=actor, state__in=OPEN_REMINDERS)
    if (known := rows.filter(message=message).first()) is not None:
        known.is_repeat = True
        return _change(actor, known, remind_at, note)
    if message.is_deleted:
        raise MessageIsDeleted
    if rows.count() >= MOST_REMINDERS:
        raise TooManyReminders
    reminder = Reminder.objects.create(user=actor, message=message, remind_at=remind_at, note=note)
    _tell(ReminderSet, reminder, actor)
    return reminder


@transaction.atomic
def change_reminder(
    *,
    actor: User,
    reminder: Reminder,
    remind_at: datetime | None = None,
    note: str | None = None,
) -> Reminder:
    """Give it another time or note; what is None stays. One that is due waits again once it has
    another time.

    Records `ReminderChanged` unless nothing changes. Raises `NotAllowed`, `ReminderIsOver`,
    `TooSoon`, `TooFar`, `NoteTooLong`.
    """
    note = None if note is None else _clean_note(note)
    reminder = _open(actor, reminder)
    if remind_at is not None and remind_at != reminder.remind_at:
        check_time(remind_at, field="remind_at")
    return _change(actor, reminder, remind_at, note)


@transaction.atomic
def complete_reminder(*, actor: User, reminder: Reminder) -> Reminder:
    """Say that it is done, before its time too; twice is once.

    Records `ReminderCompleted`. Raises `NotAllowed`, `ReminderIsOver` if it was cancelled.
    """
    return _end(actor, reminder, ReminderState.DONE, ReminderCompleted)


@transaction.atomic
def cancel_reminder(*, actor: User, reminder: Reminder) -> Reminder:
    """Do not remind of it; twice is once.

    Records `ReminderCancelled`. Raises `NotAllowed`, `ReminderIsOver` if it is done.
    """
    return _end(actor, reminder, ReminderState.CANCELLED, ReminderCancelled)


@transaction.atomic
def tell_due_reminder(*, actor: User, reminder_id: UUID) -> bool:
    """Tell somebody that the time of a reminder has come; False where it waits no more.

    Only the system user does. Of two workers the second waits for the first, and finds it told.
    Records `ReminderDue`, which says nothing of the message: what may be read is asked when it is
    shown.
    """
    require(actor, "messaging.change_reminder")
    reminder = Reminder.objects.select_related("user").get(pk=reminder_id)
    lock(reminder.user.stream)
    waiting = Reminder.objects.filter(pk=reminder_id, state=ReminderState.WAITING)
    if not waiting.filter(remind_at__lte=Now()).update(state=ReminderState.DUE):
        return False
    _tell(ReminderDue, reminder, actor)
    return True


def _change(
    actor: User, reminder: Reminder, remind_at: datetime | None, note: str | None
) -> Reminder:
    before = (reminder.remind_at, reminder.note)
    if note is not None:
        reminder.note = note
    if remind_at is not None and remind_at != reminder.remind_at:
        reminder.remind_at, reminder.state = remind_at, ReminderState.WAITING
    if (reminder.remind_at, reminder.note) != before:
        reminder.save(update_fields=["remind_at", "note", "state"])
        _tell(ReminderChanged, reminder, actor)
    return reminder


def _end(actor: User, reminder: Reminder, state: ReminderState, event: Any) -> Reminder:
    lock(actor.stream)
    reminder = _own(actor, reminder)
    if reminder.state == state:
        return reminder
    if not reminder.is_open:
        raise ReminderIsOver
    reminder.state = state
    reminder.save(update_fields=["state"])
    _tell(event, reminder, actor)
    return reminder


def _open(actor: User, reminder: Reminder) -> Reminder:
    lock(actor.stream)
    reminder = _own(actor, reminder)
    if not reminder.is_open:
        raise ReminderIsOver
    return reminder


def _own(actor: User, reminder: Reminder) -> Reminder:
    """As it stands, under the lock of the person's stream."""
    found = Reminder.objects.select_related("message__conversation").get(pk=reminder.pk)
    if found.user_id != actor.pk:
        raise NotAllowed
    found.user = actor
    return found


def _clean_note(note: str) -> str:
    """On one line."""
    cleaned = " ".join(storable(note).split())
    if len(cleaned) > MAX_NOTE_CHARACTERS:
        raise NoteTooLong(field="note")
    return cleaned


def _tell(event: Any, reminder: Reminder, actor: User) -> None:
    record(event(reminder_id=reminder.pk), stream=reminder.user.stream, actor=actor)
