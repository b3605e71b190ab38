"""A consultation room and its life."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from guardian.models import UserObjectPermissionBase

from core.events import StreamKey
from core.permissions import holders
from messaging.models import Conversation
from rooms.models.room_type import MAX_MINUTES, RoomType

if TYPE_CHECKING:
    from accounts.models import User


class Status(models.TextChoices):
    """Where a room is in its life."""

    SCHEDULED = "scheduled", "Scheduled"
    ACTIVE = "active", "Live"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class Mode(models.TextChoices):
    """How people meet in a room."""

    INSTANT = "instant", "Now"
    SCHEDULED = "scheduled", "At a set time"
    ASYNCHRONOUS = "asynchronous", "In one's own time"


class RoomQuerySet(models.QuerySet["Room"]):
    """Rooms, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "RoomQuerySet":
        """Those that the person takes part in; everything else does not exist for them."""
        return holders(self, user, "view", RoomUserObjectPermission)

    def for_change(self) -> "RoomQuerySet":
        """Locked, with what changes of its people need."""
        return self.select_for_update(of=("self",)).select_related("conversation", "room_type")


class Room(models.Model):
    """A consultation between people. Its stream: ``room:<id>``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2000, blank=True)
    room_type = models.ForeignKey(RoomType, on_delete=models.PROTECT, related_name="rooms")
    mode = models.CharField(max_length=16, choices=Mode.choices)
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.SCHEDULED, editable=False
    )
    conversation = models.OneToOneField(Conversation, on_delete=models.PROTECT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rooms_created"
    )
    created_at = models.DateTimeField(db_default=Now())
    scheduled_at = models.DateTimeField(null=True, blank=True)
    duration_minutes = models.PositiveSmallIntegerField(
        "planned minutes", validators=[MinValueValidator(5), MaxValueValidator(MAX_MINUTES)]
    )
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    agenda_follows_clock = models.BooleanField(
        default=False, help_text="The current agenda item moves on by time, not by hand."
    )
    current_item = models.ForeignKey(
        "AgendaItem", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = RoomQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("view", "Enter the room and see what is in it"),
            ("chat", "Write in the chat"),
            ("edit_workspace", "Edit notes, documents and boards"),
            ("share_files", "Share files"),
            ("share_screen", "Share the screen"),
            ("control_sandbox", "Control the code sandbox"),
            ("invite", "Add people"),
            ("manage", "Start, complete, edit the agenda, change roles"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-created_at"]),
            models.Index(fields=["scheduled_at"]),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> StreamKey:
        """Its events."""
        return StreamKey("room", self.pk)

    @property
    def is_over(self) -> bool:
        """Completed or cancelled: nothing in it changes any more."""
        return self.status in (Status.COMPLETED, Status.CANCELLED)

    @property
    def is_active(self) -> bool:
        """People are at it now."""
        return self.status == Status.ACTIVE

    @property
    def has_clock(self) -> bool:
        """Whether elapsed time means anything: not where each comes in their own time."""
        return self.started_at is not None and self.mode != Mode.ASYNCHRONOUS

    @property
    def begins_at(self) -> datetime | None:
        """When it began, or is planned to."""
        return self.started_at or self.scheduled_at

    @property
    def ends_at(self) -> datetime | None:
        """When it ended, or is planned to; None without a time."""
        if self.completed_at is not None:
            return self.completed_at
        begins_at = self.begins_at
        return begins_at + timedelta(minutes=self.duration_minutes) if begins_at else None

    @property
    def elapsed_seconds(self) -> int:
        """Since the start, up to the end or now; 0 before the start."""
        if self.started_at is None:
            return 0
        end = self.completed_at or self.cancelled_at or timezone.now()
        return max(0, int((end - self.started_at).total_seconds()))

    @property
    def elapsed_words(self) -> str:
        """The room's clock, "34:12", with hours from the first full one."""
        minutes, seconds = divmod(self.elapsed_seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    @property
    def left_words(self) -> str:
        """How much of the planned time is left: "26 min left", "over by 4 min"."""
        ends_at = self.ends_at
        if ends_at is None:
            return ""
        minutes = int((ends_at - timezone.now()).total_seconds() // 60)
        return f"{minutes} min left" if minutes >= 0 else f"over by {-minutes} min"

    @property
    def actual_duration_minutes(self) -> int | None:
        """Whole minutes from start to completion, None before it is completed."""
        if self.started_at is None or self.completed_at is None:
            return None
        return round((self.completed_at - self.started_at).total_seconds() / 60)


class RoomUserObjectPermission(UserObjectPermissionBase):
    """Grants on rooms: a direct foreign key, so that a check needs no content type."""

    content_object = models.ForeignKey(Room, on_delete=models.CASCADE)

    class Meta(UserObjectPermissionBase.Meta):
        indexes: ClassVar = [
            models.Index(fields=["user", "permission", "content_object"]),
        ]
