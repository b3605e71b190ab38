"""The socket's frames about conversations."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.models import User
from core.context import current_origin
from core.events import StreamKey
from core.kinds import StreamKind, stream_kind
from core.limits import spend
from core.sockets import SuiteConsumer, frame, text_of, uuid_of, writing_frame
from messaging.actions.messages import send_message
from messaging.fragments import message_resource
from messaging.models import Conversation, Message
from messaging.queries.conversations import visible_conversation


def _may_follow(user: User, conversation_id: UUID) -> bool:
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).exists()


stream_kind("conversation", StreamKind(may_follow=_may_follow))


@writing_frame("message.send")
def send(actor: User, content: dict[str, Any]) -> dict[str, Any]:
    """Send a message and acknowledge it with the message as stored."""
    conversation_id = uuid_of(content, "conversation")
    client_id = uuid_of(content, "client_id") if content.get("client_id") else None
    reply_to = uuid_of(content, "reply_to") if content.get("reply_to") else None
    body = text_of(content, "body")
    spend("message", person=actor.pk, address=current_origin().ip)
    conversation = visible_conversation(actor, conversation_id)
    original = (
        get_object_or_404(Message.objects.visible_to(actor), pk=reply_to) if reply_to else None
    )
    message = send_message(
        actor=actor, conversation=conversation, body=body, client_id=client_id, reply_to=original
    )
    return {"type": "ack", "id": content.get("id"), "message": message_resource(message)}


@frame("typing")
async def typing(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Tell the others that one is writing; ephemeral."""
    stream = StreamKey("conversation", uuid_of(content, "conversation"))
    if str(stream) not in consumer.outlet.streams:
        return  # not (or no longer) followed by this socket: nothing to tell anybody
    await consumer.hub.broadcast(
        stream,
        {"type": "typing", "stream": str(stream), "user": consumer.user_id},
        skip=str(consumer.user_id),
    )
