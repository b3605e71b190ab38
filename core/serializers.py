"""Shapes that all of the API shares."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from core.events import MAX_NUMBER, StreamKey, UnknownStream


class UTCDateTimeField(serializers.DateTimeField):
    """ISO 8601 in UTC, whatever time zone the person reads pages in.

    A time without an offset is read as UTC.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)


class StreamField(serializers.CharField):
    """`<kind>:<uuid>`, for example `conversation:0b7c…`; read as a `StreamKey`."""

    def to_internal_value(self, data: Any) -> Any:
        """The stream's address; refuses another shape."""
        try:
            return StreamKey.parse(super().to_internal_value(data))
        except UnknownStream:
            raise serializers.ValidationError("A stream is <kind>:<id>.") from None


class AfterQuery(serializers.Serializer[Any]):
    """Where to go on reading."""

    after = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_NUMBER, help_text="Events numbered above it."
    )


class EventsQuery(AfterQuery):
    """Which stream to read, and from where."""

    stream = StreamField(help_text="`conversation:<id>`, `room:<id>` or `user:<id>`.")


class EventSerializer(serializers.Serializer[Any]):
    """Something that happened, numbered within its stream."""

    seq = serializers.IntegerField()
    name = serializers.CharField(
        help_text="For example MessageSent; Withheld for what is no longer told, without the rest."
    )
    actor = serializers.UUIDField(allow_null=True, help_text="Id of who did it.")
    at = UTCDateTimeField(allow_null=True)
    data = serializers.DictField(  # type: ignore[assignment]  # hides the serializer's own
        help_text="The event's fields; for a message, the message."
    )


class EventsSerializer(serializers.Serializer[Any]):
    """Events after a number, oldest first, and the number of the newest one there is."""

    results = EventSerializer(many=True)
    head = serializers.IntegerField()
