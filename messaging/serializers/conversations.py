"""Conversations in the API."""

from typing import Any

from rest_framework import serializers

from core.events import MAX_NUMBER
from core.serializers import UTCDateTimeField
from messaging.models import ConversationKind


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation and how far you have read it."""

    # Needs what messaging.queries.conversations.as_read_by adds.
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ConversationKind.choices)
    title = serializers.CharField()
    created_at = UTCDateTimeField()
    closed_at = UTCDateTimeField(allow_null=True, help_text="Since then nobody can write.")
    read_seq = serializers.IntegerField(help_text="Number up to which you have read.")
    unread = serializers.IntegerField(help_text="Messages of others that you have not read.")
    permissions = serializers.ListField(
        child=serializers.CharField(), source="codenames", help_text="What you may do in it."
    )


class ReadSerializer(serializers.Serializer[Any]):
    """How far somebody has read."""

    seq = serializers.IntegerField(min_value=0, max_value=MAX_NUMBER)
