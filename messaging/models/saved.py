"""Messages that people keep for themselves."""

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from messaging.models.message import Message

if TYPE_CHECKING:
    from accounts.models import User


class SavedMessageQuerySet(models.QuerySet["SavedMessage"]):
    """Saved messages, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "SavedMessageQuerySet":
        """The person's own, of conversations that they may still read and have not deleted for
        themselves since."""
        return self.filter(user=user, message__in=Message.objects.visible_to(user))


class SavedMessage(models.Model):
    """A message that somebody keeps to come back to. Nobody else knows."""

    # Without an index of its own: the constraint's begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="saved_messages",
        db_index=False,
    )
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="saved_by")
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedMessageQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "message"], name="message_saved_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-created_at"], name="saved_newest")]

    def __str__(self) -> str:
        return f"{self.message_id} for {self.user_id}"
