"""Settings of messaging in the API."""

from typing import Any

from rest_framework import serializers

from messaging.models import Notify


class SettingsSerializer(serializers.Serializer[Any]):
    """Your settings of messaging. Quiet hours are in your time zone."""

    notifications = serializers.ChoiceField(choices=Notify.choices, required=False)
    shows_receipts = serializers.BooleanField(required=False)
    shows_typing = serializers.BooleanField(required=False)
    shows_presence = serializers.BooleanField(required=False)
    enter_sends = serializers.BooleanField(required=False)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
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
