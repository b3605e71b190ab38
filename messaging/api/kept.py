"""Pinned, saved and forwarded messages over HTTP."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from core.api.views import ApiView
from messaging.actions.forwarding import forward_message
from messaging.actions.pins import pin_message, unpin_message
from messaging.actions.saved import save_message, unsave_message
from messaging.api.base import MessageView
from messaging.fragments import message_resource
from messaging.models import Message, Pin, SavedMessage
from messaging.queries.conversations import visible_conversation
from messaging.queries.kept import messages_by_id, saved_messages
from messaging.queries.threads import shown_in
from messaging.serializers.kept import ForwardSerializer, SavedMessageSerializer
from messaging.serializers.messages import MessageSerializer


class Pins(ApiView):
    """The pinned messages of a conversation."""

    @listing("conversation_pins_list", MessageSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """At most 50 messages are pinned in a conversation; the last one comes first."""
        conversation = visible_conversation(self.person, conversation_id)
        return self.page(Pin.objects.filter(message__in=shown_in(conversation)), self._present)

    def _present(self, page: Sequence[Pin]) -> list[Any]:
        messages = messages_by_id([pin.message_id for pin in page])
        return [message_resource(messages[pin.message_id]) for pin in page]


class MessagePin(MessageView):
    """Whether a message is pinned in its conversation."""

    @operation("messages_pin", MessageSerializer)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Pin a message, for everybody there."""
        pin_message(actor=self.person, message=self.message(message_id))
        return self.answer(message_id)

    @operation("messages_unpin", MessageSerializer)
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Take its pin out."""
        unpin_message(actor=self.person, message=self.message(message_id))
        return self.answer(message_id)


class SavedMessages(ApiView):
    """What one keeps for oneself."""

    @listing("saved_messages_list", SavedMessageSerializer)
    def get(self, request: Request) -> Response:
        """Messages that you saved and may still read, the last one first."""
        return self.page(saved_messages(self.person), self._present)

    def _present(self, page: Sequence[SavedMessage]) -> list[Any]:
        messages: dict[UUID, Message] = messages_by_id([saved.message_id for saved in page])
        rows = [
            {"saved_at": saved.created_at, "message": message_resource(messages[saved.message_id])}
            for saved in page
        ]
        return list(SavedMessageSerializer(rows, many=True).data)


class MessageSave(MessageView):
    """Whether one keeps a message."""

    @operation("messages_save", MessageSerializer)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Save a message for yourself; nobody else learns it."""
        save_message(actor=self.person, message=self.message(message_id))
        return self.answer(message_id)

    @operation("messages_unsave", status=204)
    def delete(self, request: Request, message_id: UUID) -> Response:
        """No longer keep it."""
        unsave_message(actor=self.person, message=self.message(message_id))
        return Response(status=204)


class MessageForward(MessageView):
    """Passing a message on."""

    limits = {"POST": "message"}

    @operation(
        "messages_forward", MessageSerializer, body=ForwardSerializer, status=201,
        also={200: "A repeated `client_id`: the message that it made the first time."},
    )  # fmt: skip
    def post(self, request: Request, message_id: UUID) -> Response:
        """Say in another conversation what a message says, under its author's name: its
        `metadata` has `forwarded_from`. 404 for a conversation that you may not see."""
        message, fields = self.message(message_id), self.body(ForwardSerializer)
        forwarded = forward_message(
            actor=self.person,
            message=message,
            conversation=visible_conversation(self.person, fields["conversation"]),
            client_id=fields.get("client_id"),
        )
        status = 200 if forwarded.is_repeat else 201
        return Response(message_resource(forwarded), status=status)
