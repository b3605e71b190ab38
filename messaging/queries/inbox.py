"""The list of somebody's conversations: what is shown of each, filtered and in order."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.text import Truncator

from accounts.models import User
from accounts.queries import organisation_name
from messaging.models import (
    Category,
    Conversation,
    ConversationKind,
    ConversationMember,
    Mention,
    Message,
    MessageType,
    Priority,
)
from messaging.queries.contacts import IS_CLIENT
from messaging.queries.conversations import held_by
from messaging.queries.drafts import with_drafts
from messaging.queries.presence import OFFLINE, presence_beside
from messaging.queries.threads import messages_numbered

PAGE_SIZE = 40
MOST_UNREAD = 100
"""Unread messages are counted up to here: "99+" says enough, and a million costs no more."""
NAMES_SHOWN = 4
PREVIEW_CHARACTERS = 90


RINGS = {"active": "here", "away": "away"}


class Show(StrEnum):
    """Which conversations are listed."""

    ALL = "all"
    UNREAD = "unread"
    ACTIVE = "active"
    ARCHIVED = "archived"
    PINNED = "pinned"
    MUTED = "muted"
    MENTIONS = "mentions"
    CLIENTS = "clients"
    ROOMS = "rooms"


class Order(StrEnum):
    """In which order."""

    NEWEST = "newest"
    OLDEST = "oldest"
    UNREAD = "unread"
    PRIORITY = "priority"


ORDERINGS = {
    Order.NEWEST: ["-at"],
    Order.OLDEST: ["at"],
    Order.UNREAD: ["-waits", "-at"],
    Order.PRIORITY: ["-conversation__priority", "-at"],
}


@dataclass(frozen=True)
class Filters:
    """What the reader of the list has chosen."""

    show: Show = Show.ALL
    order: Order = Order.NEWEST
    category: str = ""
    priority: int | None = None
    text: str = ""

    @classmethod
    def parse(cls, values: Any) -> "Filters":
        """Read a query string; what is no choice counts as none."""
        show, order = values.get("show", ""), values.get("sort", "")
        category, priority = values.get("category", ""), values.get("priority", "")
        return cls(
            show=Show(show) if show in list(Show) else Show.ALL,
            order=Order(order) if order in list(Order) else Order.NEWEST,
            category=category if category in Category.values else "",
            priority=int(priority) if priority in map(str, Priority.values) else None,
            text=values.get("q", "").replace("\0", "").strip()[:100],
        )

    @property
    def is_plain(self) -> bool:
        """Nothing is left out but what is archived."""
        return self == Filters(order=self.order)


@dataclass(frozen=True)
class Row:
    """One conversation as somebody's list shows it."""

    place: ConversationMember
    unread: int
    mentions: int
    draft: str | None
    last: Message | None
    people: list[User] = field(default_factory=list)
    number_of_people: int = 0
    state: str = "offline"
    seen_at: datetime | None = None
    """When the other one was here, where that is shown."""

    @property
    def conversation(self) -> Conversation:
        """Which it is."""
        return self.place.conversation

    @property
    def other(self) -> User | None:
        """The other one of two."""
        is_direct = self.conversation.kind == ConversationKind.DIRECT
        return self.people[0] if is_direct and self.people else None

    @property
    def title(self) -> str:
        """The other's name, or the title that the conversation has."""
        return str(self.other) if self.other else self.conversation.title or "Conversation"

    @property
    def organisation(self) -> str:
        """The other's organisation, or empty."""
        return organisation_name(self.other) if self.other else ""

    @property
    def at(self) -> datetime:
        """When something was said last, else when it was opened."""
        return self.conversation.last_message_at or self.conversation.created_at

    @property
    def preview(self) -> str:
        """How what was said last begins, without its formatting."""
        if self.last is None:
            return ""
        return Truncator(" ".join(self.last.gist.split())).chars(PREVIEW_CHARACTERS)

    @property
    def is_unread(self) -> bool:
        """Something new is in it, or it was marked so."""
        return self.unread > 0 or self.place.is_marked_unread

    @property
    def is_muted(self) -> bool:
        """It keeps silent now."""
        until = self.place.muted_until
        return until is not None and until > timezone.now()

    @property
    def is_archived(self) -> bool:
        """It was put away, and nothing was said since."""
        archived = self.place.archived_seq
        return archived is not None and archived >= self.conversation.last_message_seq

    @property
    def ring(self) -> str:
        """The form of the ring around the other's face."""
        return RINGS.get(self.state, "")

    @property
    def icon(self) -> str:
        """For what has no face."""
        return "presentation" if self.conversation.kind == ConversationKind.ROOM else "users"


def is_archived() -> Q:
    """Condition on a place: put away, and nothing was said since."""
    return Q(archived_seq__gte=F("conversation__last_message_seq"))


def is_gone() -> Q:
    """Condition on a place: deleted by its person, and nothing was said since."""
    return Q(cleared_seq__gt=0, cleared_seq__gte=F("conversation__last_message_seq"))


def is_muted() -> Q:
    """Condition on a place: it keeps silent now."""
    return Q(muted_until__gt=Now())


def _named_of(user: User) -> QuerySet[Mention, Any]:
    """Where the person is named behind the place's ``read_seq``; a subquery for places."""
    named = Mention.objects.filter(
        user=user, conversation=OuterRef("conversation"), seq__gt=OuterRef("read_seq")
    )
    return named.order_by().values("pk")


def _number_of(rows: QuerySet[Any, Any]) -> Func:
    """How many there are, at most `MOST_UNREAD`."""
    return Func(
        Subquery(rows[:MOST_UNREAD]),
        template="(SELECT COUNT(*) FROM %(expressions)s AS bounded)",
        output_field=IntegerField(),
    )


def _unread_of(user: User) -> QuerySet[Message, Any]:
    """What others said behind the place's ``read_seq``; a subquery for places."""
    return (
        Message.objects.filter(
            conversation=OuterRef("conversation"),
            seq__gt=OuterRef("read_seq"),
            deleted_at__isnull=True,
        )
        .exclude(author=user)
        .exclude(message_type=MessageType.SYSTEM)
        .order_by()
        .values("pk")
    )


def has_unread(user: User) -> Q:
    """Condition on a place of the person; looks into those alone where something was said."""
    newer = Q(conversation__last_message_seq__gt=F("read_seq"))
    # As a case: of "newer and exists", PostgreSQL would look for messages first, in all of them.
    waits = Case(
        When(newer, then=Exists(_unread_of(user))), default=False, output_field=BooleanField()
    )
    return Q(is_marked_unread=True) | Q(waits)


def places_of(user: User) -> "QuerySet[ConversationMember]":
    """The person's places in conversations that they may read, deleted ones left out."""
    return ConversationMember.objects.filter(
        user=user,
        removed_at__isnull=True,
        conversation__in=Conversation.objects.visible_to(user),
    ).exclude(is_gone())


def number_unread(user: User) -> int:
    """In how many conversations something waits, at most `MOST_UNREAD`: those that are neither
    archived nor muted."""
    waiting = places_of(user).exclude(is_archived()).exclude(is_muted()).filter(has_unread(user))
    return int(waiting[:MOST_UNREAD].count())


def counted(user: User, places: QuerySet[Any]) -> QuerySet[Any]:
    """Places with ``unread`` and ``mentions`` (of these, how often the person is named), at most
    `MOST_UNREAD` each, ``at``, when something was said last, and ``draft``."""
    newer = Q(conversation__last_message_seq__gt=F("read_seq"))
    rows: QuerySet[Any] = with_drafts(user, places).annotate(
        at=Coalesce("conversation__last_message_at", "conversation__created_at"),
        unread=Case(When(newer, then=_number_of(_unread_of(user))), default=0),
        mentions=Case(When(newer, then=_number_of(_named_of(user))), default=0),
    )
    return rows


def with_permissions(user: User, places: QuerySet[Any]) -> QuerySet[Any]:
    """Places with ``codenames``: what the person may do in each conversation."""
    rows: QuerySet[Any] = places.annotate(codenames=held_by(user, OuterRef("conversation")))
    return rows


def listed(user: User, filters: Filters) -> QuerySet[Any]:
    """The places that the list shows, pinned ones first, each `counted`."""
    rows = counted(user, _filtered(user, filters).select_related("conversation"))
    pinned = Case(When(pinned_at__isnull=False, then=0), default=1, output_field=IntegerField())
    if filters.order is Order.UNREAD:
        waits = Case(When(has_unread(user), then=True), default=False, output_field=BooleanField())
        rows = rows.annotate(waits=waits)
    rows = rows.annotate(order=pinned)
    ordered: QuerySet[Any] = rows.order_by("order", *ORDERINGS[filters.order], "-pk")
    return ordered


def _shown(user: User, show: Show) -> Q:
    """The condition that a choice of the list sets."""
    conditions: dict[Show, Callable[[], Q]] = {
        Show.UNREAD: lambda: has_unread(user),
        Show.ACTIVE: lambda: Q(conversation__closed_at__isnull=True),
        Show.ARCHIVED: is_archived,
        Show.PINNED: lambda: Q(pinned_at__isnull=False),
        Show.MUTED: is_muted,
        Show.MENTIONS: lambda: Q(Exists(_named_of(user))),
        Show.ROOMS: lambda: Q(conversation__kind=ConversationKind.ROOM),
        Show.CLIENTS: lambda: Q(Exists(_others(user).filter(user__in=_clients()))),
    }
    return conditions.get(show, Q)()


def _clients() -> QuerySet[User]:
    return User.objects.filter(IS_CLIENT, is_system=False)


def _filtered(user: User, filters: Filters) -> QuerySet[ConversationMember]:
    rows = places_of(user).filter(_shown(user, filters.show))
    if filters.show is not Show.ARCHIVED and not filters.text:  # words find what is put away, too
        rows = rows.exclude(is_archived())
    if filters.category:
        rows = rows.filter(conversation__category=filters.category)
    if filters.priority is not None:
        rows = rows.filter(conversation__priority=filters.priority)
    for word in filters.text.split()[:8]:
        named = _others(user).filter(user__name__icontains=word)
        rows = rows.filter(Q(conversation__title__icontains=word) | Exists(named))
    return rows


def _others(user: User) -> QuerySet[ConversationMember]:
    """Who else is in the conversation of a place; a subquery for places."""
    others = ConversationMember.objects.filter(
        conversation=OuterRef("conversation"), removed_at__isnull=True
    )
    return others.exclude(user=user)


def rows_of(user: User, places: Iterable[Any]) -> list[Row]:
    """The list's rows for these places: what was said last, and who is in it. Two queries."""
    places = list(places)
    by_conversation = _people_in([place.conversation_id for place in places], user)
    last = _last_messages(places)
    states = _states(places, by_conversation)
    return [
        Row(
            place=place,
            unread=place.unread,
            mentions=place.mentions,
            draft=place.draft,
            last=last.get(place.conversation_id),
            people=by_conversation.get(place.conversation_id, [])[:NAMES_SHOWN],
            number_of_people=len(by_conversation.get(place.conversation_id, [])),
            state=states.get(place.conversation_id, OFFLINE)[0],
            seen_at=states.get(place.conversation_id, OFFLINE)[1],
        )
        for place in places
    ]


def _people_in(conversations: Collection[UUID], user: User) -> dict[UUID, list[User]]:
    """The others of private conversations, the first to come first; rooms are known by title."""
    members = ConversationMember.objects.filter(
        conversation__in=conversations,
        conversation__kind__in=(ConversationKind.DIRECT, ConversationKind.GROUP),
    ).exclude(user=user)
    present = Q(removed_at__isnull=True) | Q(conversation__kind=ConversationKind.DIRECT)
    found: dict[UUID, list[User]] = {}
    people = members.filter(present).select_related(
        "user__membership__organisation", "user__messaging_settings"
    )
    for member in people.order_by("added_at", "pk"):
        found.setdefault(member.conversation_id, []).append(member.user)
    return found


def _states(
    places: Iterable[ConversationMember], people: dict[UUID, list[User]]
) -> dict[UUID, tuple[str, datetime | None]]:
    """Whether the other one of two is here, and since when not, by conversation."""
    others = {
        place.conversation_id: people[place.conversation_id][0]
        for place in places
        if place.conversation.kind == ConversationKind.DIRECT and place.conversation_id in people
    }
    known = presence_beside(others.values())
    return {place: known[other.pk] for place, other in others.items()}


def _last_messages(places: Iterable[ConversationMember]) -> dict[UUID, Message]:
    """The newest message of each, but for what the person deleted for themselves."""
    shown = {
        place.conversation_id: place.conversation.last_message_seq
        for place in places
        if place.conversation.last_message_seq > place.cleared_seq
    }
    return messages_numbered(shown)
