"""Messages of a conversation, page by page, as somebody opens it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, JSONField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from messaging.models import MAX_FILES, Conversation, Message, MessageType, Pin
from messaging.models.message import MAX_BODY_CHARACTERS
from messaging.models.reaction import PEOPLE_NAMED
from messaging.queries.receipts import Receipts, receipts
from messaging.queries.settings import settings_beside

PAGE_SIZE = 50


@dataclass(frozen=True)
class ThreadPage:
    """Messages of a conversation in order, and whether there are more on either side."""

    messages: list[Message]
    has_older: bool = False
    has_newer: bool = False


# Bounded for each message, in the same query: so many emoji, so many people named with each.
_REACTIONS = """(
    SELECT jsonb_agg(jsonb_build_array(emoji, number, people) ORDER BY first)
    FROM (
        SELECT emoji, count(*) AS number, min(reaction.id) AS first,
            to_jsonb((array_agg(
                jsonb_build_array(person.id, person.name) ORDER BY reaction.id
            ))[1:%s]) AS people
        FROM messaging_reaction reaction JOIN accounts_user person ON person.id = user_id
        WHERE reaction.message_id = messaging_message.id
        GROUP BY emoji
    ) grouped
)"""


_FOUND: dict[str, Any] = {
    "is_pinned": Exists(Pin.objects.filter(message=OuterRef("pk"))),
    # Nothing of it comes from outside.
    "reactions_found": RawSQL(_REACTIONS, [PEOPLE_NAMED], output_field=JSONField()),  # noqa: S611
}


def with_people(messages: QuerySet[Message]) -> QuerySet[Message]:
    """With author, the message replied to, the meeting that it may be, reactions and whether it is
    pinned, in one query."""
    return messages.select_related("author", "reply_to__author", "meeting").annotate(**_FOUND)


def shown_in(conversation: Conversation) -> QuerySet[Message]:
    """Its messages, without those that the person whom it was loaded for deleted for themselves."""
    messages = Message.objects.filter(conversation=conversation)
    if conversation.cleared_seq:
        messages = messages.filter(seq__gt=conversation.cleared_seq)
    return messages


def page_before(
    conversation: Conversation, before: int | None, limit: int = PAGE_SIZE
) -> ThreadPage:
    """The newest messages, or those numbered below ``before``."""
    rows = with_people(shown_in(conversation))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.order_by("-seq")[: limit + 1])
    return ThreadPage(page[:limit][::-1], has_older=len(page) > limit, has_newer=before is not None)


def page_after(
    conversation: Conversation, after: int, limit: int = PAGE_SIZE, *, before: int | None = None
) -> ThreadPage:
    """The messages numbered above ``after`` (and below ``before``), oldest first."""
    rows = with_people(shown_in(conversation).filter(seq__gt=after))
    if before is not None:
        rows = rows.filter(seq__lt=before)
    page = list(rows.order_by("seq")[: limit + 1])
    return ThreadPage(page[:limit], has_older=True, has_newer=len(page) > limit)


def page_around(conversation: Conversation, seq: int, limit: int = PAGE_SIZE) -> ThreadPage:
    """Half a page on both sides of a message: where a link to it leads. One query."""
    half, rows = limit // 2, with_people(shown_in(conversation))
    before = rows.filter(seq__lt=seq).order_by("-seq")[: half + 1]
    after = rows.filter(seq__gte=seq).order_by("seq")[: half + 1]
    found = sorted(before.union(after, all=True), key=lambda message: message.seq)
    older = [message for message in found if message.seq < seq]
    newer = found[len(older) :]
    return ThreadPage(older[-half:] + newer[:half], len(older) > half, len(newer) > half)


@dataclass(frozen=True)
class Thread:
    """A conversation as somebody opens it."""

    conversation: Conversation
    page: ThreadPage
    read_seq: int
    first_unread: Message | None
    linked: Message | None
    receipts: Receipts

    max_files = MAX_FILES

    @property
    def max_file_bytes(self) -> int:
        """Of one file, so that browsers need not try larger ones."""
        return int(settings.MAX_FILE_BYTES)

    @property
    def enter_sends(self) -> bool:
        """Whether the person sends by Enter alone."""
        place = self.receipts.mine
        return place is None or settings_beside(place).enter_sends

    @property
    def most_characters(self) -> int:
        """Of a message: said before it is sent, as what is too long is not."""
        return MAX_BODY_CHARACTERS

    @property
    def told_seq(self) -> int:
        """Number up to which nobody needs to be told that it is read: 0 if marked unread."""
        place = self.receipts.mine
        return 0 if place is not None and place.is_marked_unread else self.read_seq


def thread(user: User, conversation: Conversation, around: str = "") -> Thread:
    """The newest page, or the page around the message with the id ``around``."""
    linked = linked_message(conversation, around)
    return thread_at(user, conversation, linked.seq if linked else None)


def thread_at(user: User, conversation: Conversation, seq: int | None) -> Thread:
    """The newest page, or the page around a number."""
    page = page_before(conversation, None) if seq is None else page_around(conversation, seq)
    known = receipts(user, conversation)
    seen = known.mine.read_seq if known.mine is not None else 0
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
        linked=next((message for message in page.messages if message.seq == seq), None),
        receipts=known,
    )


def linked_message(conversation: Conversation, message_id: str) -> Message | None:
    """The message of this id in the conversation; None for anything else."""
    try:
        wanted = UUID(message_id)
    except ValueError:
        return None
    return shown_in(conversation).filter(pk=wanted).first()


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


# One look into the index for each. Asked for by a join with their conversations, PostgreSQL would
# read all that was ever said in these, once one of them is long.
_NUMBERED = """
    SELECT said.id FROM UNNEST(%s::uuid[], %s::bigint[]) AS wanted(conversation_id, seq)
    JOIN messaging_message said USING (conversation_id, seq)
"""


def messages_numbered(numbers: Mapping[UUID, int]) -> dict[UUID, Message]:
    """One message of each of these conversations, by its number there, with its author. One
    query."""
    # Nothing of the SQL comes from outside.
    wanted = RawSQL(_NUMBERED, [list(numbers), list(numbers.values())])  # noqa: S611
    messages = Message.objects.filter(pk__in=wanted).select_related("author")
    return {message.conversation_id: message for message in messages}
