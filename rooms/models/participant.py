"""Who takes part in a room, in which role, and when they were there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from rooms.models.room import Room


class Role(models.TextChoices):
    """What somebody is in a room; `rooms.permissions` says what each may do."""

    HOST = "host", "Host"
    CONSULTANT = "consultant", "Consultant"
    CLIENT = "client", "Client"
    PARTICIPANT = "participant", "Participant"
    OBSERVER = "observer", "Observer"


class Participant(models.Model):
    """Somebody's place in a room. It stays after they leave, without any grant."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="room_places"
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    added_at = models.DateTimeField(db_default=Now())
    joined_at = models.DateTimeField(
        null=True, blank=True, help_text="When they first entered the room."
    )
    left_at = models.DateTimeField(
        null=True, blank=True, help_text="When they left for good or were removed."
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["room", "user"], name="participant_unique"),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "left_at"])]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()}"


class Visit(models.Model):
    """One stay in a room, from the first open page to the last closed one."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="visits")
    entered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["participant"],
                condition=models.Q(ended_at__isnull=True),
                name="visit_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant} from {self.entered_at}"
