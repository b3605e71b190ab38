"""What somebody is writing in a conversation, kept for all their devices."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation
from messaging.models.message import MAX_BODY_CHARACTERS, Message


class Draft(models.Model):
    """Words that are not sent yet; nobody but their author ever sees them.

    ``version`` is the number of the `DraftChanged` event that wrote them. A draft that was sent or
    thrown away stays as an empty row, so that a device that wakes up sees that it is over.
    """

    # Without indexes of their own: the constraint's begins with the person.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts", db_index=False
    )
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    body = models.TextField(max_length=MAX_BODY_CHARACTERS, blank=True)
    reply_to = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "conversation"], name="draft_unique"),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.user} in {self.conversation}"
