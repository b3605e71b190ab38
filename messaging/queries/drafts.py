"""What somebody is writing and has not sent."""

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from accounts.models import User
from messaging.models import Conversation, Draft

SHOWN_CHARACTERS = 200
"""Of a draft, in a list of conversations."""


def draft_of(user: User, conversation: Conversation) -> Draft:
    """The person's draft there, also an empty one; a new one that is not stored where none is."""
    found = Draft.objects.filter(user=user, conversation=conversation).first()
    return found or Draft(user=user, conversation=conversation)


def drafts_of(pairs: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Draft]:
    """Drafts by the ids of their person and conversation, in one query."""
    people, conversations = zip(*pairs, strict=True)
    found = Draft.objects.filter(user__in=people, conversation__in=conversations)
    return {(draft.user_id, draft.conversation_id): draft for draft in found}


def with_drafts(user: User, places: QuerySet[Any]) -> QuerySet[Any]:
    """Somebody's places in conversations with ``draft``, how what they are writing there begins;
    None without one. Adds no query."""
    own = Draft.objects.filter(user=user, conversation=OuterRef("conversation")).exclude(body="")
    begins: QuerySet[Any] = places.annotate(
        draft=Subquery(own.values(words=Left("body", SHOWN_CHARACTERS)))
    )
    return begins
