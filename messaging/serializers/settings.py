"""Settings of messaging in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messaging.models import Notify


@extend_schema_field(
    {"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}
)
class LocalTimeField(serializers.TimeField):
    """`22:00` or `22:00:00` where the person is. Not the schema's `time`, which has a zone."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M:%S", input_formats=["%H:%M", "%H:%M:%S"], **options)


class SettingsSerializer(serializers.Serializer[Any]):
    """Your settings of messaging. Quiet hours are in your time zone."""

    notifications = serializers.ChoiceField(choices=Notify.choices, required=False)
    shows_receipts = serializers.BooleanField(required=False)
    shows_typing = serializers.BooleanField(required=False)
    shows_presence = serializers.BooleanField(required=False)
    enter_sends = serializers.BooleanField(required=False)
    quiet_from = LocalTimeField(required=False, allow_null=True)
    quiet_until = LocalTimeField(required=False, allow_null=True)
    quiet_days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        max_length=7,
        help_text="From 0, Monday, to 6: the days on which quiet hours begin.",
    )


class PlaceSettingsSerializer(serializers.Serializer[Any]):
    """In what a conversation differs from your settings; empty and null follow them."""

    notifications = serializers.ChoiceField(
        choices=Notify.choices, required=False, allow_blank=True
    )
    shows_receipts = serializers.BooleanField(required=False, allow_null=True)
    shows_typing = serializers.BooleanField(required=False, allow_null=True)
