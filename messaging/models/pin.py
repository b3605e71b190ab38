"""Messages that a conversation keeps in view."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation
from messaging.models.message import Message

MAX_PINS = 50
"""In one conversation."""


class Pin(models.Model):
    """A message that is pinned in its conversation, for everybody there."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="pins")
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.message_id} in {self.conversation_id}"
