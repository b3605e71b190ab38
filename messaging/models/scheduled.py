"""Messages that are to be sent later."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation
from messaging.models.message import MAX_BODY_CHARACTERS, Message


class ScheduledState(models.TextChoices):
    """What became of a message that was to be sent later."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Not sent"


OPEN = (ScheduledState.WAITING, ScheduledState.FAILED)
"""The states in which its author can still do something with it."""


class ScheduledMessage(models.Model):
    """A message that is sent when its time has come, once: with its ``client_id``.

    Its words are kept while it waits and after it failed (``failure`` says why). Once it is sent
    the message has them, and once it is cancelled nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    body = models.TextField(max_length=MAX_BODY_CHARACTERS, blank=True)
    reply_to = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    send_at = models.DateTimeField()
    client_id = models.UUIDField(default=uuid.uuid4)
    state = models.CharField(
        max_length=16, choices=ScheduledState.choices, default=ScheduledState.WAITING
    )
    failure = models.CharField(max_length=300, blank=True, help_text="Why it was not sent.")
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    is_repeat = False
    """On what `schedule_message` returned: it had been scheduled before."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["author", "client_id"], name="scheduled_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["author", "state", "send_at"], name="scheduled_by_author"),
            models.Index(
                fields=["send_at"], name="scheduled_due", condition=models.Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"Scheduled message {self.pk}"

    @property
    def is_open(self) -> bool:
        """True while it waits, or failed and nobody has decided about it."""
        return self.state in OPEN
