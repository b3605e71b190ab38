"""Conversations over HTTP: which there are, and how far one has read."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from core.api.views import ApiView
from messaging.actions.conversations import mark_read
from messaging.models import Conversation
from messaging.queries.conversations import as_read_by, read_seq
from messaging.serializers.conversations import ConversationSerializer, ReadSerializer


class Conversations(ApiView):
    """The conversations that one may read."""

    @listing("conversations_list", ConversationSerializer)
    def get(self, request: Request) -> Response:
        """Your conversations, newest first."""
        rows = as_read_by(self.person, Conversation.objects.visible_to(self.person))
        return self.page(rows, lambda page: ConversationSerializer(page, many=True).data)


class ConversationDetail(ApiView):
    """One conversation."""

    @operation("conversations_read", ConversationSerializer)
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """A conversation, and how far you have read it."""
        rows = as_read_by(self.person, Conversation.objects.visible_to(self.person))
        conversation = get_object_or_404(rows, pk=conversation_id)
        return Response(ConversationSerializer(conversation).data)


class ConversationRead(ApiView):
    """How far one has read."""

    @operation("conversations_mark_read", ReadSerializer, body=ReadSerializer)
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Say that you have seen everything up to a number. It never goes back; the answer
        says where it stands."""
        rows = Conversation.objects.visible_to(self.person)
        conversation = get_object_or_404(rows, pk=conversation_id)
        seq = self.body(ReadSerializer)["seq"]
        mark_read(actor=self.person, conversation=conversation, seq=seq)
        return Response({"seq": read_seq(conversation, self.person)})
