"""Messages that are sent later."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from accounts.models import User
from messaging.models import (
    Conversation,
    ConversationKind,
    ConversationMember,
    ScheduledMessage,
    ScheduledState,
)
from messaging.models.scheduled import OPEN


def scheduled_by(user: User) -> QuerySet[ScheduledMessage]:
    """Everything that the person scheduled, with its conversation, ``is_visible``: whether they
    may still read that, and ``other_name``: with whom they are alone there, if with anybody."""
    visible = Conversation.objects.visible_to(user).filter(pk=OuterRef("conversation_id"))
    others = ConversationMember.objects.filter(
        conversation=OuterRef("conversation_id"), conversation__kind=ConversationKind.DIRECT
    ).exclude(user=user)
    rows = ScheduledMessage.objects.filter(author=user).select_related("conversation")
    other_name = Subquery(others.values("user__name")[:1])
    return rows.annotate(is_visible=Exists(visible), other_name=other_name)


def open_scheduled(
    user: User, conversation: Conversation | None = None
) -> QuerySet[ScheduledMessage]:
    """What waits or was not sent, the next first; in one conversation or in all."""
    rows = scheduled_by(user).filter(state__in=OPEN)
    if conversation is not None:
        rows = rows.filter(conversation=conversation)
    return rows.order_by("send_at", "pk")


def due_messages(limit: int) -> list[UUID]:
    """Those whose time has come, the longest due first."""
    due = ScheduledMessage.objects.filter(state=ScheduledState.WAITING, send_at__lte=Now())
    return list(due.order_by("send_at").values_list("pk", flat=True)[:limit])


def other_of_two(user: User, conversation: Conversation) -> User | None:
    """The other person of a direct conversation, None in any other kind."""
    if conversation.kind != ConversationKind.DIRECT:
        return None
    places = ConversationMember.objects.filter(conversation=conversation).exclude(user=user)
    place = places.select_related("user").first()
    return place.user if place else None
