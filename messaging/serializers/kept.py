"""Saved and forwarded messages in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.serializers.messages import MessageSerializer


class SavedMessageSerializer(serializers.Serializer[Any]):
    """A message that you keep, and since when."""

    saved_at = UTCDateTimeField()
    message = MessageSerializer()


class ForwardSerializer(serializers.Serializer[Any]):
    """Where a message is forwarded to."""

    conversation = serializers.UUIDField(help_text="One to which you may write.")
    client_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Yours; sent again, it answers 200 with the first message.",
    )
