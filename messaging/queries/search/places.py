"""Where somebody may look, and whom they may look for.

The titles are looked through here and not by the database: all that may be read is fetched for the
search anyway, and letters with accents are found without them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.models import User
from messaging.models import Conversation, ConversationMember
from messaging.queries.search.words import folded

MAX_AUTHORS = 100
"""That one name may mean."""

MAX_BY_NAME = 1_000
"""Conversations without a title that the name of somebody in them finds."""


@dataclass(frozen=True)
class Place:
    """A conversation that may be read; what is up to ``cleared`` the person has deleted."""

    id: UUID
    title: str
    newest: int
    at: datetime
    cleared: int = 0


@dataclass(frozen=True)
class Places:
    """Where somebody may look."""

    places: list[Place] = field(default_factory=list)

    @property
    def ids(self) -> list[UUID]:
        """Of the conversations."""
        return [place.id for place in self.places]

    @property
    def cleared(self) -> dict[UUID, int]:
        """Up to which number, where the person has deleted something for themselves."""
        return {place.id: place.cleared for place in self.places if place.cleared}

    @property
    def messages(self) -> int:
        """How many messages there are at most."""
        return sum(max(0, place.newest - place.cleared) for place in self.places)


def places_of(user: User) -> Places:
    """All that the person may read. Two queries."""
    deleted = ConversationMember.objects.filter(user=user, cleared_seq__gt=0)
    cleared = dict(deleted.values_list("conversation", "cleared_seq"))
    rows = Conversation.objects.visible_to(user).values_list(
        "pk", "title", "last_message_seq", "last_message_at", "created_at"
    )
    return Places(
        [
            Place(pk, title, newest, newest_at or created_at, cleared.get(pk, 0))
            for pk, title, newest, newest_at, created_at in rows
        ]
    )


def called(user: User, where: Places, words: Iterable[str]) -> Places:
    """Those of them in whose title all the words are; without a title, in the name of another one.

    The liveliest first; without what the person has deleted for themselves. One query.
    """
    wanted = [folded(word) for word in words]
    by_name = _named_like(user, [*words])
    found = [
        place
        for place in where.places
        if (not place.cleared or place.newest > place.cleared)
        and (place.id in by_name or _has(place.title, wanted))
    ]
    return Places(sorted(found, key=lambda place: place.at, reverse=True))


def authors_called(user: User, name: str) -> list[UUID]:
    """People whom the person shares, or shared, a conversation with and whose name has this."""
    shared = ConversationMember.objects.filter(
        user=OuterRef("pk"), conversation__in=Conversation.objects.visible_to(user)
    )
    people = User.objects.filter(Exists(shared), name__icontains=name)
    return list(people.values_list("pk", flat=True)[:MAX_AUTHORS])


def _has(title: str, wanted: list[str]) -> bool:
    plain = folded(title)
    return bool(plain) and all(word in plain for word in wanted)


def _named_like(user: User, words: list[str]) -> set[UUID]:
    """Conversations without a title with somebody else in them whose name has all the words."""
    others = ConversationMember.objects.filter(
        conversation__title="",
        conversation__in=Conversation.objects.visible_to(user),
        removed_at__isnull=True,
    ).exclude(user=user)
    for word in words:
        others = others.filter(user__name__icontains=word)
    return set(others.values_list("conversation", flat=True)[:MAX_BY_NAME])
