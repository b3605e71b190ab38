"""A conversation as somebody opens it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, TextField, Value
from django.http import Http404

from accounts.models import User
from accounts.models.organisation import CONSULTANT_ROLES
from core.models import Stream
from core.permissions import remember_grants
from messaging.models import Conversation, ConversationMember, Message
from messaging.queries.inbox import counted, with_permissions

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Opened:
    """A conversation as somebody opens it: their place, what they may do, where its stream is."""

    place: ConversationMember
    head: int
    role: str
    linked_seq: int | None

    @property
    def conversation(self) -> Conversation:
        """Which it is."""
        return self.place.conversation

    @property
    def is_consultant(self) -> bool:
        """Whether a consultant opens it."""
        return self.role in CONSULTANT_ROLES


def opened(
    user: User, conversation_id: UUID, linked: UUID | None = None, *, is_counted: bool = False
) -> Opened:
    """What opening a conversation needs beside its messages: one query, before those are read.

    ``is_counted`` counts what is unread, too; else it is 0, as it is read by being opened.

    Raises `Http404` where the person may not see it.
    """
    stream = Stream.objects.filter(kind="conversation", object_id=OuterRef("conversation"))
    message = Message.objects.filter(pk=linked or NOBODY, conversation=OuterRef("conversation"))
    places: QuerySet[Any] = ConversationMember.objects.filter(
        user=user,
        conversation=conversation_id,
        removed_at__isnull=True,
        conversation__in=Conversation.objects.visible_to(user),
    )
    places = with_permissions(user, places.select_related("conversation"))
    places = (
        counted(user, places)
        if is_counted
        else places.annotate(
            unread=Value(0), mentions=Value(0), draft=Value(None, output_field=TextField())
        )
    )
    place: Any = places.annotate(
        head=Subquery(stream.values("head")),
        business_role=F("user__membership__role"),
        linked_seq=Subquery(message.values("seq")),
    ).first()
    if place is None:
        raise Http404
    remember_grants(user, place.conversation, place.codenames)
    place.conversation.cleared_seq = place.cleared_seq
    linked_seq = place.linked_seq if (place.linked_seq or 0) > place.cleared_seq else None
    return Opened(place, place.head or 0, place.business_role or "", linked_seq)
