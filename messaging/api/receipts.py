"""Receipts over HTTP: what has got here, and who saw a message."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from core.api.views import ApiView
from messaging.actions.receipts import note_delivered
from messaging.models import Message
from messaging.queries.conversations import visible_conversation
from messaging.queries.receipts import has_got, places_seeing
from messaging.serializers.conversations import ReadSerializer
from messaging.serializers.receipts import ReceiptSerializer


class ConversationReceived(ApiView):
    """How much has got to a device of yours."""

    @operation("conversations_received", status=204, body=ReadSerializer)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that everything up to a number has got here, before anybody has read it."""
        conversation = visible_conversation(self.person, conversation_id)
        seq = self.body(ReadSerializer)["seq"]
        note_delivered(actor=self.person, conversation=conversation, seq=seq)
        return Response(status=204)


class MessageSeenBy(ApiView):
    """Who saw a message, and when."""

    @listing("messages_seen_by", ReceiptSerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Everybody but its author, with what they let others know. Nobody where more than 50
        people take part."""
        message = get_object_or_404(Message.objects.visible_to(self.person), pk=message_id)
        return self.page(
            places_seeing(message),
            lambda rows: (
                ReceiptSerializer([_receipt(row, message) for row in rows], many=True).data
            ),
            ordering=("added_at", "pk"),
        )


def _receipt(place: Any, message: Message) -> dict[str, Any]:
    seen_at = place.mark_at if place.shown else None
    return {
        "user": {"id": place.user_id, "name": str(place.user)},
        "is_delivered": seen_at is not None or has_got(place, message),
        "seen_at": seen_at,
    }
