"""Where somebody may forward a message to."""

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from core.permissions import holders
from messaging.models import Conversation, ConversationMember, ConversationUserObjectPermission
from messaging.queries.names import names_for

TARGETS_SHOWN = 20
MAX_WORDS = 8


@dataclass(frozen=True)
class Target:
    """A conversation, and what the person who forwards calls it."""

    conversation: Conversation
    name: str


def forward_targets(user: User, text: str = "") -> list[Target]:
    """The person's open conversations to which they may write, the liveliest first; with ``text``
    those whose title or other people have each of its words. Two queries."""
    rows = holders(
        Conversation.objects.filter(closed_at__isnull=True),
        user,
        "post",
        ConversationUserObjectPermission,
    )
    others = ConversationMember.objects.filter(removed_at__isnull=True).exclude(user=user)
    for word in text.replace("\0", "").split()[:MAX_WORDS]:  # PostgreSQL refuses NUL
        named = others.filter(conversation=OuterRef("pk"), user__name__icontains=word)
        rows = rows.filter(Q(title__icontains=word) | Exists(named))
    shown = list(rows.order_by(F("last_message_at").desc(nulls_last=True), "-pk")[:TARGETS_SHOWN])
    names = names_for(user, shown)
    return [Target(conversation, names[conversation.pk]) for conversation in shown]
