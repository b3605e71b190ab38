"""What somebody wants to be reminded of."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.message import Message

MAX_NOTE_CHARACTERS = 500


class ReminderState(models.TextChoices):
    """Where a reminder stands."""

    WAITING = "waiting", "Waiting"
    DUE = "due", "Due"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


OPEN_REMINDERS = (ReminderState.WAITING, ReminderState.DUE)
"""The states in which somebody still wants to be reminded."""


class Reminder(models.Model):
    """A message that somebody wants to come back to. It is theirs alone.

    Once it is due it stays so until they say that it is done, or want it later.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without an index of its own: those below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders", db_index=False
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    remind_at = models.DateTimeField()
    note = models.CharField(max_length=MAX_NOTE_CHARACTERS, blank=True)
    state = models.CharField(
        max_length=16, choices=ReminderState.choices, default=ReminderState.WAITING
    )
    created_at = models.DateTimeField(db_default=Now())

    is_repeat = False
    """On what `set_reminder` returned: there was one of this message, which it moved."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "message"],
                condition=models.Q(state__in=["waiting", "due"]),
                name="reminder_open_unique",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "state", "remind_at"], name="reminder_by_person"),
            models.Index(
                fields=["remind_at"], name="reminder_due", condition=models.Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"Reminder {self.pk}"

    @property
    def is_open(self) -> bool:
        """True until it is done or cancelled."""
        return self.state in OPEN_REMINDERS
