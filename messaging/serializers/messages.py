"""Messages in the API."""

from typing import Any

from rest_framework import serializers

from core.events import MAX_NUMBER
from core.serializers import UTCDateTimeField
from messaging.models import MAX_FILES, MessageType


class SenderSerializer(serializers.Serializer[Any]):
    """Who wrote a message."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ReactionsSerializer(serializers.Serializer[Any]):
    """One emoji on a message."""

    emoji = serializers.CharField()
    count = serializers.IntegerField(help_text="How many people reacted with it.")
    users = SenderSerializer(many=True, help_text="The first 20 of them.")


class AttachmentSerializer(serializers.Serializer[Any]):
    """A file that a message carries."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    mime_type = serializers.CharField(help_text="As its content says.")
    width = serializers.IntegerField(allow_null=True, help_text="Of pictures, in pixels.")
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(help_text="Where its content is, a path below this address.")


class MessageSerializer(serializers.Serializer[Any]):
    """Something said in a conversation."""

    # Describes what messaging.fragments.message_resource makes; tests compare the two.
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Number within the conversation's stream.")
    sender = SenderSerializer()
    body = serializers.CharField(help_text="Markdown as typed; empty once deleted.")
    html = serializers.CharField(help_text="Safe HTML of the body.")
    message_type = serializers.ChoiceField(choices=MessageType.choices)
    metadata = serializers.DictField()
    reply_to = serializers.UUIDField(allow_null=True)
    created_at = UTCDateTimeField()
    edited_at = UTCDateTimeField(allow_null=True)
    is_deleted = serializers.BooleanField()
    client_id = serializers.UUIDField()
    is_pinned = serializers.BooleanField()
    attachments = AttachmentSerializer(many=True, help_text="Files that it carries, in order.")
    reactions = ReactionsSerializer(many=True, help_text="In the order in which they came.")


class SendMessageSerializer(serializers.Serializer[Any]):
    """A message to send."""

    body = serializers.CharField(allow_blank=True, trim_whitespace=False)
    client_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Yours; sent again, it answers 200 with the first message.",
    )
    reply_to = serializers.UUIDField(required=False, allow_null=True)
    message_type = serializers.ChoiceField(
        choices=[(MessageType.TEXT.value, MessageType.TEXT.label)], required=False
    )
    metadata = serializers.DictField(required=False, help_text="Must be empty.")
    attachments = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MAX_FILES,
        help_text="Files that you uploaded into this conversation; with some, `body` may be empty.",
    )

    def validate_metadata(self, value: dict[str, Any]) -> dict[str, Any]:
        """Only the product itself puts something here."""
        if value:
            raise serializers.ValidationError("A text message takes no metadata.")
        return value


class EditMessageSerializer(serializers.Serializer[Any]):
    """New words for a message."""

    body = serializers.CharField(allow_blank=True, trim_whitespace=False)


class MessagesQuery(serializers.Serializer[Any]):
    """Which part of a conversation: above one number, below another, or between them."""

    after = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_NUMBER, help_text="Only numbers above it."
    )
    before = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_NUMBER, help_text="Only numbers below it."
    )


class RevisionSerializer(serializers.Serializer[Any]):
    """What a message said before an edit."""

    body = serializers.CharField()
    html = serializers.CharField(source="body_html")
    written_at = UTCDateTimeField()
