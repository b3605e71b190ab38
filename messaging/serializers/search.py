"""The search in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.queries.search.language import MAX_TEXT
from messaging.serializers.messages import AttachmentSerializer, SenderSerializer

MAX_PAGE = 10_000

KINDS = [("message", "Message"), ("file", "File"), ("conversation", "Conversation")]


class SearchQuery(serializers.Serializer[Any]):
    """What is looked for."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text=(
            f'Words by their beginning, "phrases", `from:`, `in:`, `has:link`, `has:file`, '
            f"`before:`, `after:`, `on:`; {MAX_TEXT} characters are looked at."
        ),
    )
    page = serializers.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)


class PieceSerializer(serializers.Serializer[Any]):
    """A part of an excerpt: plain text, no HTML."""

    text = serializers.CharField()
    is_match = serializers.BooleanField(help_text="Whether it is what was looked for.")


class PlaceSerializer(serializers.Serializer[Any]):
    """The conversation that something is in."""

    id = serializers.UUIDField()
    name = serializers.CharField(help_text="Its title, or who else is in it.")


class HitSerializer(serializers.Serializer[Any]):
    """One thing that was found. Documents will be a kind, too."""

    kind = serializers.ChoiceField(choices=KINDS)
    id = serializers.UUIDField(help_text="Of the thing that `kind` names.")
    conversation = PlaceSerializer()
    seq = serializers.IntegerField(
        allow_null=True,
        help_text="Of a message, or a file's message: its number in the conversation's stream.",
    )
    message = serializers.UUIDField(allow_null=True, help_text="The message, or the file's.")
    sender = SenderSerializer(allow_null=True, help_text="Of that message.")
    at = UTCDateTimeField()
    file = AttachmentSerializer(allow_null=True)
    excerpt = PieceSerializer(
        many=True, help_text="Of a file: of what is in it, or what was said with it."
    )


class FoundSerializer(serializers.Serializer[Any]):
    """A page of what was found, the best first."""

    results = HitSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="What was not understood, in words."
    )
