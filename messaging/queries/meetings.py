"""Meetings that are before somebody, and those that are past."""

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import User
from messaging.models import Conversation, ConversationMember, Meeting

MOST_ZONES = 4


def meetings_of(user: User, *, past: bool = False) -> QuerySet[Meeting]:
    """Those in conversations that the person may read: what is to come, cancelled ones left out,
    or what is past."""
    rows = Meeting.objects.visible_to(user).select_related(
        "conversation", "organiser__membership__organisation"
    )
    if past:
        return rows.filter(ends_at__lte=Now())
    return rows.filter(ends_at__gt=Now(), cancelled_at__isnull=True)


def upcoming_in(conversation: Conversation) -> QuerySet[Meeting]:
    """What is to come in one conversation, the next first."""
    rows = Meeting.objects.filter(conversation=conversation, cancelled_at__isnull=True)
    return rows.filter(ends_at__gt=Now()).order_by("starts_at", "pk")


def called_by(user: User, client_id: UUID) -> Meeting | None:
    """The meeting that the person called with this id of their own making."""
    called = Meeting.objects.filter(message__author=user, message__client_id=client_id)
    return called.select_related("conversation", "message").first()


def zones_in(conversation: Conversation, first: User) -> list[str]:
    """The time zones of those who take part, at most `MOST_ZONES`; one person's first."""
    members = ConversationMember.objects.filter(
        conversation=conversation, removed_at__isnull=True, user__is_system=False
    )
    zones = members.order_by("added_at", "pk").values_list("user__timezone", flat=True)
    return list(dict.fromkeys([first.timezone, *zones[:100]]))[:MOST_ZONES]
