"""How somebody wants to be reached, and what they let others know of them."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Notify(models.TextChoices):
    """What somebody is told of."""

    ALL = "all", "Every message"
    MENTIONS = "mentions", "Only when I am mentioned"
    NONE = "none", "Nothing"


def every_day() -> list[int]:
    """The week, Monday first, as quiet hours begin with it."""
    return list(range(7))


class MessagingSettings(models.Model):
    """Somebody's settings of messaging, made by their first change.

    Quiet hours are in their own time zone. Where they end before they begin they last until the
    next day, and belong to the day on which they begin. ``quiet_days`` are 0 (Monday) to 6.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="messaging_settings",
    )
    notifications = models.CharField(max_length=16, choices=Notify.choices, default=Notify.ALL)
    shows_receipts = models.BooleanField(
        default=True, help_text="Others see what got here and what was read."
    )
    shows_typing = models.BooleanField(default=True, help_text="Others see when one is writing.")
    shows_presence = models.BooleanField(
        default=True, help_text="Others see whether one is here, and when one was."
    )
    enter_sends = models.BooleanField(default=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    quiet_days = ArrayField(models.SmallIntegerField(), default=every_day, blank=True)

    class Meta:
        verbose_name_plural = "messaging settings"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"Settings of {self.user}"
