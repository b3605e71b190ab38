"""Who is here, over two web processes: one is killed, and a browser is, and the others know."""

import asyncio
import contextlib
import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.live_client import Frame, LiveClient, until
from tests.processes import Suite

pytestmark = pytest.mark.processes

EXPIRY_SECONDS, SWEEP_SECONDS, GRACE_SECONDS = 4.5, 1.0, 1.0
"""The processes' own, with their heartbeat of 2 s; the product's are five times as long."""
MARGIN_SECONDS = 8
"""For a machine that has other things to do."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Two web processes on services of their own."""
    suite = Suite(tmp_path_factory.mktemp("suite"), SOCKET_LEAVE_GRACE_SECONDS="1")
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


class Person(LiveClient):
    """Somebody with a page open, who watches others."""

    def __init__(self, address: str, token: str, me: str, *others: str) -> None:
        super().__init__([address], token, random.Random(1))
        self.me = me
        self.others = others
        self.states: dict[str, str] = {}
        self.seen: dict[str, Any] = {}
        self.ping_seconds = None

    async def opened(self) -> None:
        """As a page does."""
        await self.say(type="subscribe", stream=f"user:{self.me}")
        await self.say(type="presence.watch", users=[*self.others])

    async def take(self, frame: Frame) -> None:
        """Who is here."""
        if not frame["type"].startswith("presence") or "stream" in frame:
            return
        for person in frame.get("people", [frame]):
            self.states[person["user"]] = person["state"]
            self.seen[person["user"]] = person["last_seen_at"]


async def test_others_know_when_a_browser_and_a_server_died(suite: Suite) -> None:
    scene = suite.make_room()
    (watcher_id, browser_id, tab_id, _), tokens = scene["people"], scene["tokens"]
    here, there = (web.address for web in suite.webs)
    watcher = Person(here, tokens[0], watcher_id, browser_id, tab_id)
    browser = Person(there, tokens[1], browser_id)
    tabs = [Person(address, tokens[2], tab_id) for address in (here, there)]
    clock = asyncio.get_running_loop().time
    tasks = {client: asyncio.ensure_future(client.run()) for client in (watcher, browser, *tabs)}
    try:
        async with asyncio.timeout(60):
            active = {browser_id: "active", tab_id: "active"}
            await until(lambda: watcher.states == active)
            # The browser is killed: its connection ends without a word.
            began = clock()
            tasks[browser].cancel()
            browser.cut()
            await until(lambda: watcher.states[browser_id] == "offline")
            assert clock() - began < GRACE_SECONDS + MARGIN_SECONDS
            assert watcher.seen[browser_id]
            tasks[browser] = asyncio.ensure_future(browser.run())
            await until(lambda: watcher.states == active)
            # The server is killed: nobody says goodbye for who was on it, and it stays away.
            began = clock()
            await asyncio.to_thread(suite.webs[1].end, signal.SIGKILL)
            await until(lambda: watcher.states[browser_id] == "offline")
            assert clock() - began < EXPIRY_SECONDS + 2 * SWEEP_SECONDS + MARGIN_SECONDS
            assert watcher.seen[browser_id]
            assert watcher.states[tab_id] == "active"  # another tab is on the other process
            await asyncio.to_thread(suite.webs[1].start)
            await until(lambda: watcher.states == active)
    finally:
        for task in tasks.values():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
