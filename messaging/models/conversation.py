"""A conversation and who takes part in it."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionBase

from core.events import StreamKey
from core.permissions import holders

if TYPE_CHECKING:
    from accounts.models import User


class ConversationKind(models.TextChoices):
    """Where a conversation belongs."""

    DIRECT = "direct", "Direct"
    ROOM = "room", "Consultation room"
    LOUNGE = "lounge", "Lounge"


class MemberRole(models.TextChoices):
    """What a member may do in a conversation."""

    MODERATOR = "moderator", "Moderator"
    MEMBER = "member", "Member"
    READER = "reader", "Reader"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Conversations, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "ConversationQuerySet":
        """Those that the person may read; everything else does not exist for them."""
        return holders(self, user, "read", ConversationUserObjectPermission)


class Conversation(models.Model):
    """A numbered sequence of messages between members. Its stream: ``conversation:<id>``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=ConversationKind.choices)
    title = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then nobody can write; reading stays possible."
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = ConversationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("read", "Read the conversation"),
            ("post", "Write messages"),
            ("moderate", "Delete others' messages"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.pk}"

    @property
    def stream(self) -> StreamKey:
        """Its events."""
        return StreamKey("conversation", self.pk)


class ConversationMember(models.Model):
    """Somebody's place in a conversation, and how far they have read."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversation_places"
    )
    role = models.CharField(max_length=16, choices=MemberRole.choices)
    read_seq = models.BigIntegerField(
        default=0, help_text="Number of the newest message that the person has seen."
    )
    added_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "user"], name="member_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.conversation}"


class ConversationUserObjectPermission(UserObjectPermissionBase):
    """Grants on conversations: a direct foreign key, so that a check needs no content type."""

    content_object = models.ForeignKey(Conversation, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        indexes: ClassVar = [
            models.Index(fields=["user", "permission", "content_object"]),
        ]
