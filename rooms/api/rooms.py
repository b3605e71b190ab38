"""Rooms and their lives."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.events import StreamEvents
from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from core.permissions import require
from core.serializers import AfterQuery, EventsSerializer
from messaging.api.messages import REPEATED, ThreadView
from messaging.serializers.messages import MessageSerializer, MessagesQuery, SendMessageSerializer
from rooms.actions.lifecycle import (
    cancel_room,
    complete_room,
    create_room,
    start_room,
    update_room,
)
from rooms.api.base import RoomView
from rooms.models import Room
from rooms.queries.resources import as_seen_by, offered_types
from rooms.serializers import (
    ChangeRoomSerializer,
    CreateRoomSerializer,
    RoomSerializer,
    RoomsQuery,
    RoomTypeSerializer,
)


class RoomTypes(ApiView):
    """The kinds of consultation on offer."""

    @listing("room_types_list", RoomTypeSerializer)
    def get(self, request: Request) -> Response:
        """Types of which new rooms can be made."""
        return self.page(
            offered_types(),
            lambda page: RoomTypeSerializer(page, many=True).data,
            ordering=("position", "pk"),
        )


class Rooms(RoomView):
    """The rooms that one takes part in."""

    @listing("rooms_list", RoomSerializer, parameters=[RoomsQuery, CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """Your rooms, newest first."""
        rows = Room.objects.visible_to(self.person).filter(**self.query(RoomsQuery))
        return self.page(
            as_seen_by(self.person, rows), lambda page: RoomSerializer(page, many=True).data
        )

    @operation("rooms_create", RoomSerializer, body=CreateRoomSerializer, status=201, creates=True)
    def post(self, request: Request) -> Response:
        """Make a room. You become its host; it stays scheduled until you start it."""
        if isinstance(request.data, dict) and request.data.get("client_email"):
            self.spend("invitation")
        return self.once(self._create)

    def _create(self) -> Response:
        require(self.person, "rooms.add_room")  # before the body says whose address is known
        room = create_room(actor=self.person, **self.body(CreateRoomSerializer))
        return self.answer(room.pk, status=201)


class RoomDetail(RoomView):
    """One room."""

    @operation("rooms_read", RoomSerializer)
    def get(self, request: Request, room_id: UUID) -> Response:
        """A room with its people and agenda, and what you may do in it."""
        return self.answer(room_id)

    @operation("rooms_change", RoomSerializer, body=ChangeRoomSerializer)
    def patch(self, request: Request, room_id: UUID) -> Response:
        """Change name, description, time or planned minutes."""
        room = self.room(room_id)
        update_room(actor=self.person, room=room, changes=self.body(ChangeRoomSerializer))
        return self.answer(room_id)


class StartRoom(RoomView):
    """scheduled -> active."""

    @operation("rooms_start", RoomSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Start the consultation. 409 unless it is scheduled."""
        start_room(actor=self.person, room=self.room(room_id))
        return self.answer(room_id)


class CompleteRoom(RoomView):
    """active -> completed."""

    @operation("rooms_complete", RoomSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Complete the consultation; its chat closes. 409 unless it is active."""
        complete_room(actor=self.person, room=self.room(room_id))
        return self.answer(room_id)


class CancelRoom(RoomView):
    """scheduled or active -> cancelled."""

    @operation("rooms_cancel", RoomSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Cancel the consultation; its chat closes. 409 once it is over."""
        cancel_room(actor=self.person, room=self.room(room_id))
        return self.answer(room_id)


class RoomMessages(ThreadView, RoomView):
    """What is said in a room's conversation."""

    @listing("room_messages_list", MessageSerializer, parameters=[MessagesQuery, LIMIT])
    def get(self, request: Request, room_id: UUID) -> Response:
        """As `/api/conversations/{id}/messages/`."""
        return self.list_messages(request, self.room(room_id).conversation)

    @operation(
        "room_messages_send", MessageSerializer, body=SendMessageSerializer,
        status=201, also=REPEATED, creates=True,
    )  # fmt: skip
    def post(self, request: Request, room_id: UUID) -> Response:
        """Send a message to the room."""
        return self.send_once(self.room(room_id).conversation)


class RoomTimeline(StreamEvents, RoomView):
    """What happened in a room."""

    @operation("rooms_timeline", EventsSerializer, parameters=[AfterQuery, LIMIT])
    def get(self, request: Request, room_id: UUID) -> Response:
        """The events of the room's stream, oldest first, as `/api/events/` lists them."""
        return self.events(request, self.room(room_id).stream)
