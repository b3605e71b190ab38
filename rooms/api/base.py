"""What the views about rooms share."""

from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from core.api.views import ApiView
from rooms.models import Room
from rooms.queries.resources import as_seen_by
from rooms.serializers import RoomSerializer


class RoomView(ApiView):
    """A view of one room that the person takes part in."""

    def room(self, room_id: UUID) -> Room:
        """The room; raises `Http404`."""
        rows = Room.objects.visible_to(self.person).select_related(
            "conversation", "room_type", "current_item"
        )
        return get_object_or_404(rows, pk=room_id)

    def answer(self, room_id: UUID, status: int = 200) -> Response:
        """The room as it stands now; raises `Http404`."""
        rows = as_seen_by(self.person, Room.objects.visible_to(self.person))
        return Response(RoomSerializer(get_object_or_404(rows, pk=room_id)).data, status=status)
