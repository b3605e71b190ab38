"""Where the conversations of rooms are opened."""

from django.urls import reverse

from messaging.models import Conversation, ConversationKind
from messaging.queries.addresses import opens
from rooms.models import Room


@opens(ConversationKind.ROOM)
def room_address(conversation: Conversation) -> str | None:
    """The page of its room."""
    room = Room.objects.filter(conversation=conversation).values_list("pk", flat=True).first()
    return reverse("rooms:room", args=[room]) if room else None
