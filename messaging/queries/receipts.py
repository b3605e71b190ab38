"""What got to whom, and who saw it when. Nothing is told of who does not show receipts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import User
from core.models import Stream
from messaging.models import (
    Conversation,
    ConversationMember,
    Message,
    MessageType,
    ReadMark,
)
from messaging.queries.settings import shows

MAX_PEOPLE = 50
"""In conversations of more people nobody's receipts are kept or told: they would be most of the
log, and nobody could look through them."""


@dataclass(frozen=True)
class Place:
    """How far somebody has come in a conversation, and whether others may know."""

    read_seq: int
    delivered_seq: int
    is_marked_unread: bool
    tells: bool
    has_news: bool
    """Others' messages up to the number that was asked about are new to them."""


def place_before(user: User, conversation: Conversation, seq: int) -> Place | None:
    """Somebody's place before they come to ``seq``; None if they have none. One query."""
    news = _others_messages(user).filter(seq__gt=OuterRef("read_seq"), seq__lte=seq)
    row: Any = (
        ConversationMember.objects.filter(conversation=conversation, user=user)
        .annotate(shown=shows("shows_receipts"), is_large=_is_large(), has_news=Exists(news))
        .first()
    )
    if row is None:
        return None
    return Place(
        read_seq=row.read_seq,
        delivered_seq=row.delivered_seq,
        is_marked_unread=row.is_marked_unread,
        tells=row.shown and not row.is_large,
        has_news=row.has_news,
    )


def _others_messages(user: User) -> QuerySet[Message]:
    """Of places in conversations: what other people wrote there."""
    written = Message.objects.filter(conversation=OuterRef("conversation"))
    return written.exclude(author=user).exclude(message_type=MessageType.SYSTEM)


def _present(conversation: Any) -> QuerySet[ConversationMember]:
    return ConversationMember.objects.filter(conversation=conversation, removed_at__isnull=True)


def _is_large() -> Exists:
    """Of places in conversations: whether more than `MAX_PEOPLE` take part there."""
    return Exists(_present(OuterRef("conversation")).order_by("pk")[MAX_PEOPLE : MAX_PEOPLE + 1])


@dataclass(frozen=True)
class Receipt:
    """How far one person's receipts go."""

    user_id: UUID
    seen_seq: int = 0
    seen_at: datetime | None = None
    delivered_seq: int = 0


@dataclass(frozen=True)
class Receipts:
    """A conversation's receipts of everybody but the viewer, and the viewer's own place.

    ``others`` is empty where there are too many people to tell; ``number`` says how many others
    take part, whether or not they show receipts.
    """

    mine: ConversationMember | None
    number: int
    others: list[Receipt]

    @property
    def as_data(self) -> dict[str, Any]:
        """What the page is given; frontend/src/chat/receipts.js reads it."""
        return {
            "number": self.number,
            "people": [
                [
                    str(other.user_id),
                    other.delivered_seq,
                    other.seen_seq,
                    other.seen_at and other.seen_at.isoformat(),
                ]
                for other in self.others
            ],
        }


def receipts(user: User, conversation: Conversation) -> Receipts:
    """Everybody's receipts as the conversation opens. One query.

    ``seen_at`` is the newest mark's: of two people, who leave marks by the other's messages alone,
    it is when the newest one seen was seen.
    """
    rows = list(
        _present(conversation)
        .annotate(shown=shows("shows_receipts"))
        .annotate(seen_seq=Coalesce(_newest_mark("seq"), 0), seen_at=_newest_mark("at"))
        .select_related("user__messaging_settings")
        .order_by("pk")[: MAX_PEOPLE + 1]
    )
    mine = next((row for row in rows if row.user_id == user.pk), None)
    if len(rows) > MAX_PEOPLE:
        return Receipts(mine or _place(user, conversation), len(rows), [])
    others = [row for row in rows if row.user_id != user.pk]
    people = [
        Receipt(row.user_id, row.seen_seq, row.seen_at, max(row.delivered_seq, row.seen_seq))
        for row in others
        if row.shown
    ]
    return Receipts(mine, len(others), people)


def showing_receipts(places: Collection[tuple[int, UUID]]) -> set[tuple[int, UUID]]:
    """Of pairs of a conversation's stream in the log and a person: where they show receipts now.
    One query."""
    streams = Stream.objects.filter(kind="conversation")
    asked = streams.filter(pk__in={stream_id for stream_id, _ in places})
    there = streams.filter(object_id=OuterRef("conversation_id")).values("pk")
    rows = (
        ConversationMember.objects.filter(user__in={user_id for _, user_id in places})
        .filter(conversation__in=asked.values("object_id"))
        .annotate(shown=shows("shows_receipts"), stream=Subquery(there))
        .filter(shown=True)
    )
    return set(rows.values_list("stream", "user_id"))


def _place(user: User, conversation: Conversation) -> ConversationMember | None:
    places = ConversationMember.objects.filter(conversation=conversation, user=user)
    return places.select_related("user__messaging_settings").first()


def _marks() -> QuerySet[ReadMark]:
    """Of places in conversations: the marks of the person there."""
    return ReadMark.objects.filter(conversation=OuterRef("conversation"), user=OuterRef("user"))


def _newest_mark(field: str) -> Subquery:
    return Subquery(_marks().order_by("-seq").values(field)[:1])


@dataclass(frozen=True)
class SeenBy:
    """Who saw a message and when, the last one first, and who is not known to have seen it."""

    # The places have what `places_seeing` adds.
    is_told: bool
    seen: list[Any]
    others: list[Any]


def places_seeing(message: Message) -> QuerySet[Any]:
    """Everybody's place but the author's, with when they saw it (``mark_at``) and whether that is
    ``shown``. Nobody's in a conversation of more than `MAX_PEOPLE`.
    """
    seen = _marks().filter(seq__gte=message.seq).order_by("seq", "at").values("at")[:1]
    return (
        _present(message.conversation_id)
        .exclude(user=message.author_id)
        .annotate(shown=shows("shows_receipts"), is_large=_is_large(), mark_at=Subquery(seen))
        .filter(is_large=False)
        .select_related("user")
    )


def seen_by(message: Message) -> SeenBy:
    """At most `MAX_PEOPLE` people. One query."""
    rows = list(places_seeing(message).order_by(F("mark_at").desc(nulls_last=True), "pk"))
    seen = [row for row in rows if row.shown and row.mark_at is not None]
    others = [row for row in rows if not row.shown or row.mark_at is None]
    return SeenBy(bool(rows), seen, others)


def has_got(place: Any, message: Message) -> bool:
    """Whether a device of theirs got the message, as far as they show."""
    return bool(place.shown and place.delivered_seq >= message.seq)
