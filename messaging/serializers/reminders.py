"""Reminders in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.models import ReminderState
from messaging.models.reminder import MAX_NOTE_CHARACTERS


class ReminderSerializer(serializers.Serializer[Any]):
    """A message that you want to be reminded of."""

    # Describes what messaging.fragments.reminder_resource makes; tests compare the two.
    id = serializers.UUIDField()
    message = serializers.UUIDField()
    author = serializers.CharField(help_text="Who wrote the message; empty where it is not there.")
    excerpt = serializers.CharField(help_text="How it begins; empty where it is not there.")
    is_available = serializers.BooleanField(
        help_text="False once it was deleted, or you may not read it any more."
    )
    url = serializers.CharField(help_text="Where it stands; empty where it is not there.")
    remind_at = UTCDateTimeField()
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=ReminderState.choices)
    created_at = UTCDateTimeField()


class SetReminderSerializer(serializers.Serializer[Any]):
    """What to be reminded of, and when."""

    message = serializers.UUIDField()
    remind_at = UTCDateTimeField(help_text="From a minute to a year from now.")
    note = serializers.CharField(
        required=False, allow_blank=True, help_text=f"At most {MAX_NOTE_CHARACTERS} characters."
    )


class ChangeReminderSerializer(serializers.Serializer[Any]):
    """Another time or note."""

    remind_at = UTCDateTimeField(required=False)
    note = serializers.CharField(required=False, allow_blank=True)


class RemindersQuery(serializers.Serializer[Any]):
    """Which of them."""

    state = serializers.ChoiceField(choices=ReminderState.choices, required=False)
