"""What people want to be reminded of."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from messaging.models import Message, Reminder, ReminderState
from messaging.models.reminder import OPEN_REMINDERS


def reminders_of(user: User) -> QuerySet[Reminder]:
    """The person's reminders with message, author and conversation, and ``is_visible``: whether
    they may still read the message. Nothing of one that they may not is shown."""
    visible = Message.objects.visible_to(user).filter(pk=OuterRef("message_id"))
    rows = Reminder.objects.filter(user=user).annotate(is_visible=Exists(visible))
    return rows.select_related("message__author", "message__conversation")


def open_reminders(user: User) -> QuerySet[Reminder]:
    """What is due and what will be, the earliest first."""
    return reminders_of(user).filter(state__in=OPEN_REMINDERS).order_by("remind_at", "pk")


def reminder_of(user: User, message: Message) -> Reminder | None:
    """The person's open reminder of a message."""
    return open_reminders(user).filter(message=message).first()


def number_due(user: User) -> int:
    """How many reminders wait for an answer."""
    return Reminder.objects.filter(user=user, state=ReminderState.DUE).count()


def due_reminders(limit: int) -> list[UUID]:
    """Those whose time has come and that were not told, the longest due first."""
    due = Reminder.objects.filter(state=ReminderState.WAITING, remind_at__lte=Now())
    return list(due.order_by("remind_at").values_list("pk", flat=True)[:limit])
