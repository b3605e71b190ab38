"""Receipts in the API."""

from typing import Any

from rest_framework import serializers

from core.serializers import UTCDateTimeField
from messaging.serializers.messages import SenderSerializer


class ReceiptSerializer(serializers.Serializer[Any]):
    """What somebody lets others know about one message."""

    # Needs what messaging.queries.receipts.places_seeing adds.
    user = SenderSerializer()
    is_delivered = serializers.BooleanField(help_text="A device of theirs got it.")
    seen_at = UTCDateTimeField(allow_null=True)
