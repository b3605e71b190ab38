"""Meetings that people agree on in a conversation.

What a calendar needs is here (times, link, who called it, what became of it); calendars, reminders
and invitations come from an app above, which hears of the events.
"""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from messaging.models.conversation import Conversation, cleared
from messaging.models.message import Message

if TYPE_CHECKING:
    from accounts.models import User

MAX_TITLE_CHARACTERS = 150
MAX_LINK_CHARACTERS = 500
MAX_MINUTES = 8 * 60
LEAST_MINUTES = 5


class MeetingPlace(models.TextChoices):
    """Where people meet, as the host of the link says."""

    MEET = "google_meet", "Google Meet"
    ZOOM = "zoom", "Zoom"
    TEAMS = "teams", "Microsoft Teams"
    ROOM = "room", "Consultation room"


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Meetings, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "MeetingQuerySet":
        """Those in conversations that the person may read, without what they have deleted for
        themselves."""
        there = self.filter(conversation__in=Conversation.objects.visible_to(user))
        return there.exclude(cleared(user, "message__seq"))


class Meeting(models.Model):
    """One meeting, shown as a card in place of its message."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="meetings", db_index=False
    )
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="meeting")
    organiser = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="meetings"
    )
    title = models.CharField(max_length=MAX_TITLE_CHARACTERS)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.CharField(max_length=16, choices=MeetingPlace.choices)
    link = models.URLField(max_length=MAX_LINK_CHARACTERS)
    zones = models.JSONField(
        default=list,
        encoder=DjangoJSONEncoder,
        help_text="Time zones of those who took part when it was called, the organiser's first.",
    )
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When it was changed last.")
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = MeetingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="meeting_ends_after_it_starts",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "ends_at"], name="meeting_by_time"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def duration(self) -> timedelta:
        """How long it is to take."""
        return self.ends_at - self.starts_at

    @property
    def duration_minutes(self) -> int:
        """The same in minutes."""
        return int(self.duration.total_seconds() // 60)

    @property
    def is_cancelled(self) -> bool:
        """It does not take place."""
        return self.cancelled_at is not None

    def is_over(self, now: datetime) -> bool:
        """Its time is past."""
        return self.ends_at <= now
