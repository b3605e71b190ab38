"""Reactions in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.serializers.messages import SenderSerializer


class EmojiSerializer(serializers.Serializer[Any]):
    """An emoji to react with."""

    emoji = serializers.CharField(
        max_length=40, trim_whitespace=False, help_text="One emoji of Unicode's list."
    )


class ReactionSerializer(serializers.Serializer[Any]):
    """Somebody's reaction."""

    emoji = serializers.CharField()
    user = SenderSerializer()
    created_at = UTCDateTimeField()
