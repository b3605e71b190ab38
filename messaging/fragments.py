"""Messages as the outside sees them: one resource, one neutral HTML, for every viewer alike."""

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string

from core.models import Event
from core.rendering import Rendered, renders
from messaging.events import MessageDeleted, MessageEdited, MessageSent
from messaging.models import Message
from messaging.queries.threads import with_people


def message_resource(message: Message) -> dict[str, Any]:
    """The JSON of a message, the same in API, acknowledgement and event."""
    return {
        "id": message.pk,
        "conversation": message.conversation_id,
        "seq": message.seq,
        "sender": {"id": message.author_id, "name": str(message.author)},
        "body": message.body,
        "html": message.body_html,
        "message_type": message.message_type,
        "metadata": message.metadata,
        "reply_to": message.reply_to_id,
        "created_at": message.created_at,
        "edited_at": message.edited_at,
        "is_deleted": message.is_deleted,
        "client_id": message.client_id,
    }


def message_html(message: Message) -> str:
    """Neutral HTML: own messages are told by ``data-author`` in the browser."""
    return render_to_string("messaging/message.html", {"message": message})


@renders(MessageSent, MessageEdited, MessageDeleted)
def render_messages(events: Sequence[Event]) -> list[Rendered]:
    """What the messages say now: a deleted one is not shown again by a replay of its sending."""
    found = {event.data["message_id"]: event.about for event in events if event.about is not None}
    if missing := {event.data["message_id"] for event in events} - found.keys():
        rows = with_people(Message.objects.filter(pk__in=missing))
        found |= {str(message.pk): message for message in rows}
    rendered = {
        key: Rendered(message_resource(message), message_html(message))
        for key, message in found.items()
    }
    for event in events:
        if event.about is not None:
            event.about.published_html = rendered[event.data["message_id"]].html
    return [rendered[event.data["message_id"]] for event in events]
