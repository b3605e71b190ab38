"""Conversations are opened, joined, left, read and closed."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Greatest, Now

from accounts.models import User
from accounts.queries import is_client
from core.errors import NotAllowed
from core.permissions import forget_grants, require
from core.publish import lock, record
from core.queries import head
from messaging import permissions
from messaging.actions.receipts import tell_seen
from messaging.events import (
    AccessRevoked,
    ConversationClosed,
    ConversationOpened,
    ConversationRead,
    ConversationRenamed,
    MemberAdded,
)
from messaging.models import Conversation, ConversationKind, ConversationMember
from messaging.queries.contacts import has_clients, is_staff, staff_in
from messaging.queries.receipts import place_before


@transaction.atomic
def open_conversation(
    *, actor: User, kind: ConversationKind, title: str, pair: str = ""
) -> Conversation:
    """Make an empty conversation. Only the system user opens one: for a room, say. ``pair`` names
    the two people of a direct one, of which there is one at most.

    Records `ConversationOpened`.
    """
    require(actor, "messaging.add_conversation")
    conversation = Conversation.objects.create(kind=kind, title=title, pair=pair)
    record(
        ConversationOpened(conversation_id=conversation.pk),
        stream=conversation.stream,
        actor=actor,
    )
    return conversation


@transaction.atomic
def set_member(*, actor: User, conversation: Conversation, user: User, role: str) -> None:
    """Make somebody a member, or change their role. Grants follow. Records `MemberAdded`.

    Raises `NotAllowed` where staff and clients would come together.
    """
    require(actor, "messaging.moderate", conversation)
    lock(conversation.stream)  # before the row, as all do who take both
    defaults: dict[str, Any] = {"role": role, "removed_at": None}
    places = ConversationMember.objects.filter(conversation=conversation, user=user)
    if not places.filter(removed_at__isnull=True).exists():
        _refuse_mixing(conversation, user)
    if places.filter(removed_at__isnull=False).exists():  # who comes back finds it in the list
        defaults |= {"archived_seq": None, "cleared_seq": 0, "muted_until": None}
    places.update_or_create(conversation=conversation, user=user, defaults=defaults)
    permissions.apply_role(conversation, user.pk, role)
    forget_grants(user)
    added = MemberAdded(user_id=user.pk, role=role)
    record(added, stream=conversation.stream, actor=actor).audience = [user.pk]


def _refuse_mixing(conversation: Conversation, user: User) -> None:
    """Who enters the admin takes no part in a client's conversation."""
    staff = None
    if is_staff(user):
        staff = user if has_clients(conversation, beside=user) else None
    elif is_client(user) and not user.is_system:
        staff = staff_in(conversation, beside=user)
    if staff is not None:
        raise NotAllowed(
            f"{staff.name} administers Consult Suite and takes no part in a client's conversation."
        )


@transaction.atomic
def remove_member(*, actor: User, conversation: Conversation, user: User) -> bool:
    """Take somebody out; their sockets leave the stream at once. Records `AccessRevoked`; False,
    and nothing changes, where they have gone already."""
    if actor.pk != user.pk:
        require(actor, "messaging.moderate", conversation)
    lock(conversation.stream)  # before the row, as all do who take both
    changed = ConversationMember.objects.filter(
        conversation=conversation, user=user, removed_at__isnull=True
    ).update(removed_at=Now())
    if not changed:
        return False
    permissions.apply_role(conversation, user.pk, None)
    forget_grants(user)
    revoked = AccessRevoked(user_id=user.pk)
    record(revoked, stream=conversation.stream, actor=actor).audience = [user.pk]
    return True


@transaction.atomic
def rename_conversation(*, actor: User, conversation: Conversation, title: str) -> None:
    """Give the conversation another title. Records `ConversationRenamed`."""
    require(actor, "messaging.moderate", conversation)
    lock(conversation.stream)  # before the row, as who sends a message does
    conversation.title = title
    conversation.save(update_fields=["title"])
    record(ConversationRenamed(title=title), stream=conversation.stream, actor=actor)


@transaction.atomic
def close_conversation(
    *, actor: User, conversation: Conversation, own_messages_may_be_changed: bool = False
) -> None:
    """Nobody can write any more; whoever might may still edit and delete their own messages, if
    ``own_messages_may_be_changed``. Records `ConversationClosed`.
    """
    require(actor, "messaging.moderate", conversation)
    lock(conversation.stream)  # before the row, as who sends a message does
    changed = Conversation.objects.filter(pk=conversation.pk, closed_at__isnull=True).update(
        closed_at=Now(), own_messages_may_be_changed=own_messages_may_be_changed
    )
    if changed:
        record(
            ConversationClosed(conversation_id=conversation.pk),
            stream=conversation.stream,
            actor=actor,
        )


@transaction.atomic
def mark_read(*, actor: User, conversation: Conversation, seq: int) -> None:
    """Note that the person has seen everything up to ``seq``; going back is ignored.

    A number that does not exist yet counts as the newest: what comes later is still unread. What
    was marked unread is so no more. Records `ConversationRead` on the person's own stream, for
    their other devices, and `MessagesSeen` where they show receipts and others' messages are new
    to them. At most eight queries.
    """
    require(actor, "messaging.read", conversation)
    seq = min(seq, head(conversation.stream))
    place = place_before(actor, conversation, seq)
    if place is None or (seq <= place.read_seq and not place.is_marked_unread):
        return
    tells = place.tells and place.has_news
    if tells:
        lock(conversation.stream)
    lock(actor.stream)
    reached = {"delivered_seq": Greatest("delivered_seq", seq)} if tells else {}
    changed = (
        ConversationMember.objects.filter(conversation=conversation, user=actor)
        .filter(Q(read_seq__lt=seq) | Q(is_marked_unread=True))
        .update(read_seq=Greatest("read_seq", seq), is_marked_unread=False, **reached)
    )
    if not changed:
        return  # another device of theirs was faster
    if tells:
        tell_seen(actor=actor, conversation=conversation, seq=seq)
    record(
        ConversationRead(conversation_id=conversation.pk, seq=max(seq, place.read_seq)),
        stream=actor.stream,
        actor=actor,
    )
