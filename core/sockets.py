"""The one JSON socket of a page: `/ws/`.

Apps register what a frame type does (`@frame`) and who may follow a kind of stream
(`stream_kind`) in their `consumers.py`. Frames of one socket are handled in order.

A frame over 64 KiB is answered with an error; one over 1 MiB never gets here, as the server closes
its socket with 1009 (docs/decisions/0006-frame-limits.md).
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404
from redis.exceptions import RedisError

from core import presence
from core.authentication import Credentials, Holder
from core.context import acting_from, origin_of_scope
from core.database import DATABASE_AWAY, in_database
from core.errors import ActionError, NotAllowed, RateLimited, ReadOnlyToken
from core.events import MAX_NUMBER, StreamKey, UnknownStream
from core.floods import FLOOD, Frames, admitted, take_place
from core.frames import TAKE, FrameError, error_frame, parse_frame
from core.hiding import Hidden, hidden_of
from core.hub import RESTARTING, Hub, hub
from core.kinds import begins_at, kind_of
from core.outages import database_outage, note_away
from core.outlet import Outlet
from core.people import SIGNED_OUT, SIGNED_OUT_FRAME
from core.refusals import tell_of_frame, tell_of_token
from core.stay import Stay

logger = logging.getLogger(__name__)

TRY_AGAIN_LATER = 1013

Handler = Callable[["SuiteConsumer", dict[str, Any]], Awaitable[None]]
Writer = Callable[[Any, dict[str, Any]], dict[str, Any]]
_handlers: dict[str, Handler] = {}
_writers: dict[str, Writer] = {}
_reading: set[str] = set()


class SignedOut(ActionError):
    """The session or token ended while the socket was open."""

    code = "signed_out"
    detail = "Sign in again."


def frame(frame_type: str, *, reads: bool = False) -> Callable[[Handler], Handler]:
    """Register the handler of a frame type; ``reads`` opens it to tokens that may only read."""

    def register(handler: Handler) -> Handler:
        _handlers[frame_type] = handler
        if reads:
            _reading.add(frame_type)
        return handler

    return register


def writing_frame(frame_type: str) -> Callable[[Writer], Writer]:
    """Register a blocking ``(actor, content)`` that writes, and returns the answer.

    It runs in the one visit to the database that looks the person up.
    """

    def register(writer: Writer) -> Writer:
        _writers[frame_type] = writer
        return writer

    return register


def frame_types() -> frozenset[str]:
    """All registered frame types, for the permission table's completeness test."""
    return frozenset(_handlers) | frozenset(_writers)


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

    scope: Any
    channel_layer: Any
    base_send: Any
    hub: Hub
    outlet: Outlet
    stay: Stay
    _holder: Holder | None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle the socket's messages one after the other.

        Channels would make a channel-layer channel for each socket and visit its one shared
        thread at each frame; the hub's channel and `in_database` do that work here.
        """
        self.scope, self.channel_layer, self.base_send = scope, None, send
        try:
            while True:
                message = await receive()
                await getattr(self, message["type"].replace(".", "_"))(message)
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            if not hub().is_draining:
                raise  # else the process ends, and has waited long enough for the database
        finally:
            if hasattr(self, "outlet"):  # cancelled, or failed: no disconnect came
                self.hub.abandon(self.outlet)

    async def websocket_disconnect(self, message: Any) -> None:
        """The socket has closed."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def connect(self) -> None:
        """Accept a signed-in person; everybody else is closed with 4401."""
        credentials: Credentials = self.scope["credentials"]
        await self.accept(subprotocol=self.scope.get("token_protocol"))
        self.origin = origin_of_scope(self.scope, credentials.digest)
        try:
            person, hidden = await in_database(_admit, credentials, self.origin.ip)
        except DATABASE_AWAY as error:
            database_outage.note(error)
            await self.close(code=TRY_AGAIN_LATER)
            raise StopConsumer from None
        except RateLimited as error:
            await self._turn_away(error)
        if person is None:
            await self.close(code=SIGNED_OUT)
            if credentials.token:
                with acting_from(self.origin):
                    await in_database(tell_of_token)
            raise StopConsumer
        self.user_id: UUID = person.pk
        self.frames = Frames(self.user_id, self.origin.ip)
        self.hub = hub()
        if self.hub.is_draining:
            await self.close(code=RESTARTING)
            raise StopConsumer
        offered = self.scope.get("extensions", {}).get(TAKE, {})
        outlet = Outlet(self.base_send, self.user_id, credentials, offered.get("take"))
        outlet.hidden = hidden
        try:
            await in_database(take_place, outlet, self.origin.ip)
        except RateLimited as error:
            await self._turn_away(error)
        self.outlet = outlet
        self.stay = Stay(self.hub, outlet, self.origin)
        await self.hub.connect(self.outlet)

    async def _turn_away(self, error: RateLimited) -> NoReturn:
        """Say when to come back, and close."""
        await self.send(text_data=error_frame(error))
        await self.close(code=FLOOD)
        raise StopConsumer

    async def disconnect(self, code: int) -> None:
        """Leave all streams; tell those who follow them."""
        if not hasattr(self, "outlet"):
            return
        streams = [StreamKey.parse(name) for name in self.outlet.streams]
        self.hub.forget(self.outlet)
        if self.hub.is_draining:  # they are on their way to another process
            await self.hub.disconnect(self.outlet)
            return
        try:
            with acting_from(self.origin):
                await self.stay.end(streams)
        finally:
            await self.hub.disconnect(self.outlet)

    def reply(self, **message: Any) -> None:
        """Write a frame to this socket, in order with everything else it gets."""
        self.outlet.write(json.dumps(message, separators=(",", ":"), cls=DjangoJSONEncoder))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; whatever is wrong with it is answered and changes nothing."""
        if self.outlet.is_closed or self.hub.is_draining:
            return  # not acknowledged: it is sent again to the next process
        if not await self._within_limits():
            return
        content: dict[str, Any] = {}
        self.outlet.is_idle.clear()
        try:
            content = parse_frame(text_data)
            await self._handle(content)
        except SignedOut:
            self.outlet.close(SIGNED_OUT, SIGNED_OUT_FRAME)
        except ActionError as error:
            wait: dict[str, Any] = {}
            if isinstance(error, RateLimited):
                wait = {"retry_after": error.retry_after, "reason": error.words}
            self._refuse(content, error.code, error.detail, **wait)
        except RecursionError:
            self._refuse(content, FrameError.code, "This frame is nested too deeply.")
        except (UnknownStream, Http404):
            self._refuse(content, "not_found", "There is nothing here that you may see.")
        except (*DATABASE_AWAY, RedisError, OSError) as error:
            note_away(error)
            self._refuse(content, "unavailable", "The server is busy recovering. Send it again.")
        except Exception:
            logger.exception("A frame of type %s failed", content.get("type"))
            self._refuse(content, "failed", "Something went wrong here; we have noted it.")
        finally:
            self.outlet.is_idle.set()

    async def _within_limits(self) -> bool:
        """Whether one more frame may be handled; else the socket is closed with 1008."""
        try:
            if not self.frames.one_more():
                self.outlet.close(FLOOD)
            elif self.frames.are_due:
                await in_database(self.frames.settle)
        except RateLimited as error:
            self.outlet.close(FLOOD, error_frame(error))
        return not self.outlet.is_closed

    async def _handle(self, content: dict[str, Any]) -> None:
        self._holder = None
        with acting_from(self.origin):
            try:
                if writer := _writers.get(content["type"]):
                    self.reply(**await in_database(self._write, writer, content))
                else:
                    await self._call_handler(content)
            except NotAllowed as error:
                await in_database(tell_of_frame, await self.actor(), content["type"], error)
                raise

    async def _call_handler(self, content: dict[str, Any]) -> None:
        handler = _handlers.get(content["type"])
        if handler is None:
            raise FrameError(f"Unknown frame type {content['type'][:64]!r}.")
        if content["type"] != "ping":
            await self.actor()
        if content["type"] not in _reading and not (await self.holder()).may_write:
            raise ReadOnlyToken
        await handler(self, content)

    def _write(self, writer: Writer, content: dict[str, Any]) -> dict[str, Any]:
        self._look_up()
        if not self._known().may_write:
            raise ReadOnlyToken
        return writer(self._known().person, content)

    async def actor(self) -> Any:
        """The person behind this socket, fresh for each frame; raises `SignedOut`."""
        return (await self.holder()).person

    async def holder(self) -> Holder:
        """The person, and what they may say on this socket; raises `SignedOut`."""
        if self._holder is None:
            await in_database(self._look_up)
        return self._known()

    def _look_up(self) -> None:
        credentials: Credentials = self.scope["credentials"]
        self._holder = credentials.holder()
        database_outage.over()

    def _known(self) -> Holder:
        if self._holder is None:
            raise SignedOut
        return self._holder

    async def follow(self, stream: StreamKey, after: int | None) -> None:
        """Subscribe to a stream that the person may see; raises `Http404` otherwise."""
        kind = kind_of(stream)
        actor = await self.actor()
        if kind is None:
            raise Http404
        may_follow = partial(kind.may_follow, actor, stream.object_id)
        if not await in_database(may_follow):
            await self.hub.unsubscribe(self.outlet, str(stream))
            raise Http404
        begins = await in_database(begins_at, actor, stream) if after is not None else 0
        try:
            await self.hub.subscribe(self.outlet, stream, after, may_follow, begins)
        except Exception:
            await self.hub.unsubscribe(self.outlet, str(stream))
            raise
        if str(stream) not in self.outlet.streams:
            return  # access was withdrawn meanwhile, and the client told so
        await self.stay.entered(stream, await self.holder())

    async def unfollow(self, stream: StreamKey) -> None:
        """Stop following a stream."""
        is_followed = str(stream) in self.outlet.streams
        await self.hub.unsubscribe(self.outlet, str(stream))
        self.reply(type="unsubscribed", stream=str(stream))
        if not is_followed:
            return
        await self.stay.left(stream)

    def _refuse(self, content: dict[str, Any], code: str, detail: str, **more: Any) -> None:
        """Answer an error, with what tells the client which frame it is about."""
        named = {
            name: content[name] for name in ("id", "stream") if isinstance(content.get(name), str)
        }
        self.reply(type="error", **named, code=code, detail=detail, **more)


def _admit(credentials: Credentials, address: str | None) -> tuple[Any, Hidden]:
    """The person of a new socket, or None, and what they keep from others. Blocking."""
    person = admitted(credentials, address)
    return person, hidden_of([person.pk])[person.pk] if person is not None else Hidden()


@frame("subscribe", reads=True)
async def subscribe(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Follow a stream from a number on."""
    after = content.get("after")
    if after is not None and (type(after) is not int or not 0 <= after <= MAX_NUMBER):
        raise FrameError("'after' must be a number from 0.", field="after")
    await consumer.follow(StreamKey.parse(content.get("stream")), after)


@frame("unsubscribe", reads=True)
async def unsubscribe(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Stop following a stream."""
    await consumer.unfollow(StreamKey.parse(content.get("stream")))


@frame("presence", reads=True)
async def show_presence(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Tell the streams one follows whether one is active or away."""
    state = text_of(content, "state")
    if state not in presence.STATES:
        raise FrameError("'state' must be 'active' or 'away'.", field="state")
    consumer.outlet.presence = state
    await consumer.stay.show()


@frame("ping", reads=True)
async def ping(consumer: SuiteConsumer, content: dict[str, Any]) -> None:
    """Answer that the socket works."""
    consumer.reply(type="pong")
