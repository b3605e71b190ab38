"""Whether people are here, as somebody may know it who shares a conversation with them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from core import presence
from messaging.models import ConversationMember, MessagingSettings

MAX_ASKED = 100

OFFLINE: tuple[str, datetime | None] = ("offline", None)


def presence_of(
    viewer: User, user_ids: Collection[UUID]
) -> dict[UUID, tuple[str, datetime | None]]:
    """State (``active``, ``away``, ``offline``) and time last seen of at most `MAX_ASKED` people.

    Left out is who shares no conversation with the viewer now. Who hides their presence looks
    offline and was never seen; the viewer knows all of themselves. Who is here has no time last
    seen. One query and one round trip to Redis.
    """
    asked = list(dict.fromkeys(user_ids))[:MAX_ASKED]
    people = _known_to(viewer, asked)
    found = presence.read(people)
    return {user_id: _shown(found[user_id], *people[user_id]) for user_id in people}


def presence_beside(people: Iterable[User]) -> dict[UUID, tuple[str, datetime | None]]:
    """As `presence_of`, of people who are known to share a conversation with whoever asks, and were
    loaded with their ``messaging_settings``. No query."""
    shown = {person.pk: (_hides(person), person.last_seen_at) for person in people}
    found = presence.read(shown)
    return {user_id: _shown(found[user_id], *known) for user_id, known in shown.items()}


def _hides(person: User) -> bool:
    settings = getattr(person, "messaging_settings", None)
    return settings is not None and not settings.shows_presence


def _known_to(viewer: User, asked: list[UUID]) -> dict[UUID, tuple[bool, datetime | None]]:
    """Whom the viewer may ask about: whether they hide, and when the database last saw them."""
    present = ConversationMember.objects.filter(removed_at__isnull=True)
    mine = present.filter(user=viewer, conversation=OuterRef("conversation"))
    shared = present.filter(Exists(mine), user=OuterRef("pk"))
    hidden = MessagingSettings.objects.filter(user=OuterRef("pk"), shows_presence=False)
    rows = (
        User.objects.filter(pk__in=asked, is_active=True)
        .filter(Q(pk=viewer.pk) | Exists(shared))
        .values_list("pk", Exists(hidden), "last_seen_at")
    )
    return {
        user_id: (is_hidden and user_id != viewer.pk, seen_at)
        for user_id, is_hidden, seen_at in rows
    }


def _shown(
    person: presence.Presence, is_hidden: bool, seen_at: datetime | None
) -> tuple[str, datetime | None]:
    if is_hidden:
        return OFFLINE
    if person.state != "offline":
        return person.state, None
    times = [moment for moment in (person.seen_at, seen_at) if moment is not None]
    return "offline", max(times, default=None)
