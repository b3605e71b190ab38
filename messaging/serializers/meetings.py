"""Meetings in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.models import MeetingPlace
from messaging.models.meeting import (
    LEAST_MINUTES,
    MAX_LINK_CHARACTERS,
    MAX_MINUTES,
    MAX_TITLE_CHARACTERS,
)
from messaging.serializers.messages import SenderSerializer


class MeetingSerializer(serializers.Serializer[Any]):
    """A meeting of a conversation."""

    # Describes what messaging.fragments.meeting_resource makes.
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    message = serializers.UUIDField(help_text="The message that is its card.")
    organiser = SenderSerializer()
    title = serializers.CharField()
    starts_at = UTCDateTimeField()
    ends_at = UTCDateTimeField()
    duration_minutes = serializers.IntegerField()
    place = serializers.ChoiceField(choices=MeetingPlace.choices)
    link = serializers.CharField()
    is_cancelled = serializers.BooleanField()
    created_at = UTCDateTimeField()


class MeetingsQuery(serializers.Serializer[Any]):
    """Which meetings."""

    when = serializers.ChoiceField(
        choices=[("upcoming", "To come"), ("past", "Past")], required=False
    )


class ScheduleMeetingSerializer(serializers.Serializer[Any]):
    """A meeting to call."""

    title = serializers.CharField(max_length=MAX_TITLE_CHARACTERS)
    starts_at = serializers.DateTimeField(help_text="A minute to a year ahead.")
    duration_minutes = serializers.IntegerField(min_value=LEAST_MINUTES, max_value=MAX_MINUTES)
    link = serializers.CharField(max_length=MAX_LINK_CHARACTERS)


class ChangeMeetingSerializer(serializers.Serializer[Any]):
    """What to change; what is left out stays."""

    title = serializers.CharField(max_length=MAX_TITLE_CHARACTERS, required=False)
    starts_at = serializers.DateTimeField(required=False, help_text="A minute to a year ahead.")
    duration_minutes = serializers.IntegerField(
        min_value=LEAST_MINUTES, max_value=MAX_MINUTES, required=False
    )
    link = serializers.CharField(max_length=MAX_LINK_CHARACTERS, required=False)
