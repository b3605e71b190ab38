"""Who looks at whose presence, beyond the streams that both follow: lists of people.

Changes are published to one group, which the processes are in whose sockets watch anybody. At
every beat of presence what was told is compared with what Redis knows, so that a lost broadcast
and a process that died are made up for.
"""

import json
import time
from collections.abc import Collection, Mapping, Set
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from core import presence
from core.channel import Channel
from core.outages import REDIS_AWAY, redis_outage
from core.outlet import Outlet
from core.presence import Presence

GROUP = "presence"

MAX_WATCHED = 100
"""People whom one socket watches."""

WATCH_SECONDS = 300.0
"""How long a socket's watch lasts, unless it asks again: whether it may is looked up each time."""

Known = Mapping[str, tuple[str, datetime | None]]
"""State and time last seen, by a person's id."""


class Watchers:
    """The watching sockets among the hub's ``outlets``."""

    def __init__(self, channel: Channel, outlets: Set[Outlet]) -> None:
        self.channel = channel
        self.outlets = outlets
        self.watched: dict[str, set[Outlet]] = {}
        self.told: dict[str, str] = {}
        """The state of each watched person that their watchers know."""
        self._until: dict[Outlet, float] = {}
        self._is_joined = False

    async def watch(self, outlet: Outlet, known: Known) -> None:
        """Tell the socket of changes of these people from now on, and of nobody else's."""
        self.forget(outlet)
        self._until[outlet] = time.monotonic() + WATCH_SECONDS
        for user_id, (state, seen_at) in known.items():
            self._update(user_id, state, seen_at)  # the others may have been told something else
            self.watched.setdefault(user_id, set()).add(outlet)
            self.told[user_id] = state
        await self.settle()

    def forget(self, outlet: Outlet) -> None:
        """The socket watches nobody any more."""
        if self._until.pop(outlet, None) is None:
            return
        for user_id in [user_id for user_id, them in self.watched.items() if outlet in them]:
            self.watched[user_id].discard(outlet)
            if not self.watched[user_id]:
                del self.watched[user_id], self.told[user_id]

    async def settle(self) -> None:
        """Be in the group while anybody is watched."""
        if self.watched and not self._is_joined:
            self._is_joined = await self.channel.join(GROUP)
        elif self._is_joined and not self.watched:
            self._is_joined = False
            await self.channel.leave(GROUP, lambda: bool(self.watched))

    async def publish(self, user_id: UUID, state: str, seen_at: datetime | None) -> None:
        """Tell the watchers in all processes of a person's state."""
        user = str(user_id)
        await self.channel.send(
            GROUP, {"type": "presence", "user": user, "state": state, "seen_at": _text(seen_at)}
        )

    def take(self, message: Mapping[str, Any]) -> None:
        """Something was published."""
        self._update(message["user"], message["state"], message["seen_at"])

    async def look(self) -> None:
        """Forget whose time is over; tell the others what they were not told."""
        now = time.monotonic()
        for outlet in [outlet for outlet, until in self._until.items() if until < now]:
            self.forget(outlet)
        await self.settle()
        try:
            found = await presence.aread_many(self.watched)
        except REDIS_AWAY as error:
            redis_outage.note(error)
            return
        for user_id, person in found.items():
            shown = Presence() if person.is_hidden else person
            self._update(user_id, shown.state, shown.seen_at)

    def _update(self, user_id: str, state: str, seen_at: datetime | str | None) -> None:
        watchers = self.watched.get(user_id)
        if not watchers or self.told[user_id] == state:
            return
        self.told[user_id] = state
        text = json.dumps(said(user_id, state, seen_at), cls=DjangoJSONEncoder)
        for outlet in watchers:
            outlet.write(text)


def said(user_id: str, state: str, seen_at: datetime | str | None) -> dict[str, Any]:
    """The frame about one person."""
    return {"type": "presence", "user": user_id, "state": state, "last_seen_at": seen_at}


def states(known: Known) -> dict[str, Any]:
    """The frame that answers who asked to watch these people."""
    people: Collection[Any] = [
        {"user": user_id, "state": state, "last_seen_at": seen_at}
        for user_id, (state, seen_at) in known.items()
    ]
    return {"type": "presence.states", "people": people}


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
