"""Asked to end, a web process lets everybody finish: real processes, restarted one by one."""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.live_client import Receiver, Sender, until
from tests.processes import Suite, Web

pytestmark = pytest.mark.processes

RECEIVERS = 50
MESSAGES = 60
LIMIT_SECONDS = 90
END_SECONDS = 10
"""What supervisors grant (consultsuite.run.part.GRACE_SECONDS)."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Two web processes on services of their own."""
    suite = Suite(tmp_path_factory.mktemp("suite"))
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


@pytest.fixture
def scene(suite: Suite) -> dict[str, Any]:
    """A room of four people."""
    return suite.make_room()


def addresses(suite: Suite, turn: int) -> list[str]:
    """Both processes; every second client begins at the other one."""
    here = [web.address for web in suite.webs]
    return here if turn % 2 else here[::-1]


@contextlib.asynccontextmanager
async def running(*clients: Receiver | Sender) -> AsyncIterator[None]:
    """Keep their sockets open."""
    tasks = [asyncio.ensure_future(client.run()) for client in clients]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_rolling_restart_loses_nothing(suite: Suite, scene: dict[str, Any]) -> None:
    """Fifty sockets, two people sending, both processes restarted one after the other."""
    dice, tokens = random.Random(7), scene["tokens"]
    names = ("conversation", "room")
    receivers = [
        Receiver(
            f"{names[turn // 4 % 2]}:{scene[names[turn // 4 % 2]]}",
            addresses(suite, turn), tokens[turn % 4], dice,
        )
        for turn in range(RECEIVERS)
    ]  # fmt: skip
    senders = [
        Sender(scene["conversation"], f"sender{turn}", addresses(suite, turn), tokens[turn], dice)
        for turn in range(2)
    ]
    for client in (*receivers, *senders):
        client.ping_seconds = None  # on a busy machine an impatient client closes by itself
    async with asyncio.timeout(LIMIT_SECONDS), running(*receivers, *senders):
        await until(lambda: all(r.follower.is_on for r in receivers))
        sending = asyncio.gather(*(sender.send_all(MESSAGES) for sender in senders))
        for share, web in enumerate(suite.webs, start=1):
            await until(lambda: len(senders[0].acknowledged) >= share * MESSAGES // 3)  # noqa: B023
            began = asyncio.get_running_loop().time()
            assert await asyncio.to_thread(web.end, signal.SIGTERM) == 0
            assert asyncio.get_running_loop().time() - began < END_SECONDS
            await asyncio.to_thread(web.start)
        await sending
        heads = {
            f"{kind}:{object_id}": head
            for kind, object_id, head in rows(
                suite, "SELECT kind, object_id, head FROM core_stream"
            )
        }
        await until(lambda: all(r.number == heads[r.follower.stream] for r in receivers))
        staying = rows(suite, "SELECT 1 FROM rooms_visit WHERE ended_at IS NULL")
        closings = {code for r in receivers for code in r.closings}
        restarts = [r.closings.count(1012) for r in receivers]
    log = "".join(web.log.read_text() for web in suite.webs)
    assert not log, log
    assert closings == {1012}
    assert min(restarts) >= 1
    assert [receiver.surprises for receiver in receivers] == [[]] * RECEIVERS
    stored = rows(suite, "SELECT body FROM messaging_message WHERE message_type = 'text'")
    sent = [(f"{sender.name} {index}",) for sender in senders for index in range(MESSAGES)]
    assert sorted(stored) == sorted(sent)
    for sender in senders:  # again only what arrived in the moment between
        assert sender.attempts - MESSAGES <= sender.closings.count(1012) <= 2
    # Nobody is said to have left, and nobody to have come twice.
    comings = rows(
        suite,
        "SELECT name, count(*) FROM core_event"
        " WHERE name IN ('ParticipantEntered', 'ParticipantWentAway') GROUP BY name",
    )
    assert comings == [("ParticipantEntered", 4)]
    assert len(staying) == 4


async def test_request_under_way_is_answered(suite: Suite, scene: dict[str, Any]) -> None:
    """A request that waits for a lock is answered by the process that was asked to end."""
    web = suite.webs[0]
    path = f"{web.url}/api/conversations/{scene['conversation']}/messages/"
    headers = {"Authorization": f"Token {scene['tokens'][0]}"}
    async with httpx.AsyncClient(timeout=LIMIT_SECONDS, trust_env=False) as client:
        with psycopg.connect(suite.postgres.url) as holding:
            holding.execute(
                "SELECT 1 FROM core_stream WHERE object_id = %s FOR UPDATE", [scene["conversation"]]
            )
            asking = asyncio.ensure_future(client.post(path, headers=headers, json={"body": "x"}))
            await until(lambda: rows(suite, WAITING))
            ending = asyncio.ensure_future(asyncio.to_thread(web.end, signal.SIGTERM))
            await until(lambda: not accepts(web))
            assert not asking.done()
        assert (await asking).status_code == 201
        assert await ending == 0
    await asyncio.to_thread(web.start)


async def test_who_does_not_read_is_not_waited_for(suite: Suite, scene: dict[str, Any]) -> None:
    """A socket whose buffers are full is cut off; everybody else has their 1012."""
    web, dice, tokens = suite.webs[0], random.Random(3), scene["tokens"]
    slow, other = (
        Receiver(f"room:{scene['room']}", [web.address], tokens[turn], dice) for turn in (0, 1)
    )
    slow.ping_seconds = None
    resumed = asyncio.Event()
    take = slow.take

    async def take_when_resumed(frame: dict[str, Any]) -> None:
        await take(frame)
        if slow.follower.is_on:
            await resumed.wait()

    slow.take = take_when_resumed  # type: ignore[method-assign]
    async with asyncio.timeout(LIMIT_SECONDS), running(slow, other):
        await until(lambda: slow.follower.is_on and other.follower.is_on)
        for _ in range(120):  # 7 MB: less than what closes a socket
            data = {"offer": "x" * 60_000}
            await other.say(type="signal", room=scene["room"], to=scene["people"][0], data=data)
        began = asyncio.get_running_loop().time()
        assert await asyncio.to_thread(web.end, signal.SIGTERM) == 0
        assert asyncio.get_running_loop().time() - began < END_SECONDS
        resumed.set()
        await until(lambda: slow.closings and other.closings)
    assert other.closings[0] == 1012
    await asyncio.to_thread(web.start)


HEADS = "SELECT kind, object_id, head FROM core_stream"
WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def rows(suite: Suite, query: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(suite.postgres.url) as connection:
        return connection.execute(query).fetchall()


def accepts(web: Web) -> bool:
    """Whether the process takes new connections."""
    with contextlib.suppress(httpx.HTTPError):
        httpx.get(f"{web.url}/readyz", timeout=1, trust_env=False)
        return True
    return False
