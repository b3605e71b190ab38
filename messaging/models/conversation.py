"""A conversation and who takes part in it."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionBase

from core.events import StreamKey
from core.permissions import holders
from messaging.models.settings import Notify

if TYPE_CHECKING:
    from accounts.models import User


class ConversationKind(models.TextChoices):
    """Where a conversation belongs."""

    DIRECT = "direct", "Direct"
    GROUP = "group", "Group"
    ROOM = "room", "Consultation room"
    LOUNGE = "lounge", "Lounge"


class Category(models.TextChoices):
    """What a conversation is about, as a consultant says."""

    NONE = "", "No category"
    QUESTION = "question", "Question"
    PROJECT = "project", "Project"
    BILLING = "billing", "Billing"
    SUPPORT = "support", "Support"


class Priority(models.IntegerChoices):
    """How soon a conversation wants an answer, as a consultant says."""

    LOW = 10, "Low"
    NORMAL = 20, "Normal"
    HIGH = 30, "High"
    URGENT = 40, "Urgent"


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
    own_messages_may_be_changed = models.BooleanField(
        default=False,
        help_text="Although it is closed, people may edit and delete what they wrote.",
    )
    pair = models.CharField(
        max_length=73,
        blank=True,
        editable=False,
        help_text="Of a direct conversation: both people's ids in order, so that two have one.",
    )
    category = models.CharField(max_length=16, choices=Category.choices, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    last_message_seq = models.BigIntegerField(
        default=0, help_text="Number of the newest message, written with it."
    )
    last_message_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = ConversationQuerySet.as_manager()

    cleared_seq = 0
    """On what was loaded for somebody: up to here they have deleted it for themselves."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pair"], condition=~models.Q(pair=""), name="conversation_of_two_unique"
            ),
        ]
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

    @property
    def takes_changes(self) -> bool:
        """Whether people who may write may edit and delete their own messages."""
        return self.closed_at is None or self.own_messages_may_be_changed


class ConversationMember(models.Model):
    """Somebody's place in a conversation, how far they have read, and where they keep it.

    It is archived while no message is newer than ``archived_seq``, and deleted for them while none
    is newer than ``cleared_seq``, up to which nothing is shown to them any more: a new message
    brings it back without a write.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversation_places"
    )
    role = models.CharField(max_length=16, choices=MemberRole.choices)
    read_seq = models.BigIntegerField(
        default=0, help_text="Number of the newest message that the person has seen."
    )
    delivered_seq = models.BigIntegerField(
        default=0,
        help_text="Number of the newest message that a device of theirs got, while they show it.",
    )
    archived_seq = models.BigIntegerField(null=True, blank=True)
    cleared_seq = models.BigIntegerField(default=0)
    pinned_at = models.DateTimeField(null=True, blank=True)
    muted_until = models.DateTimeField(
        null=True, blank=True, help_text="No notifications until then; 9999 is for ever."
    )
    is_marked_unread = models.BooleanField(default=False)
    # What differs here from the person's settings; empty follows them.
    notifications = models.CharField(max_length=16, choices=Notify.choices, blank=True)
    shows_receipts = models.BooleanField(null=True, blank=True)
    shows_typing = models.BooleanField(null=True, blank=True)
    added_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "user"], name="member_unique"),
        ]
        indexes: ClassVar = [
            # Somebody's conversations, without a look at those that they left.
            models.Index(
                fields=["user", "conversation"],
                name="member_present",
                condition=models.Q(removed_at__isnull=True),
            ),
            # Looked up for every new socket; hardly any row has it.
            models.Index(
                fields=["user"],
                name="member_typing_differs",
                condition=models.Q(shows_typing__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.conversation}"


def cleared(user: "User", seq: str) -> models.Exists:
    """Of rows of a conversation: whether the person has deleted it for themselves up to the message
    whose number is in the field ``seq``."""
    places = ConversationMember.objects.filter(
        user=user,
        conversation=models.OuterRef("conversation"),
        cleared_seq__gte=models.OuterRef(seq),
    )
    return models.Exists(places)


class ConversationUserObjectPermission(UserObjectPermissionBase):
    """Grants on conversations: a direct foreign key, so that a check needs no content type."""

    content_object = models.ForeignKey(Conversation, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        indexes: ClassVar = [
            models.Index(fields=["user", "permission", "content_object"]),
        ]
