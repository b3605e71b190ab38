"""What got to somebody and what they saw, for others to know where the person lets them."""

from django.db import transaction

from accounts.models import User
from core.permissions import require
from core.publish import lock, record
from core.queries import head
from messaging.events import MessagesDelivered, MessagesSeen
from messaging.models import Conversation, ConversationMember, ReadMark
from messaging.queries.receipts import place_before


def tell_seen(*, actor: User, conversation: Conversation, seq: int) -> None:
    """Part of `mark_read`, under the stream's lock: keep when, and record `MessagesSeen`."""
    seen = MessagesSeen(user_id=actor.pk, seq=seq)
    event = record(seen, stream=conversation.stream, actor=actor, about=actor)
    mark = ReadMark(
        conversation=conversation, user=actor, seq=seq, at=event.at.replace(microsecond=0)
    )
    ReadMark.objects.bulk_create(
        [mark],
        update_conflicts=True,
        unique_fields=["user", "conversation", "at"],
        update_fields=["seq"],
    )


@transaction.atomic
def note_delivered(*, actor: User, conversation: Conversation, seq: int) -> None:
    """Note that a device of the person has got everything up to ``seq``; going back is ignored.

    Records `MessagesDelivered` where they show receipts and others' messages are new to them;
    else nothing is kept.
    """
    require(actor, "messaging.read", conversation)
    seq = min(seq, head(conversation.stream))
    place = place_before(actor, conversation, seq)
    if place is None or not place.tells or not place.has_news or seq <= place.delivered_seq:
        return
    lock(conversation.stream)
    changed = ConversationMember.objects.filter(
        conversation=conversation, user=actor, read_seq__lt=seq, delivered_seq__lt=seq
    ).update(delivered_seq=seq)
    if changed:
        delivered = MessagesDelivered(user_id=actor.pk, seq=seq)
        record(delivered, stream=conversation.stream, actor=actor, about=actor)
