"""The socket's frames about conversations."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from accounts.models import User
from core.context import current_origin
from core.database import in_database
from core.events import MAX_NUMBER, StreamKey
from core.frames import FrameError
from core.hiding import hides
from core.kinds import StreamKind, stream_kind
from core.limits import spend
from core.sockets import SuiteConsumer, frame, text_of, uuid_of, writing_frame
from core.watching import MAX_WATCHED, states
from messaging.actions.messages import send_message
from messaging.actions.receipts import note_delivered
from messaging.fragments import message_resource
from messaging.models import MAX_FILES, Conversation, Message
from messaging.queries.conversations import cleared_seq, visible_conversation
from messaging.queries.presence import presence_of
from messaging.queries.settings import hidden_by, types_openly


def _may_follow(user: User, conversation_id: UUID) -> bool:
    return Conversation.objects.visible_to(user).filter(pk=conversation_id).exists()


stream_kind("conversation", StreamKind(may_follow=_may_follow, begins_at=cleared_seq))
hides(hidden_by)


@writing_frame("message.send")
def send(actor: User, content: dict[str, Any]) -> dict[str, Any]:
    """Send a message and acknowledge it with the message as stored."""
    conversation_id = uuid_of(content, "conversation")
    client_id = uuid_of(content, "client_id") if content.get("client_id") else None
    reply_to = uuid_of(content, "reply_to") if content.get("reply_to") else None
    body = text_of(content, "body")
    attachments = _ids(content.get("attachments", []), "attachments", MAX_FILES)
    spend("message", person=actor.pk, address=current_origin().ip)
    conversation = visible_conversation(actor, conversation_id)
    message = send_message(
        actor=actor,
        conversation=conversation,
        body=body,
        client_id=client_id,
        reply_to=_original(actor, reply_to) if reply_to else None,
        attachments=attachments,
    )
    return {"type": "ack", "id": content.get("id"), "message": message_resource(message)}


def _original(actor: User, message_id: UUID) -> Message:
    """With its author, who is shown beside the reply."""
    visible = Message.objects.visible_to(actor).select_related("author")
    return get_object_or_404(visible, pk=message_id)


@frame("typing")
async def typing(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Tell the others that one is writing; ephemeral."""
    stream = StreamKey("conversation", uuid_of(content, "conversation"))
    if str(stream) not in consumer.outlet.streams:
        return  # not (or no longer) followed by this socket: nothing to tell anybody
    if not types_openly(consumer.outlet.hidden, stream.object_id):
        return
    await consumer.hub.broadcast(
        stream,
        {"type": "typing", "stream": str(stream), "user": consumer.user_id},
        skip=str(consumer.user_id),
    )


@frame("received")
async def received(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Note that everything up to a number has got here; nothing is answered."""
    conversation_id, seq = uuid_of(content, "conversation"), content.get("seq")
    if type(seq) is not int or not 0 <= seq <= MAX_NUMBER:
        raise FrameError("'seq' must be a number from 0.", field="seq")
    await in_database(_received, await consumer.actor(), conversation_id, seq)


def _received(actor: User, conversation_id: UUID, seq: int) -> None:
    conversation = visible_conversation(actor, conversation_id)
    note_delivered(actor=actor, conversation=conversation, seq=seq)


@frame("presence.watch", reads=True)
async def watch(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Answer who is here of these people, and tell of their changes from now on.

    In place of those watched before; who shares no conversation with one is left out, and of
    oneself no changes are told. It ends after five minutes, unless it is asked again.
    """
    ids = _ids(content.get("users"), "users", MAX_WATCHED)
    known = await in_database(presence_of, await consumer.actor(), ids)
    named = {str(user_id): state for user_id, state in known.items()}
    # Not oneself: of that person one knows more than the other watchers may.
    me = str(consumer.user_id)
    others = {user_id: state for user_id, state in named.items() if user_id != me}
    await consumer.hub.watchers.watch(consumer.outlet, others)
    consumer.reply(**states(named))


def _ids(value: object, field: str, most: int) -> list[UUID]:
    if not isinstance(value, list) or len(value) > most:
        raise FrameError(f"{field!r} must be at most {most} ids.", field=field)
    return [uuid_of({field: each}, field) for each in value]
