"""Emoji that people answer a message with."""

from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MAX_EMOJI = 20
"""Different ones on a message."""

PEOPLE_NAMED = 20
"""How many of those who reacted are named beside an emoji, the first ones."""


class Reaction(models.Model):
    """Somebody's answer to a message with one emoji."""

    # Without an index of its own: the constraint's begins with it.
    message = models.ForeignKey(
        "messaging.Message",
        on_delete=models.CASCADE,
        related_name="reactions",
        db_index=False,
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions"
    )
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "emoji", "user"], name="reaction_once"),
        ]

    def __str__(self) -> str:
        return f"{self.emoji} on {self.message_id}"


@dataclass(frozen=True)
class PersonNamed:
    """Somebody who reacted."""

    id: str
    name: str


@dataclass(frozen=True)
class Reactions:
    """One emoji on a message: how many people, and the first of them."""

    emoji: str
    count: int
    people: list[PersonNamed]

    @property
    def more(self) -> int:
        """How many people are not named."""
        return self.count - len(self.people)
