"""The one JSON socket of a page: `/ws/`.

Apps register what a frame type does (`@frame`) and who may follow a kind of stream
(`stream_kind`) in their `consumers.py`. Frames of one socket are handled in order.
"""

import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseError
from django.http import Http404
from django.utils import timezone
from redis.exceptions import RedisError

from core import presence
from core.context import Origin, acting_from, session_digest
from core.errors import ActionError
from core.events import StreamKey, UnknownStream
from core.hub import Hub, hub, in_database
from core.outlet import Outlet

logger = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024
FRAMES_PER_SECOND = 20
FRAMES_IN_A_BURST = 100

MAX_NUMBER = 2**63 - 1
"""The largest event number that the database can hold."""

FLOOD = 1008
SIGNED_OUT = 4401

Handler = Callable[["SuiteConsumer", dict[str, Any]], Awaitable[None]]
_handlers: dict[str, Handler] = {}


class FrameError(ActionError):
    """A frame is not what its type needs."""

    code = "malformed"


@dataclass(frozen=True)
class StreamKind:
    """How one kind of stream is followed.

    ``may_follow(user, object_id)`` runs in a database thread. ``entered`` and ``left`` are told
    when the first or last socket of a person starts or stops following (ids only).
    """

    may_follow: Callable[[Any, UUID], bool]
    entered: Callable[[Any, UUID], None] | None = None
    left: Callable[[Any, UUID], None] | None = None


_stream_kinds: dict[str, StreamKind] = {}


def frame(frame_type: str) -> Callable[[Handler], Handler]:
    """Register the handler of a frame type."""

    def register(handler: Handler) -> Handler:
        _handlers[frame_type] = handler
        return handler

    return register


def stream_kind(kind: str, definition: StreamKind) -> None:
    """Register who may follow streams of this kind."""
    _stream_kinds[kind] = definition


def frame_types() -> frozenset[str]:
    """All registered frame types, for the permission table's completeness test."""
    return frozenset(_handlers)


def uuid_of(content: dict[str, Any], field: str) -> UUID:
    """A UUID field of a frame; raises `FrameError`."""
    try:
        return UUID(str(content.get(field)))
    except ValueError:
        raise FrameError(f"{field!r} must be a UUID.", field=field) from None


def text_of(content: dict[str, Any], field: str) -> str:
    """A string field of a frame; raises `FrameError`."""
    value = content.get(field)
    if not isinstance(value, str):
        raise FrameError(f"{field!r} must be a string.", field=field)
    return value


class SuiteConsumer(AsyncWebsocketConsumer):
    """Authenticates, routes frames to their handlers, and turns errors into error frames."""

    hub: Hub
    outlet: Outlet

    async def connect(self) -> None:
        """Accept a signed-in person; everybody else is closed with 4401."""
        user = self.scope["user"]
        token_protocol = self.scope.get("token_protocol")
        await self.accept(subprotocol=token_protocol)
        if not user.is_authenticated or not user.is_active:
            await self.close(code=SIGNED_OUT)
            raise StopConsumer
        self.user_id: UUID = user.pk
        self.allowance, self.allowance_at = float(FRAMES_IN_A_BURST), time.monotonic()
        self.hub = hub()
        self.outlet = Outlet(self.base_send, user.pk)
        self.hub.connect(self.outlet)

    async def disconnect(self, code: int) -> None:
        """Leave all streams; tell those who follow them."""
        if not hasattr(self, "outlet"):
            return
        streams = [StreamKey.parse(name) for name in self.outlet.streams]
        await self.hub.disconnect(self.outlet)
        try:
            remaining = await presence.drop(self.outlet)
        except (OSError, RedisError):
            return
        for stream in streams:
            await self._after_leaving(stream, remaining)

    def reply(self, **message: Any) -> None:
        """Write a frame to this socket, in order with everything else it gets."""
        self.outlet.write(json.dumps(message, separators=(",", ":"), default=str))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; whatever is wrong with it is answered and changes nothing."""
        if not self._within_allowance():
            self.outlet.close(FLOOD)
            return
        content: dict[str, Any] = {}
        try:
            content = _parse(text_data)
            handler = _handlers.get(content["type"])
            if handler is None:
                raise FrameError(f"Unknown frame type {content['type'][:64]!r}.")
            with acting_from(self._origin()):
                await handler(self, content)
        except ActionError as error:
            self._refuse(content, error.code, error.detail)
        except (UnknownStream, Http404):
            self._refuse(content, "not_found", "There is nothing here that you may see.")
        except (DatabaseError, RedisError, OSError) as error:
            logger.warning("A frame must be sent again: %s", type(error).__name__)
            self._refuse(content, "unavailable", "The server is busy recovering. Send it again.")
        except Exception:
            logger.exception("A frame of type %s failed", content.get("type"))
            self._refuse(content, "failed", "Something went wrong here. Send it again.")

    async def actor(self) -> Any:
        """The person behind this socket, fresh, with the session still valid; else it closes."""
        user = await in_database(_load_person, self.user_id, self._session_key())
        if user is None:
            self.outlet.write(
                json.dumps({"type": "error", "code": "signed_out", "detail": "Sign in again."})
            )
            await self.outlet.drained()
            self.outlet.close(SIGNED_OUT)
            raise FrameError("You are signed out. Sign in again.")
        return user

    async def follow(self, stream: StreamKey, after: int | None) -> None:
        """Subscribe to a stream that the person may see; raises `Http404` otherwise."""
        kind = _stream_kinds.get(stream.kind)
        actor = await self.actor()
        if kind is None or not await in_database(kind.may_follow, actor, stream.object_id):
            raise Http404
        try:
            await self.hub.subscribe(self.outlet, stream, after)
        except BaseException:
            await self.hub.unsubscribe(self.outlet, str(stream))
            raise
        # Access withdrawn while the past was replayed: the event may have come too early.
        if not await in_database(kind.may_follow, await self.actor(), stream.object_id):
            self.hub.revoke(self.outlet, str(stream))
            return
        await self.show_presence()
        if kind.entered is not None:
            await in_database(kind.entered, actor, stream.object_id)

    async def unfollow(self, stream: StreamKey) -> None:
        """Stop following a stream."""
        await self.hub.unsubscribe(self.outlet, str(stream))
        await presence.touch(self.outlet)
        await self._after_leaving(stream, await presence.aread(self.user_id))
        self.reply(type="unsubscribed", stream=str(stream))

    async def show_presence(self) -> None:
        """Keep this socket's state in Redis and tell all streams that it follows."""
        try:
            await presence.touch(self.outlet)
            state = (await presence.aread(self.user_id)).state
        except (OSError, RedisError) as error:
            logger.warning("Presence not shown: %r", error)
            return
        for name in list(self.outlet.streams):
            await self._announce(StreamKey.parse(name), state)

    async def _after_leaving(self, stream: StreamKey, remaining: presence.Presence) -> None:
        if str(stream) in remaining.streams:
            return  # another tab or device is still here
        await self._announce(stream, remaining.state if remaining.streams else "offline")
        kind = _stream_kinds.get(stream.kind)
        if kind is not None and kind.left is not None:
            user = await in_database(_load_person, self.user_id, None)
            if user is not None:
                await in_database(kind.left, user, stream.object_id)

    async def _announce(self, stream: StreamKey, state: str) -> None:
        await self.hub.broadcast(
            stream,
            {"type": "presence", "stream": str(stream), "user": self.user_id, "state": state},
        )

    def _within_allowance(self) -> bool:
        """A token bucket per socket: 20 frames a second, 100 at once."""
        now = time.monotonic()
        earned = (now - self.allowance_at) * FRAMES_PER_SECOND
        self.allowance = min(FRAMES_IN_A_BURST, self.allowance + earned) - 1
        self.allowance_at = now
        return self.allowance >= 0

    def _refuse(self, content: dict[str, Any], code: str, detail: str) -> None:
        reference = {"id": content["id"]} if isinstance(content.get("id"), str) else {}
        self.reply(type="error", **reference, code=code, detail=detail)

    def _session_key(self) -> str | None:
        session = self.scope.get("session")
        return None if self.scope.get("token_protocol") else getattr(session, "session_key", None)

    def _origin(self) -> Origin:
        headers = dict(self.scope.get("headers", []))
        client = self.scope.get("client")
        return Origin(
            ip=client[0] if client else None,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:255],
            session=session_digest(self._session_key()),
        )


def _parse(text: str | None) -> dict[str, Any]:
    if text is None:
        raise FrameError("Frames are JSON text.")
    if len(text) > MAX_FRAME_BYTES or len(text.encode()) > MAX_FRAME_BYTES:
        raise FrameError("This frame is over 64 KiB. Send less at once.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameError("This frame is not JSON.") from None
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise FrameError("A frame is an object with a 'type'.")
    return content


def _load_person(user_id: UUID, session_key: str | None) -> Any:
    """The active person, or None; with a session key only while that session lives."""
    if session_key is not None and not (
        Session.objects.filter(session_key=session_key, expire_date__gt=timezone.now()).exists()
    ):
        return None
    return get_user_model()._default_manager.filter(pk=user_id, is_active=True).first()


@frame("subscribe")
async def subscribe(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Follow a stream from a number on."""
    after = content.get("after")
    if after is not None and (type(after) is not int or not 0 <= after <= MAX_NUMBER):
        raise FrameError("'after' must be a number from 0.", field="after")
    await consumer.follow(StreamKey.parse(content.get("stream")), after)


@frame("unsubscribe")
async def unsubscribe(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Stop following a stream."""
    await consumer.unfollow(StreamKey.parse(content.get("stream")))


@frame("presence")
async def show_presence(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Tell the streams one follows whether one is active or away."""
    state = text_of(content, "state")
    if state not in presence.STATES:
        raise FrameError("'state' must be 'active' or 'away'.", field="state")
    consumer.outlet.presence = state
    await consumer.show_presence()


@frame("ping")
async def ping(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Answer that the socket works."""
    consumer.reply(type="pong")
