"""Presence in the API."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.queries.presence import MAX_ASKED


class PresenceQuery(serializers.Serializer[Any]):
    """Whom to ask about."""

    users = serializers.CharField(help_text=f"At most {MAX_ASKED} ids, between commas.")

    def validate_users(self, value: str) -> list[UUID]:
        """The ids; refuses what is none, and too many."""
        words = value.split(",")
        if len(words) > MAX_ASKED:
            raise serializers.ValidationError(f"At most {MAX_ASKED} at once.")
        try:
            return [UUID(word) for word in words]
        except ValueError:
            raise serializers.ValidationError("Ids, between commas.") from None


class PersonPresenceSerializer(serializers.Serializer[Any]):
    """Whether somebody is here, as far as they show it."""

    user = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["active", "away", "offline"])
    last_seen_at = UTCDateTimeField(allow_null=True, help_text="Null while they are here.")


class PresenceSerializer(serializers.Serializer[Any]):
    """Those whom you may ask about, in no order."""

    people = PersonPresenceSerializer(many=True)
