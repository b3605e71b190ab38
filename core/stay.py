"""A socket comes to streams and leaves them: its presence is kept, and those who care are told."""

import asyncio
from contextlib import suppress
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from core import presence
from core.authentication import Holder
from core.context import Origin, acting_from
from core.database import DATABASE_AWAY, in_database
from core.errors import ActionError
from core.events import StreamKey
from core.hiding import PRESENCE, hidden_of
from core.hub import Hub
from core.kinds import kind_of
from core.outages import REDIS_AWAY, database_outage, redis_outage
from core.outlet import Outlet


class Stay:
    """One socket's stay with the streams that it follows."""

    def __init__(self, hub: Hub, outlet: Outlet, origin: Origin) -> None:
        self.hub = hub
        self.outlet = outlet
        self.origin = origin
        self._said = ""
        outlet.missed = self.come_back
        outlet.look_again = self.look_again
        hub.seek_absent = partial(seek_absent, hub)

    async def entered(self, stream: StreamKey, holder: Holder, *, is_back: bool = False) -> None:
        """The socket follows a stream now. A second tab is no news; who is back always is.

        What only reads is seen to be there, and comes in nowhere: that would be written.
        """
        if (kept := await self._keep_presence()) is not None:
            others, everyone = kept
            await self._publish(everyone)
            if is_back or str(stream) not in others.streams or others.state != everyone.state:
                await self._announce(stream, everyone.state)
        kind = kind_of(stream)
        if holder.may_write and kind is not None and kind.entered is not None:
            with suppress(ActionError, ObjectDoesNotExist):  # withdrawn at this very moment
                await in_database(kind.entered, holder.person, stream.object_id)

    async def left(self, stream: StreamKey) -> None:
        """The open socket does not follow a stream any more."""
        try:
            _, everyone = await presence.touch(self.outlet)
            await self._tell(stream, everyone)
        except REDIS_AWAY as error:
            redis_outage.note(error)

    async def end(self, streams: list[StreamKey]) -> None:
        """The socket has closed; it followed these streams."""
        try:
            remaining = await presence.drop(self.outlet)
            if not remaining.streams.issuperset(map(str, streams)):
                # A reload comes back at once; nobody needs to be told that it went.
                await asyncio.sleep(settings.SOCKET_LEAVE_GRACE_SECONDS)
                remaining = await presence.aread(self.outlet.user_id)
            for stream in streams:
                await self._tell(stream, remaining)
            if not self._hides:
                await publish(self.hub, self.outlet.user_id, remaining)
        except REDIS_AWAY as error:
            redis_outage.note(error)
        except DATABASE_AWAY as error:
            database_outage.note(error)

    async def show(self) -> None:
        """Keep this socket's state in Redis and tell all streams that it follows."""
        if (kept := await self._keep_presence()) is not None:
            await self._publish(kept[1])
            for name in list(self.outlet.streams):
                await self._announce(StreamKey.parse(name), kept[1].state)

    async def come_back(self) -> None:
        """This socket was lost from Redis, so its person may have been taken for absent: come in
        again. Whom that still holds for is there already, and nothing happens."""
        try:
            holder = await in_database(self.outlet.credentials.holder)
            if holder is None or self.outlet.is_closed:
                return
            with acting_from(self.origin):
                for name in list(self.outlet.streams):
                    await self.entered(StreamKey.parse(name), holder, is_back=True)
        except DATABASE_AWAY as error:
            database_outage.note(error)

    async def look_again(self) -> None:
        """The person may keep other things from others now: who hides looks offline at once."""
        try:
            hidden = (await in_database(hidden_of, [self.outlet.user_id]))[self.outlet.user_id]
        except DATABASE_AWAY as error:
            database_outage.note(error)
            return
        was_hidden, self.outlet.hidden = self._hides, hidden
        if self._hides == was_hidden or self.outlet.is_closed:
            return
        self._said = ""
        if not self._hides:
            await self.show()
            return
        await self._keep_presence()
        for name in list(self.outlet.streams):
            stream = StreamKey.parse(name)
            if not is_attended(stream):
                await announce(self.hub, self.outlet.user_id, stream, "offline")
        await self.hub.watchers.publish(self.outlet.user_id, "offline", None)

    @property
    def _hides(self) -> bool:
        return PRESENCE in self.outlet.hidden

    async def _publish(self, everyone: presence.Presence) -> None:
        """Tell who watches the person, once for each state."""
        if not self._hides and everyone.state != self._said:
            self._said = everyone.state
            await publish(self.hub, self.outlet.user_id, everyone)

    async def _keep_presence(self) -> tuple[presence.Presence, presence.Presence] | None:
        """Write the socket's state. Returns what `touch` does, None while Redis is away."""
        try:
            return await presence.touch(self.outlet)
        except REDIS_AWAY as error:
            redis_outage.note(error)
            return None

    async def _tell(self, stream: StreamKey, remaining: presence.Presence) -> None:
        await tell(self.hub, self.outlet.user_id, stream, remaining, is_hidden=self._hides)

    async def _announce(self, stream: StreamKey, state: str) -> None:
        if not self._hides or is_attended(stream):
            await announce(self.hub, self.outlet.user_id, stream, state)


def is_attended(stream: StreamKey) -> bool:
    """Whether following the stream is taking part, which nobody hides."""
    kind = kind_of(stream)
    return kind is not None and kind.is_attended


async def announce(hub: Hub, user_id: UUID, stream: StreamKey, state: str) -> None:
    """Tell who follows the stream of a person's state."""
    message = {"type": "presence", "stream": str(stream), "user": user_id, "state": state}
    await hub.broadcast(stream, message)


async def publish(hub: Hub, user_id: UUID, person: presence.Presence) -> None:
    """Tell who watches the person of their state."""
    await hub.watchers.publish(user_id, person.state, person.seen_at)


async def tell(
    hub: Hub, user_id: UUID, stream: StreamKey, remaining: presence.Presence, *, is_hidden: bool
) -> None:
    """One of a person's sockets does not follow the stream any more."""
    if str(stream) in remaining.streams:
        return  # another tab or device is still here
    if not is_hidden or is_attended(stream):
        state = remaining.state if remaining.streams else "offline"
        await announce(hub, user_id, stream, state)
    kind = kind_of(stream)
    if kind is not None and kind.left is not None:
        await in_database(kind.left, user_id, stream.object_id)


async def seek_absent(hub: Hub) -> None:
    """Tell of people whose sockets nobody speaks for any more: their processes died."""
    try:
        while absences := await presence.claim_absent():
            for absence in absences:
                await _tell_absent(hub, absence)
    except REDIS_AWAY as error:
        redis_outage.note(error)
    except DATABASE_AWAY as error:
        database_outage.note(error)


async def _tell_absent(hub: Hub, absence: presence.Absence) -> None:
    is_hidden = absence.is_hidden or absence.remaining.is_hidden
    if not is_hidden:
        await publish(hub, absence.user_id, absence.remaining)
    for name in sorted(absence.streams):
        stream = StreamKey.parse(name)
        await tell(hub, absence.user_id, stream, absence.remaining, is_hidden=is_hidden)
