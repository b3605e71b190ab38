"""Stock Channels: a consumer per socket, `group_send` to all; and a view that inserts one row."""

import os
from typing import Any
from uuid import uuid4

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.stock.settings")
http = get_asgi_application()

from bench.peers.stock.models import Message  # noqa: E402 - needs the loaded apps

HTML = os.environ.get("BENCH_HTML", "")
PERSON = os.environ.get("BENCH_PERSON", "")
STREAM = os.environ.get("BENCH_STREAM", "")


class RoomConsumer(AsyncJsonWebsocketConsumer):
    """One socket of the room. No sign-in, no permissions: what it costs without them."""

    async def disconnect(self, code: int) -> None:
        """Leave the room."""
        await self.channel_layer.group_discard("room", self.channel_name)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Join, or store a message and tell everybody."""
        if content["type"] == "join":
            await self.channel_layer.group_add("room", self.channel_name)
        if content["type"] != "send":
            await self.send_json({"type": "ready"})
            return
        message = await Message.objects.acreate(
            client_id=content["client_id"], body=content["body"]
        )
        await message.arefresh_from_db(fields=["created_at"])
        await self.channel_layer.group_send(
            "room", {"type": "room.message", "frame": _frame(message)}
        )
        await self.send_json({"type": "ack", "id": str(message.id)})

    async def room_message(self, event: dict[str, Any]) -> None:
        """The layer hands a message to this socket."""
        await self.send_json(event["frame"])


def _frame(message: Message) -> dict[str, Any]:
    """The same content as the product's frame."""
    at = message.created_at.isoformat()
    return {
        "type": "event",
        "stream": STREAM,
        "seq": message.seq,
        "name": "MessageSent",
        "actor": PERSON,
        "at": at,
        "data": {
            "id": str(message.id),
            "conversation": STREAM.partition(":")[2],
            "seq": message.seq,
            "sender": {"id": PERSON, "name": "Mara Holt"},
            "body": message.body,
            "html": f"<p>{message.body}</p>",
            "message_type": "text",
            "metadata": {},
            "reply_to": None,
            "created_at": at,
            "edited_at": None,
            "is_deleted": False,
            "client_id": str(message.client_id),
        },
        "html": HTML.replace("BODY", message.body),
    }


def insert(request: HttpRequest) -> HttpResponse:
    """The floor of sending: one row, and nothing else."""
    message = Message.objects.create(client_id=uuid4(), body=request.GET.get("body", "A message"))
    return JsonResponse({"seq": message.seq}, status=201)


urlpatterns = [path("insert/", insert)]
websocket_urlpatterns: list[Any] = [path("", RoomConsumer.as_asgi())]  # type: ignore[arg-type]
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
