"""Messages that are sent later, over HTTP."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.scheduled import (
    cancel_scheduled,
    change_scheduled,
    schedule_message,
    send_now,
)
from messaging.api.messages import replied
from messaging.fragments import message_resource
from messaging.models import Conversation, ScheduledMessage
from messaging.queries.conversations import visible_conversation
from messaging.queries.scheduled import scheduled_by
from messaging.serializers.messages import MessageSerializer
from messaging.serializers.scheduled import (
    ChangeScheduledSerializer,
    ScheduledQuery,
    ScheduledSerializer,
    ScheduleSerializer,
)

REPEATED = {200: "A repeated `client_id`: what it scheduled the first time."}


class _Scheduled(ApiView):
    """Base: pages of one's own scheduled messages."""

    def list_scheduled(self, rows: QuerySet[ScheduledMessage]) -> Response:
        """One page, the earliest first."""
        if state := self.query(ScheduledQuery).get("state"):
            rows = rows.filter(state=state)
        return self.page(
            rows,
            lambda page: ScheduledSerializer(page, many=True).data,
            ordering=("send_at", "pk"),
        )


class AllScheduled(_Scheduled):
    """What one has scheduled, wherever."""

    @listing("scheduled_list", ScheduledSerializer, parameters=[ScheduledQuery, CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """Your messages that are sent later, in all conversations, the earliest first."""
        return self.list_scheduled(scheduled_by(self.person))


class ConversationScheduled(_Scheduled):
    """What one has scheduled in one conversation."""

    limits = {"POST": "message"}

    @listing(
        "conversation_scheduled_list",
        ScheduledSerializer,
        parameters=[ScheduledQuery, CURSOR, LIMIT],
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Your messages that are sent later in this conversation, the earliest first."""
        conversation = visible_conversation(self.person, conversation_id)
        return self.list_scheduled(scheduled_by(self.person).filter(conversation=conversation))

    @operation(
        "conversation_scheduled_create", ScheduledSerializer, body=ScheduleSerializer,
        status=201, also=REPEATED, creates=True,
    )  # fmt: skip
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Send a message later. Whether you may write is asked again at that time."""
        conversation = visible_conversation(self.person, conversation_id)
        return self.once(lambda: self._schedule(conversation), again=self._shown)

    def _schedule(self, conversation: Conversation) -> Response:
        fields = self.body(ScheduleSerializer)
        row = schedule_message(
            actor=self.person,
            conversation=conversation,
            body=fields["body"],
            send_at=fields["send_at"],
            client_id=fields.get("client_id"),
            reply_to=replied(conversation, fields.get("reply_to")),
        )
        return Response(ScheduledSerializer(row).data, status=200 if row.is_repeat else 201)

    def _shown(self, scheduled_id: str) -> Any:
        row = get_object_or_404(scheduled_by(self.person), pk=scheduled_id)
        return ScheduledSerializer(row).data


class ScheduledDetail(ApiView):
    """One of them."""

    limits = {"PATCH": "message"}

    @operation("scheduled_read", ScheduledSerializer)
    def get(self, request: Request, scheduled_id: UUID) -> Response:
        """A message that is sent later, and what became of it."""
        return Response(ScheduledSerializer(self._load(scheduled_id)).data)

    @operation("scheduled_change", ScheduledSerializer, body=ChangeScheduledSerializer)
    def patch(self, request: Request, scheduled_id: UUID) -> Response:
        """Give it other words or another time. One that was not sent waits again once it has
        another time."""
        row = self._load(scheduled_id)
        fields = self.body(ChangeScheduledSerializer)
        return Response(
            ScheduledSerializer(change_scheduled(actor=self.person, scheduled=row, **fields)).data
        )

    @operation("scheduled_cancel", status=204)
    def delete(self, request: Request, scheduled_id: UUID) -> Response:
        """Do not send it; 409 if it was sent."""
        cancel_scheduled(actor=self.person, scheduled=self._load(scheduled_id))
        return Response(status=204)

    def _load(self, scheduled_id: UUID) -> ScheduledMessage:
        return get_object_or_404(scheduled_by(self.person), pk=scheduled_id)


class SendScheduled(ApiView):
    """Not later after all."""

    limits = {"POST": "message"}

    @operation("scheduled_send", MessageSerializer)
    def post(self, request: Request, scheduled_id: UUID) -> Response:
        """Send it now; the answer is the message, the same if it was sent before."""
        row = get_object_or_404(scheduled_by(self.person), pk=scheduled_id)
        return Response(message_resource(send_now(actor=self.person, scheduled=row)))
