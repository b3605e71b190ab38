"""Messages that are sent later, in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.models import ScheduledState


class ScheduledSerializer(serializers.Serializer[Any]):
    """A message of yours that is sent later."""

    id = serializers.UUIDField()
    conversation = serializers.UUIDField(source="conversation_id")
    body = serializers.CharField(help_text="Empty once it is sent (see `message`) or cancelled.")
    reply_to = serializers.UUIDField(source="reply_to_id", allow_null=True)
    send_at = UTCDateTimeField()
    client_id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=ScheduledState.choices)
    failure = serializers.CharField(help_text="Why it was not sent, and what to do.")
    message = serializers.UUIDField(
        source="message_id", allow_null=True, help_text="What it became."
    )
    created_at = UTCDateTimeField()


class ScheduleSerializer(serializers.Serializer[Any]):
    """A message to send later."""

    body = serializers.CharField(allow_blank=True, trim_whitespace=False)
    send_at = UTCDateTimeField(help_text="From a minute to a year from now.")
    client_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Yours, and then the message's; again, it answers 200 with the first.",
    )
    reply_to = serializers.UUIDField(required=False, allow_null=True)


class ChangeScheduledSerializer(serializers.Serializer[Any]):
    """Other words or another time."""

    body = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    send_at = UTCDateTimeField(required=False)


class ScheduledQuery(serializers.Serializer[Any]):
    """Which of them."""

    state = serializers.ChoiceField(choices=ScheduledState.choices, required=False)
