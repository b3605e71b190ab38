"""Types of rooms: what a new room of the type starts with. Edited in the admin."""

from typing import ClassVar
from uuid import UUID

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core.events import StreamKey

MAX_MINUTES = 24 * 60


class RoomType(models.Model):
    """A kind of consultation, with its settings and starting templates as data."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Place in lists.")
    is_active = models.BooleanField(default=True, help_text="Offered for new rooms.")
    default_duration_minutes = models.PositiveSmallIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(MAX_MINUTES)]
    )
    opening_message = models.CharField(
        max_length=500, blank=True, help_text="First line in the chat of a new room; may be empty."
    )
    agenda_follows_clock = models.BooleanField(
        default=False, help_text="New rooms move to the next agenda item by time, not by hand."
    )
    clients_may_share_screen = models.BooleanField(default=True)
    clients_may_edit_workspace = models.BooleanField(default=True)
    messages_may_be_changed_after_completion = models.BooleanField(
        default=False,
        help_text="In rooms completed from then on people may still edit and delete what they "
        "wrote. Nothing can be added in either case.",
    )

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> StreamKey:
        """Its events. Types are few and numbered; a stream's id is a UUID of the same number."""
        return StreamKey("room_type", UUID(int=self.pk))


class RoomTypeAgendaItem(models.Model):
    """An item of the agenda that new rooms of the type start with."""

    room_type = models.ForeignKey(RoomType, on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=120)
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_MINUTES)]
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["room_type", "position"])]

    def __str__(self) -> str:
        return self.title
