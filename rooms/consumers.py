"""The socket's frames about rooms, and who may follow them."""

from typing import Any
from uuid import UUID

from accounts.models import User
from core.events import StreamKey
from core.frames import FrameError
from core.kinds import StreamKind, stream_kind
from core.sockets import SuiteConsumer, frame, uuid_of
from rooms.actions.participants import enter_room, go_away
from rooms.models import Room


def _may_follow(user: User, room_id: UUID) -> bool:
    return Room.objects.visible_to(user).filter(pk=room_id).exists()


def _entered(user: User, room_id: UUID) -> None:
    room = Room.objects.visible_to(user).filter(pk=room_id).first()
    if room is not None and not room.is_over:
        enter_room(actor=user, room=room)


def _left(user_id: UUID, room_id: UUID) -> None:
    room = Room.objects.filter(pk=room_id).first()
    user = User.objects.filter(pk=user_id).first()
    if room is not None and user is not None:
        go_away(actor=user, room=room, user=user)


stream_kind(
    "room",
    StreamKind(may_follow=_may_follow, entered=_entered, left=_left, is_attended=True),
)


@frame("signal")
async def signal(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Relay an offer, answer or ICE candidate to one participant; ephemeral."""
    stream = StreamKey("room", uuid_of(content, "room"))
    recipient = uuid_of(content, "to")
    if not isinstance(content.get("data"), dict):
        raise FrameError("'data' must be an object.", field="data")
    if str(stream) not in consumer.outlet.streams:
        raise FrameError("Subscribe to the room before signalling in it.", field="room")
    await consumer.hub.broadcast(
        stream,
        {
            "type": "signal",
            "room": stream.object_id,
            "from": consumer.user_id,
            "data": content["data"],
        },
        to=str(recipient),
    )
