"""Where somebody keeps a conversation: archived, pinned, muted, marked; and what it is about."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.queries import is_consultant
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import require
from core.publish import lock, record
from core.queries import head
from messaging.events import ConversationCleared, ConversationKept, ConversationTriaged
from messaging.models import (
    Category,
    Conversation,
    ConversationKind,
    ConversationMember,
    Priority,
)
from messaging.queries.conversations import audience_of

MAX_PINNED = 20
FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class Mute(StrEnum):
    """For how long a conversation keeps silent."""

    HOUR = "1h"
    WORKDAY = "8h"
    WEEK = "1w"
    FOR_EVER = "ever"
    OFF = "off"


MUTED_FOR = {
    Mute.HOUR: timedelta(hours=1),
    Mute.WORKDAY: timedelta(hours=8),
    Mute.WEEK: timedelta(weeks=1),
}


class TooManyPinned(Conflict):
    """A list whose half is pinned has nothing on top."""

    code = "too_many_pinned"
    detail = f"At most {MAX_PINNED} conversations can be pinned. Unpin one first."


class StaysInRecord(Conflict):
    """Deleting a consultation's chat for oneself."""

    code = "stays_in_record"
    detail = "What was said in a consultation stays with it. Archive it to have it out of the way."


class WrongChoice(ActionError):
    """A value that does not exist."""

    code = "wrong_choice"


@transaction.atomic
def keep_conversation(
    *,
    actor: User,
    conversation: Conversation,
    archived: bool | None = None,
    pinned: bool | None = None,
    mute: Mute | None = None,
    marked_unread: bool | None = None,
) -> ConversationMember:
    """Archive, pin, mute or mark a conversation for oneself; None leaves as it is.

    An archived one comes back with a new message; archiving takes the pin away. Records
    `ConversationKept` on one's own stream, unless nothing changes. Raises `NotAllowed`,
    `TooManyPinned`.
    """
    require(actor, "messaging.read", conversation)
    lock(actor.stream)
    place = _lock_place(actor, conversation)
    before = _kept(place)
    if archived is not None:
        place.archived_seq = place.conversation.last_message_seq if archived else None
        place.pinned_at = None if archived else place.pinned_at
    if pinned is not None:
        place.pinned_at = _pin(place) if pinned else None
        place.archived_seq = None if pinned else place.archived_seq
    if mute is not None:
        place.muted_until = _muted_until(mute)
    if marked_unread is not None:
        place.is_marked_unread = marked_unread
    if _kept(place) == before:
        return place
    place.save(update_fields=["archived_seq", "pinned_at", "muted_until", "is_marked_unread"])
    kept = ConversationKept(
        conversation_id=conversation.pk,
        archived=archived,
        pinned=pinned,
        muted=mute and mute.value,
        marked_unread=marked_unread,
    )
    record(kept, stream=actor.stream, actor=actor)
    return place


@transaction.atomic
def clear_conversation(*, actor: User, conversation: Conversation) -> None:
    """Delete a private conversation for oneself: it leaves the list, and nothing said until now is
    shown any more. A new message brings it back. The others keep everything.

    Records `ConversationCleared` on one's own stream. Raises `NotAllowed`, `StaysInRecord`.
    """
    require(actor, "messaging.read", conversation)
    if conversation.kind not in (ConversationKind.DIRECT, ConversationKind.GROUP):
        raise StaysInRecord
    lock(conversation.stream)
    lock(actor.stream)
    place = _lock_place(actor, conversation)
    seq = head(conversation.stream)
    place.cleared_seq = place.read_seq = seq
    place.pinned_at, place.is_marked_unread = None, False
    place.save(update_fields=["cleared_seq", "read_seq", "pinned_at", "is_marked_unread"])
    cleared = ConversationCleared(conversation_id=conversation.pk, seq=seq)
    record(cleared, stream=actor.stream, actor=actor)


@transaction.atomic
def triage_conversation(
    *,
    actor: User,
    conversation: Conversation,
    category: str | None = None,
    priority: int | None = None,
) -> Conversation:
    """Say what a conversation is about and how soon it wants an answer; None leaves as it is.

    Consultants do, everybody in it sees it. Records `ConversationTriaged`, unless nothing changes.
    Raises `NotAllowed`, `WrongChoice`.
    """
    require(actor, "messaging.post", conversation)
    if not is_consultant(actor):
        raise NotAllowed("Category and priority are set by the consultant.")
    if category is not None and category not in Category.values:
        raise WrongChoice("There is no such category.", field="category")
    if priority is not None and priority not in Priority.values:
        raise WrongChoice("There is no such priority.", field="priority")
    lock(conversation.stream)
    conversation = Conversation.objects.get(pk=conversation.pk)
    before = conversation.category, conversation.priority
    if category is not None:
        conversation.category = category
    if priority is not None:
        conversation.priority = priority
    if (conversation.category, conversation.priority) == before:
        return conversation
    conversation.save(update_fields=["category", "priority"])
    triaged = ConversationTriaged(category=conversation.category, priority=conversation.priority)
    event = record(triaged, stream=conversation.stream, actor=actor)
    event.audience = audience_of(conversation)
    return conversation


def _lock_place(actor: User, conversation: Conversation) -> ConversationMember:
    """One's own row, under the lock of one's own stream; raises `NotAllowed` for who has been
    removed meanwhile."""
    places = ConversationMember.objects.select_for_update(of=("self",), no_key=True)
    place = places.select_related("conversation").filter(
        conversation=conversation, user=actor, removed_at__isnull=True
    )
    found = place.first()
    if found is None:
        raise NotAllowed("You do not take part in this conversation.")
    return found


def _kept(place: ConversationMember) -> tuple[object, ...]:
    return place.archived_seq, place.pinned_at, place.muted_until, place.is_marked_unread


def _pin(place: ConversationMember) -> datetime:
    if place.pinned_at is not None:
        return place.pinned_at
    pinned = ConversationMember.objects.filter(
        user=place.user_id, pinned_at__isnull=False, removed_at__isnull=True
    )
    if pinned.count() >= MAX_PINNED:
        raise TooManyPinned
    return timezone.now()


def _muted_until(mute: Mute) -> datetime | None:
    if mute is Mute.OFF:
        return None
    return FOR_EVER if mute is Mute.FOR_EVER else timezone.now() + MUTED_FOR[mute]
