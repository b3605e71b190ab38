"""Messages over HTTP."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pages import page_limit
from core.api.schema import LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.api.base import MessageView
from messaging.fragments import message_resource
from messaging.models import Conversation, Message
from messaging.queries.conversations import visible_conversation
from messaging.queries.threads import ThreadPage, page_after, page_before, shown_in, with_people
from messaging.serializers.messages import (
    EditMessageSerializer,
    MessageSerializer,
    MessagesQuery,
    RevisionSerializer,
    SendMessageSerializer,
)

REPEATED = {200: "A repeated `client_id`: the message that it sent the first time."}


class ThreadView(ApiView):
    """Base of the views that read and write the messages of one conversation."""

    limits = {"POST": "message"}

    def list_messages(self, request: Request, conversation: Conversation) -> Response:
        """A page, oldest first within it.

        From the newest page, or the one below ``before``, `next` leads to older messages; from
        ``after`` it leads to newer ones. So following `next` comes past everything.
        """
        query = self.query(MessagesQuery)
        after, before, limit = query.get("after"), query.get("before"), page_limit(request)
        if after is not None:
            page = page_after(conversation, after, limit, before=before)
        else:
            page = page_before(conversation, before, limit)
        return Response(
            {
                "results": [message_resource(message) for message in page.messages],
                **_links(request, page, after=after, before=before),
            }
        )

    def send_once(self, conversation: Conversation) -> Response:
        """Send a message, once for each `Idempotency-Key`. A repeat shows the message as it is
        now, so a deleted one as a tombstone."""
        return self.once(
            lambda: self._send(conversation), again=lambda pk: self._shown(conversation, pk)
        )

    def _shown(self, conversation: Conversation, message_id: str) -> Any:
        rows = with_people(Message.objects.filter(conversation=conversation))
        return message_resource(get_object_or_404(rows, pk=message_id))

    def _send(self, conversation: Conversation) -> Response:
        """Send a message: 201, or 200 with the first message for a repeated ``client_id``."""
        fields = self.body(SendMessageSerializer)
        message = send_message(
            actor=self.person,
            conversation=conversation,
            body=fields["body"],
            client_id=fields.get("client_id"),
            reply_to=replied(conversation, fields.get("reply_to")),
            attachments=fields.get("attachments", ()),
        )
        return Response(message_resource(message), status=200 if message.is_repeat else 201)


class ConversationMessages(ThreadView):
    """What is said in a conversation."""

    @listing("conversation_messages_list", MessageSerializer, parameters=[MessagesQuery, LIMIT])
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """Messages, oldest first within a page. Without `after` the newest page comes first
        and `next` leads to older messages; with `after` it leads to newer ones."""
        return self.list_messages(request, self._load(conversation_id))

    @operation(
        "conversation_messages_send", MessageSerializer, body=SendMessageSerializer,
        status=201, also=REPEATED, creates=True,
    )  # fmt: skip
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Send a message."""
        return self.send_once(self._load(conversation_id))

    def _load(self, conversation_id: UUID) -> Conversation:
        return visible_conversation(self.person, conversation_id)


class MessageDetail(MessageView):
    """One message."""

    limits = {"PATCH": "message"}

    @operation("messages_read", MessageSerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """A message; a deleted one is a tombstone without words."""
        return self.answer(message_id)

    @operation("messages_edit", MessageSerializer, body=EditMessageSerializer)
    def patch(self, request: Request, message_id: UUID) -> Response:
        """Change your own message; what it said before stays readable."""
        message = self.message(message_id)
        body = self.body(EditMessageSerializer)["body"]
        return Response(
            message_resource(edit_message(actor=self.person, message=message, body=body))
        )

    @operation("messages_delete", status=204)
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Delete your own message (moderators: anybody's)."""
        delete_message(actor=self.person, message=self.message(message_id))
        return Response(status=204)


class MessageRevisions(ApiView):
    """What a message said before."""

    @listing("messages_revisions", RevisionSerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Earlier wordings, newest first; none of a deleted message."""
        message = get_object_or_404(Message.objects.visible_to(self.person), pk=message_id)
        return self.page(
            message.revisions.all(),
            lambda page: RevisionSerializer(page, many=True).data,
            ordering=("-written_at", "-pk"),
        )


def replied(conversation: Conversation, message_id: UUID | None) -> Message | None:
    """The message replied to; raises `ValidationError` for one that is not there."""
    if message_id is None:
        return None
    messages = shown_in(conversation).select_related("author")  # who is shown beside the reply
    message = messages.filter(pk=message_id).first()
    if message is None:
        raise ValidationError({"reply_to": ["There is no such message in this conversation."]})
    return message


def _links(
    request: Request, page: ThreadPage, *, after: int | None, before: int | None
) -> dict[str, Any]:
    """`next` goes on in the direction of the request, `previous` goes back."""
    start = f"{request.build_absolute_uri(request.path)}?limit={page_limit(request)}"
    older = newer = None
    if page.messages and page.has_older and after != 0:
        older = f"{start}&before={page.messages[0].seq}"
    if page.messages and page.has_newer:
        newer = f"{start}&after={page.messages[-1].seq}"
    if after is None:
        return {"next": older, "previous": newer}
    if newer is not None and before is not None:
        newer += f"&before={before}"
    return {"next": newer, "previous": older}
