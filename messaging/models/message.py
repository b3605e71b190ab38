"""Messages and what they said before they were edited."""

import re
import uuid
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now
from django.utils.html import strip_tags

from messaging.models.carried import CarriedFile, words_of_files
from messaging.models.conversation import Conversation, cleared
from messaging.models.reaction import PersonNamed, Reactions

if TYPE_CHECKING:
    from accounts.models import User

MAX_BODY_CHARACTERS = 10_000


class MessageType(models.TextChoices):
    """What a message is. `action_item` and `file` are written by later features only."""

    TEXT = "text", "Text"
    SYSTEM = "system", "System"
    ACTION_ITEM = "action_item", "Action item"
    FILE = "file", "File"
    MEETING = "meeting", "Meeting"


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "MessageQuerySet":
        """Those in conversations that the person may read, without what they have deleted for
        themselves."""
        there = self.filter(conversation__in=Conversation.objects.visible_to(user))
        return there.exclude(cleared(user, "seq"))


class Message(models.Model):
    """Something said in a conversation.

    ``seq`` is the number of its `MessageSent` event. ``body`` is Markdown as it was typed,
    ``body_html`` what the renderer made of it, safe to show. Both are empty once deleted.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Without indexes of their own: the constraints' begin with them.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False
    )
    seq = models.BigIntegerField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="messages",
        db_index=False,
    )
    client_id = models.UUIDField(
        default=uuid.uuid4, help_text="Made by the sender; a repeated one is the same message."
    )
    message_type = models.CharField(
        max_length=16, choices=MessageType.choices, default=MessageType.TEXT
    )
    body = models.TextField(max_length=MAX_BODY_CHARACTERS, blank=True)
    body_html = models.TextField(blank=True)
    metadata = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    files = models.JSONField(
        null=True,
        blank=True,
        help_text="What it carries as it is shown, so that no list asks for it; else empty.",
    )
    reply_to = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    is_repeat = False
    """On what `send_message` returned: it had been sent before."""
    published_html = ""
    """On what `send_message` returned: what everybody was sent of it."""
    is_pinned = False
    """As `messaging.queries.threads.with_people` found it. What was just sent is not pinned."""
    reactions_found: list[Any] | None = None
    """As `with_people` found them. What was just sent has none."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_number_unique"),
            models.UniqueConstraint(fields=["author", "client_id"], name="message_sent_once"),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"

    def is_words_of(self, user: "User") -> bool:
        """Whether this person wrote it, which is more than that it is in their name."""
        return self.author_id == user.pk and self.message_type == MessageType.TEXT

    @property
    def is_deleted(self) -> bool:
        """True once its author or a moderator deleted it; a tombstone remains."""
        return self.deleted_at is not None

    @property
    def shown_reactions(self) -> list[Reactions]:
        """Its emoji in the order in which they came, as `with_people` found them."""
        return [
            Reactions(emoji, count, [PersonNamed(*person) for person in people])
            for emoji, count, people in self.reactions_found or ()
        ]

    @property
    def shown_files(self) -> list[CarriedFile]:
        """What it carries, in order."""
        return [CarriedFile(**file) for file in self.files or ()]

    @property
    def gist(self) -> str:
        """What it says where only its beginning is shown: its words without Markdown's marks, else
        its files. Text, which is still to be escaped."""
        words = re.sub(r"\s*\n\s*", "\n", unescape(strip_tags(self.body_html)).strip())
        return words or self.body or self.files_in_words

    @property
    def files_in_words(self) -> str:
        """`File: plan.pdf`; empty for none."""
        return words_of_files(self.shown_files)

    @property
    def forwarded_from(self) -> dict[str, str] | None:
        """Whose words these are, where they were forwarded: ids, the name and the time."""
        found: dict[str, str] | None = self.metadata.get("forwarded_from")
        return found

    @property
    def forwarded_at(self) -> datetime | None:
        """When they were said first."""
        return datetime.fromisoformat(self.forwarded_from["at"]) if self.forwarded_from else None


class MessageRevision(models.Model):
    """What a message said before an edit."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="revisions")
    body = models.TextField()
    body_html = models.TextField()
    written_at = models.DateTimeField(help_text="When this wording was written.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["message", "-written_at"])]

    def __str__(self) -> str:
        return f"{self.message_id} as of {self.written_at}"
