"""When somebody saw what."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from messaging.models.conversation import Conversation


class ReadMark(models.Model):
    """Somebody had seen everything up to ``seq`` at this second.

    A message was seen at their earliest mark with its number or a higher one. Appended only while
    they show receipts; a second has one mark of each person, which a later one takes over.
    """

    # Without indexes of their own: those below begin with them.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="read_marks", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="read_marks",
        db_index=False,
    )
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "conversation", "at"], name="read_mark_once_a_second"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "user", "seq"], name="read_mark_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.user} saw {self.conversation_id} up to {self.seq}"
