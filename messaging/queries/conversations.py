"""Conversations that somebody may see, what they may do there and how far they have read."""

from collections.abc import Collection
from typing import cast
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.http import Http404

from accounts.models import User
from core.database import ask
from core.permissions import granted, has_permission, remember_grants
from core.rows import Condition, Statement, columns, instances
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Message,
)

# Plain SQL: asked for every message, and again under its lock (core.rows says why).
_CODENAMES = """
    ARRAY(
        SELECT codename::text FROM messaging_conversationuserobjectpermission held
        JOIN auth_permission ON auth_permission.id = held.permission_id
        WHERE held.content_object_id = conversation.id AND held.user_id = %s
        ORDER BY codename COLLATE "C"
    )
"""


_HELD = f"{_CODENAMES} FROM messaging_conversation conversation WHERE id = %s"


_CLEARED = """
    COALESCE((
        SELECT cleared_seq FROM messaging_conversationmember place
        WHERE place.conversation_id = conversation.id AND place.user_id = %s
    ), 0)
"""
_LOOK_AGAIN = f"SELECT closed_at, {_HELD}"


_STILL_SO = f"""
    EXISTS (
        SELECT FROM messaging_conversation conversation
        WHERE {_CODENAMES} = %s::text[] AND closed_at IS NULL AND conversation.id = %s
    )
"""


def visible_conversation(user: User, conversation_id: UUID) -> Conversation:
    """The conversation, together with what the person may do in it and up to which number they
    have deleted it for themselves (``cleared_seq``): one query.

    Raises `Http404` where they may not see it: what `visible_to` leaves out is what they may not
    read.
    """
    select = f"SELECT {columns(Conversation, 'conversation')}, {_CLEARED}, {_HELD}"
    row = ask(select, [user.pk, user.pk, conversation_id])
    if row is None:
        raise Http404
    (conversation,) = instances(row[:-2], Conversation)
    conversation.cleared_seq = row[-2]
    remember_grants(user, conversation, row[-1])
    if not has_permission(user, "messaging.read", conversation):
        raise Http404
    return cast(Conversation, conversation)


def look_again(user: User, conversation: Conversation) -> None:
    """Ask the database anew what the person may do there and whether it is closed: one query."""
    conversation.closed_at, codenames = ask(_LOOK_AGAIN, [user.pk, conversation.pk]) or ()
    remember_grants(user, conversation, codenames)


def still_so(user: User, conversation: Conversation) -> Condition:
    """Holds while the conversation is open and the person may do there what was found before.

    Under the stream's lock it is what `look_again` and a check would be, without asking first.
    """
    return Condition(_STILL_SO, [user.pk, sorted(granted(user, conversation)), conversation.pk])


# Under the stream's lock, so that the newest message's number stays. HOT: no index has the columns.
_NOTE_NEWEST = """
    UPDATE messaging_conversation conversation
    SET last_message_seq = %s, last_message_at = stored.created_at
    FROM stored WHERE conversation.id = %s
"""


# Under the name that follows the one of what is written first (core.insertion).
_NOTE_MENTIONS = """
    ), mentioned AS (
        INSERT INTO messaging_mention (message_id, user_id, conversation_id, seq, created_at)
        SELECT %s, person, %s, %s, stored.created_at FROM stored, UNNEST(%s::uuid[]) person
"""


def beside_message(message: Message, people: Collection[UUID]) -> Statement:
    """Beside the insertion of a message: what lists of conversations are ordered by, and the
    mentions of these people."""
    newest = Statement(_NOTE_NEWEST, [message.seq, message.conversation_id])
    if not people:
        return newest
    about = [message.pk, message.conversation_id, message.seq, list(people)]
    return Statement(newest.sql + _NOTE_MENTIONS, [*newest.values, *about])


MOST_TOLD = 100
"""A larger conversation's members look themselves, as who follows it is told anyway."""

_MEMBERS = """
    ARRAY(
        SELECT user_id FROM messaging_conversationmember
        WHERE conversation_id = %s AND removed_at IS NULL LIMIT %s
    )
"""


def audience_of(conversation: Conversation) -> list[UUID]:
    """Who is told on their own streams of what is new there: everybody in it, if not too many."""
    (ids,) = ask(f"SELECT {_MEMBERS}", members_of(conversation).values) or ([],)
    return told_among(ids)


def members_of(conversation: Conversation) -> Statement:
    """The same, to be asked together with something else: one array for `told_among`."""
    return Statement(_MEMBERS, [conversation.pk, MOST_TOLD + 1])


def told_among(members: list[UUID]) -> list[UUID]:
    """Them, or nobody if there are too many."""
    return members if len(members) <= MOST_TOLD else []


def held_by(user: User, conversation: OuterRef) -> ArraySubquery:
    """The permissions that the person holds on each conversation."""
    held = ConversationUserObjectPermission.objects.filter(
        content_object=conversation, user_id=user.pk
    )
    return ArraySubquery(held.order_by("permission__codename").values("permission__codename"))


def cleared_seq(user: User, conversation_id: UUID) -> int:
    """Up to which number the person has deleted a conversation for themselves."""
    places = ConversationMember.objects.filter(conversation=conversation_id, user=user)
    return places.values_list("cleared_seq", flat=True).first() or 0


def read_seq(conversation: Conversation, user: User) -> int:
    """Number of the newest message that the person has seen, 0 for none."""
    places = ConversationMember.objects.filter(conversation=conversation, user=user)
    return places.values_list("read_seq", flat=True).first() or 0
