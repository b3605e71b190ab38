"""What rooms tie people by: who takes part in one together may write to each other."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from messaging.ties import shares
from rooms.models import Participant


@shares
def in_a_room_with(user: User) -> QuerySet[Any, Any]:
    """The ids of those who take part in a room with the person."""
    own = Participant.objects.filter(user=user, left_at__isnull=True).values("room")
    others = Participant.objects.filter(room__in=own, left_at__isnull=True)
    return others.values("user")
