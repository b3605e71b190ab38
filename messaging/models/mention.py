"""Who is named in a message."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation
from messaging.models.message import Message


class Mention(models.Model):
    """Somebody is named in a message, by ``@`` and their name.

    The message's conversation and number stand here too: neither changes, and so somebody's unread
    mentions are counted without a look at the messages.
    """

    # Without an index of its own: the constraint's begins with it.
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="mentions", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="mentions",
        db_index=False,
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField(help_text="Number of the message.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "user"], name="mention_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "conversation", "seq"], name="mention_unread"),
            models.Index(fields=["user", "-created_at", "-id"], name="mention_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"
