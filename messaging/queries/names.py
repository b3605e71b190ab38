"""What somebody calls a conversation: by its title, else by the other people in it."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from messaging.models import Conversation, ConversationKind, ConversationMember

NAMES_SHOWN = 3


def names_for(user: User, conversations: Iterable[Conversation]) -> dict[UUID, str]:
    """The names of conversations for the person. One query if some have no title."""
    known = {conversation.pk: conversation.title for conversation in conversations}
    if untitled := [pk for pk, title in known.items() if not title]:
        people = defaultdict(list)
        # The other one of two stays its name, also once they have left.
        known_by = Q(removed_at__isnull=True) | Q(conversation__kind=ConversationKind.DIRECT)
        places = ConversationMember.objects.filter(known_by, conversation__in=untitled)
        others = places.exclude(user=user).select_related("user")
        for place in others.order_by("added_at", "pk"):
            people[place.conversation_id].append(place.user.name)
        known |= {pk: _listed(people[pk]) for pk in untitled}
    return known


def _listed(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    listed = ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return listed or "Conversation"
