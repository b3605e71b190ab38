"""Reading conversations."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from accounts.models import User
from core.database import ask
from core.permissions import granted, has_permission, remember_grants
from core.rows import Condition, columns, instances
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    Message,
    MessageType,
)

PAGE_SIZE = 50


@dataclass(frozen=True)
class ThreadPage:
    """Messages of a conversation in order, and whether there are more on either side."""

    messages: list[Message]
    has_older: bool = False
    has_newer: bool = False


def with_people(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With author and the message replied to, in one query."""
    return messages.select_related("author", "reply_to__author")


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
_LOOK_AGAIN = f"SELECT closed_at, {_HELD}"
_STILL_SO = f"""
    EXISTS (
        SELECT FROM messaging_conversation conversation
        WHERE {_CODENAMES} = %s::text[] AND closed_at IS NULL AND conversation.id = %s
    )
"""


def visible_conversation(user: User, conversation_id: UUID) -> Conversation:
    """The conversation, together with what the person may do in it: one query.

    Raises `Http404` where they may not see it: what `visible_to` leaves out is what they may not
    read.
    """
    select = f"SELECT {columns(Conversation, 'conversation')}, {_HELD}"
    row = ask(select, [user.pk, conversation_id])
    if row is None:
        raise Http404
    (conversation,) = instances(row[:-1], Conversation)
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


def _held_by(user: User) -> ArraySubquery:
    """The permissions that the person holds on each conversation."""
    held = ConversationUserObjectPermission.objects.filter(
        content_object=OuterRef("pk"), user_id=user.pk
    )
    return ArraySubquery(held.order_by("permission__codename").values("permission__codename"))


def page_before(
    conversation: Conversation, before: int | None, limit: int = PAGE_SIZE
) -> ThreadPage:
    """The newest messages, or those numbered below ``before``."""
    rows = with_people(Message.objects.filter(conversation=conversation))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.order_by("-seq")[: limit + 1])
    return ThreadPage(page[:limit][::-1], has_older=len(page) > limit, has_newer=before is not None)


def page_after(
    conversation: Conversation, after: int, limit: int = PAGE_SIZE, *, before: int | None = None
) -> ThreadPage:
    """The messages numbered above ``after`` (and below ``before``), oldest first."""
    rows = with_people(Message.objects.filter(conversation=conversation, seq__gt=after))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.order_by("seq")[: limit + 1])
    return ThreadPage(page[:limit], has_older=True, has_newer=len(page) > limit)


def page_around(conversation: Conversation, seq: int, limit: int = PAGE_SIZE) -> ThreadPage:
    """Half a page on both sides of a message: where a link to it leads."""
    older = page_before(conversation, seq, limit // 2)
    newer = page_after(conversation, seq - 1, limit // 2)
    return ThreadPage(older.messages + newer.messages, older.has_older, newer.has_newer)


def as_read_by(user: User, conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """With ``read_seq``, ``unread`` and ``codenames`` of the person, in the same query."""
    place = ConversationMember.objects.filter(conversation=OuterRef("pk"), user=user)
    unread = (
        Message.objects.filter(
            conversation=OuterRef("pk"), seq__gt=OuterRef("read_seq"), deleted_at__isnull=True
        )
        .exclude(author=user)
        .exclude(message_type=MessageType.SYSTEM)
        .order_by()
        .values("conversation")
        .annotate(number=Count("pk"))
        .values("number")
    )
    return conversations.annotate(
        read_seq=Coalesce(Subquery(place.values("read_seq")), 0), codenames=_held_by(user)
    ).annotate(unread=Coalesce(Subquery(unread, output_field=IntegerField()), 0))


def read_seq(conversation: Conversation, user: User) -> int:
    """Number of the newest message that the person has seen, 0 for none."""
    places = ConversationMember.objects.filter(conversation=conversation, user=user)
    return places.values_list("read_seq", flat=True).first() or 0


def unread_counts(user: User, conversation_ids: list[UUID]) -> dict[UUID, int]:
    """How many messages of others the person has not seen, per conversation, one query."""
    rows = (
        ConversationMember.objects.filter(user=user, conversation_id__in=conversation_ids)
        .annotate(
            unread=Count(
                "conversation__messages",
                filter=Q(conversation__messages__seq__gt=F("read_seq"))
                & Q(conversation__messages__deleted_at__isnull=True)
                & ~Q(conversation__messages__author=user)
                & ~Q(conversation__messages__message_type=MessageType.SYSTEM),
            )
        )
        .values_list("conversation_id", "unread")
    )
    return dict(rows)


def messages_sent(conversation: Conversation, people: Collection[UUID]) -> dict[UUID, int]:
    """How many messages each of these people sent, deleted ones included."""
    rows = (
        Message.objects.filter(
            conversation=conversation, message_type=MessageType.TEXT, author__in=people
        )
        .values_list("author_id")
        .annotate(number=Count("pk"))
    )
    return dict(rows)


@dataclass(frozen=True)
class Thread:
    """A conversation as somebody opens it."""

    conversation: Conversation
    page: ThreadPage
    read_seq: int
    first_unread: Message | None
    linked: Message | None


def thread(user: User, conversation: Conversation, around: str = "") -> Thread:
    """The newest page, or the page around the message with the id ``around``."""
    linked = _linked(conversation, around)
    page = page_around(conversation, linked.seq) if linked else page_before(conversation, None)
    seen = read_seq(conversation, user)
    unread = [
        message
        for message in page.messages
        if message.seq > seen
        and message.author_id != user.pk
        and message.message_type != MessageType.SYSTEM
    ]
    # With older unread messages outside the page the line would stand in the wrong place.
    is_inside = any(message.seq <= seen for message in page.messages) or not page.has_older
    return Thread(
        conversation=conversation,
        page=page,
        read_seq=seen,
        first_unread=unread[0] if unread and is_inside and seen else None,
        linked=linked,
    )


def _linked(conversation: Conversation, message_id: str) -> Message | None:
    try:
        wanted = UUID(message_id)
    except ValueError:
        return None
    return Message.objects.filter(conversation=conversation, pk=wanted).first()
