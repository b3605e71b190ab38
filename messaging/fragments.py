"""Messages as the outside sees them: one resource, one neutral HTML, for every viewer alike."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from accounts.queries import organisation_name
from core.models import Event
from core.rendering import Rendered, renders
from files.serializers import content_address
from messaging.events import (
    DraftChanged,
    MeetingCancelled,
    MeetingMoved,
    MessageDeleted,
    MessageEdited,
    MessagePinned,
    MessagesDelivered,
    MessageSent,
    MessagesSeen,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
)
from messaging.models import (
    ContactRequest,
    Conversation,
    ConversationMember,
    Draft,
    Meeting,
    Message,
)
from messaging.models.carried import CarriedFile
from messaging.queries.drafts import drafts_of
from messaging.queries.inbox import Row
from messaging.queries.receipts import showing_receipts
from messaging.queries.threads import with_people

EXCERPT_CHARACTERS = 200
"""Of a message, where one is reminded of it."""


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
        "is_pinned": message.is_pinned,
        "attachments": [attachment_resource(file) for file in message.shown_files],
        "reactions": [
            {
                "emoji": reactions.emoji,
                "count": reactions.count,
                "users": [{"id": person.id, "name": person.name} for person in reactions.people],
            }
            for reactions in message.shown_reactions
        ],
    }


def attachment_resource(file: CarriedFile) -> dict[str, Any]:
    """The JSON of a file that a message carries."""
    return {**file.as_data(), "url": content_address(file.id)}


def person_resource(user: User) -> dict[str, Any]:
    """The JSON of somebody in a conversation."""
    return {"id": user.pk, "name": str(user), "organisation": organisation_name(user)}


def member_resource(member: ConversationMember) -> dict[str, Any]:
    """The JSON of somebody's place."""
    return {
        "user": person_resource(member.user),
        "role": member.role,
        "added_at": member.added_at,
    }


def request_resource(request: ContactRequest) -> dict[str, Any]:
    """The JSON of a request for a conversation."""
    return {
        "id": request.pk,
        "requester": person_resource(request.requester),
        "consultant": person_resource(request.consultant),
        "note": request.note,
        "status": request.status,
        "created_at": request.created_at,
        "answered_at": request.answered_at,
    }


def conversation_resource(row: Row, codenames: Collection[str]) -> dict[str, Any]:
    """The JSON of a conversation as somebody sees it in their list."""
    talk, place = row.conversation, row.place
    return {
        "id": talk.pk,
        "kind": talk.kind,
        "title": row.title,
        "created_at": talk.created_at,
        "closed_at": talk.closed_at,
        "own_messages_may_be_changed": talk.own_messages_may_be_changed,
        "read_seq": place.read_seq,
        "unread": row.unread,
        "unread_mentions": row.mentions,
        "permissions": codenames,
        "category": talk.category,
        "priority": talk.priority,
        "people": [person_resource(user) for user in row.people],
        "last_message": _last(row),
        "is_archived": row.is_archived,
        "is_pinned": place.pinned_at is not None,
        "is_marked_unread": place.is_marked_unread,
        "muted_until": place.muted_until,
    }


def _last(row: Row) -> dict[str, Any] | None:
    if row.last is None:
        return None
    return {
        "id": row.last.pk,
        "seq": row.last.seq,
        "sender": row.last.author_id,
        "preview": row.preview,
        "created_at": row.last.created_at,
    }


def conversation_address(conversation: Conversation) -> str:
    """Where a conversation is read, also that of a consultation."""
    return reverse("messaging:conversation", args=[conversation.pk])


def meeting_resource(meeting: Meeting) -> dict[str, Any]:
    """The JSON of a meeting."""
    return {
        "id": meeting.pk,
        "conversation": meeting.conversation_id,
        "message": meeting.message_id,
        "organiser": {"id": meeting.organiser_id, "name": str(meeting.organiser)},
        "title": meeting.title,
        "starts_at": meeting.starts_at,
        "ends_at": meeting.ends_at,
        "duration_minutes": meeting.duration_minutes,
        "place": meeting.place,
        "link": meeting.link,
        "is_cancelled": meeting.is_cancelled,
        "created_at": meeting.created_at,
    }


def message_html(message: Message) -> str:
    """Neutral HTML: own messages are told by ``data-author`` in the browser."""
    return render_to_string("messaging/message.html", {"message": message})


@renders(
    MessageSent, MessageEdited, MessageDeleted, MessagePinned, MessageUnpinned, ReactionAdded,
    ReactionRemoved, MeetingMoved, MeetingCancelled,
)  # fmt: skip
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
    return [_of_event(event, rendered[event.data["message_id"]]) for event in events]


def _of_event(event: Event, rendered: Rendered) -> Rendered:
    """The message, and of a reaction which one it is about."""
    if "emoji" not in event.data:
        return rendered
    return Rendered({**rendered.data, "reaction": event.data["emoji"]}, rendered.html)


def draft_resource(draft: Draft) -> dict[str, Any]:
    """The JSON of a draft, the same in API and event; nobody but its author gets either."""
    return {
        "conversation": draft.conversation_id,
        "body": draft.body,
        "reply_to": draft.reply_to_id,
        "version": draft.version,
        "updated_at": draft.updated_at if draft.version else None,
    }


@renders(DraftChanged)
def render_drafts(events: Sequence[Event]) -> list[Rendered]:
    """What is written there now: a replay does not bring back what was thrown away since."""
    pairs = {(event.actor_id, UUID(event.data["conversation_id"])): event.about for event in events}
    if any(draft is None for draft in pairs.values()):
        pairs |= drafts_of(set(pairs))
    return [
        Rendered(draft_resource(pairs[event.actor_id, UUID(event.data["conversation_id"])]))
        for event in events
    ]


@renders(MessagesSeen, MessagesDelivered)
def render_receipts(events: Sequence[Event]) -> list[Rendered]:
    """Whose receipts are hidden now, theirs are not told by a replay either."""
    asked = {(event.stream_id, event.actor_id) for event in events if event.about is None}
    shown = showing_receipts(asked) if asked else set()
    return [
        Rendered(event.data)
        if event.about is not None or (event.stream_id, event.actor_id) in shown
        else Rendered({}, is_withheld=True)
        for event in events
    ]


def reminder_resource(reminder: Any) -> dict[str, Any]:
    """The JSON of a reminder of `messaging.queries.reminders`; nothing of its message where that
    is gone or may not be read any more."""
    message = reminder.message
    is_available = reminder.is_visible and not message.is_deleted
    return {
        "id": reminder.pk,
        "message": message.pk,
        "author": str(message.author) if is_available else "",
        "excerpt": message.gist[:EXCERPT_CHARACTERS] if is_available else "",
        "is_available": is_available,
        "url": reverse("messaging:message", args=[message.pk]) if is_available else "",
        "remind_at": reminder.remind_at,
        "note": reminder.note,
        "state": reminder.state,
        "created_at": reminder.created_at,
    }
