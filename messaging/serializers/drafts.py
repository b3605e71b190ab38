"""Drafts in the API."""

from typing import Any

from rest_framework import serializers

from core.events import MAX_NUMBER
from core.serializers import UTCDateTimeField


class DraftSerializer(serializers.Serializer[Any]):
    """What you are writing in a conversation."""

    # Describes what messaging.fragments.draft_resource makes; tests compare the two.
    conversation = serializers.UUIDField()
    body = serializers.CharField(help_text="Markdown as typed; empty where there is no draft.")
    reply_to = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(help_text="Grows with each change; 0 before the first.")
    updated_at = UTCDateTimeField(allow_null=True)


class SaveDraftSerializer(serializers.Serializer[Any]):
    """A draft to keep."""

    body = serializers.CharField(
        allow_blank=True, trim_whitespace=False, help_text="Empty throws the draft away."
    )
    reply_to = serializers.UUIDField(required=False, allow_null=True)
    version = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=MAX_NUMBER,
        help_text="That of the draft which you have changed: 409 if there is a newer one. Without "
        "it yours is written over whatever is there.",
    )
