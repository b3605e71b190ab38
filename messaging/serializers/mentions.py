"""Mentions in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.serializers.messages import MessageSerializer, SenderSerializer


class NameSerializer(SenderSerializer):
    """Somebody whom an `@` may name in a conversation."""


class MentionSerializer(serializers.Serializer[Any]):
    """A message in which you are named."""

    is_unread = serializers.BooleanField(help_text="You have not read so far.")
    created_at = UTCDateTimeField(help_text="When you were named.")
    message = MessageSerializer()
