"""Messages survive whatever dies: real processes, real services, killed while people write."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.live_client import Receiver, Sender, until
from tests.processes import Suite

pytestmark = pytest.mark.processes

MESSAGES = 500
LIMIT_SECONDS = 180


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Two web processes on services of their own."""
    suite = Suite(tmp_path_factory.mktemp("suite"))
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


class Conversation:
    """A room with two senders and four receivers, two of them on each process."""

    def __init__(self, suite: Suite, dice: random.Random) -> None:
        scene = suite.make_room()
        self.suite, self.dice, self.id = suite, dice, scene["conversation"]
        here = [web.address for web in suite.webs]
        there = here[::-1]
        stream = f"conversation:{self.id}"
        self.receivers = [
            Receiver(stream, addresses, token, dice)
            for addresses, token in zip([here, there] * 2, scene["tokens"], strict=True)
        ]
        self.senders = [
            Sender(self.id, name, addresses, token, dice)
            for name, addresses, token in zip(
                ("host", "client"), [here, there], scene["tokens"], strict=False
            )
        ]

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Keep everybody's sockets open."""
        everybody = [*self.receivers, *self.senders]
        tasks = [asyncio.ensure_future(client.run()) for client in everybody]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def acknowledged(self, number: int) -> None:
        """Wait until so many messages of both senders together are acknowledged."""
        await until(lambda: sum(len(s.acknowledged) for s in self.senders) >= number)

    async def received(self) -> None:
        """Wait until everybody has everything that the log holds."""
        head = self.rows("SELECT head FROM core_stream WHERE object_id = %s")[0][0]
        await until(lambda: all(receiver.number >= head for receiver in self.receivers))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database about this conversation."""
        with psycopg.connect(self.suite.postgres.url) as connection:
            return connection.execute(query, [self.id]).fetchall()

    def assert_nothing_lost(self, number: int) -> None:
        """Each message once and in order: in the database, and with every receiver."""
        stored = self.rows(
            "SELECT seq, body, client_id::text FROM messaging_message"
            " WHERE conversation_id = %s AND message_type = 'text' ORDER BY seq"
        )
        for sender in self.senders:
            bodies = [body for _, body, _ in stored if body.startswith(sender.name)]
            assert bodies == [f"{sender.name} {index}{sender.padding}" for index in range(number)]
            # What was acknowledged is what is stored, number by number.
            mine = [(seq, client_id) for seq, body, client_id in stored if body in set(bodies)]
            assert mine == [(m["seq"], m["client_id"]) for m in sender.acknowledged]
        log = self.rows(
            "SELECT seq, name FROM core_event JOIN core_stream ON core_stream.id = stream_id"
            " WHERE object_id = %s ORDER BY seq"
        )
        assert [seq for seq, _ in log] == list(range(1, len(log) + 1))
        for receiver in self.receivers:
            assert [(event["seq"], event["name"]) for event in receiver.events] == log
            said = [
                (event["seq"], event["data"]["body"], event["data"]["client_id"])
                for event in receiver.events
                if event["name"] == "MessageSent" and event["data"]["message_type"] == "text"
            ]
            assert said == stored
            assert receiver.surprises == []

    def report(self) -> str:
        """How rough it was."""
        return "; ".join(
            [f"{s.name}: {s.attempts} attempts, refused {s.refusals}" for s in self.senders]
            + [f"subscribed {r.subscriptions}, closed {r.closings}" for r in self.receivers]
        )


async def test_everybody_gets_everything(suite: Suite) -> None:
    """Nothing is killed: two processes, two senders, four receivers."""
    conversation = Conversation(suite, random.Random(1))
    async with asyncio.timeout(LIMIT_SECONDS), conversation.open():
        await asyncio.gather(*(sender.send_all(50) for sender in conversation.senders))
        await conversation.received()
    conversation.assert_nothing_lost(50)
    assert [receiver.subscriptions for receiver in conversation.receivers] == [1] * 4


async def test_nothing_is_lost_whatever_dies(suite: Suite) -> None:
    """Sockets are cut, a web process, Redis and PostgreSQL are killed while 1,000 are sent."""
    seed = random.SystemRandom().randrange(10_000)
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    conversation = Conversation(suite, random.Random(seed))
    began = time.monotonic()
    async with asyncio.timeout(LIMIT_SECONDS), conversation.open():
        await asyncio.gather(
            disturb(conversation),
            *(sender.send_all(MESSAGES) for sender in conversation.senders),
        )
        await conversation.received()
    print(f"{time.monotonic() - began:.1f} s; {conversation.report()}")  # noqa: T201
    conversation.assert_nothing_lost(MESSAGES)
    for web in suite.webs:
        # An outage is one line when it begins and one when it ends.
        assert len(web.log.read_text().splitlines()) <= 8, web.log.read_text()


async def disturb(conversation: Conversation) -> None:
    """Kill one thing after the other, each at a moment that the dice choose."""
    suite, dice = conversation.suite, conversation.dice
    web = dice.choice(suite.webs)

    async def lose_web() -> None:
        await asyncio.to_thread(web.kill)
        await asyncio.to_thread(web.start)

    async def lose_postgres() -> None:
        refused = [len(sender.refusals) for sender in conversation.senders]
        await asyncio.to_thread(suite.postgres.kill)
        # Nothing can be acknowledged meanwhile, but everybody is told to try again.
        await until(
            lambda: all(
                len(sender.refusals) > before
                for sender, before in zip(conversation.senders, refused, strict=True)
            )
        )
        await asyncio.to_thread(suite.postgres.start)

    async def cut_sockets() -> None:
        for client in dice.sample([*conversation.receivers, *conversation.senders], 4):
            client.cut()

    troubles: list[Callable[[], Awaitable[object]]] = [
        cut_sockets,
        lose_web,
        cut_sockets,
        lambda: asyncio.to_thread(suite.redis.kill),
        lambda: asyncio.to_thread(suite.redis.start),  # a while later: all goes on without it
        lose_postgres,
        cut_sockets,
    ]
    share = 2 * MESSAGES // (len(troubles) + 1)
    for index, trouble in enumerate(troubles):
        await conversation.acknowledged(index * share + dice.randrange(share))
        await trouble()


async def test_slow_reader_is_closed_and_catches_up(suite: Suite) -> None:
    """Who stops reading is closed with 1013 while the others get everything at once."""
    conversation = Conversation(suite, random.Random(2))
    slow = conversation.receivers[0]
    slow.ping_seconds = None  # it would not read the answers either
    resumed = asyncio.Event()
    take = slow.take

    async def take_when_resumed(frame: dict[str, Any]) -> None:
        await resumed.wait()
        await take(frame)

    slow.take = take_when_resumed  # type: ignore[method-assign]
    for sender in conversation.senders:
        sender.padding = "\n" + "x" * 9_000
    async with asyncio.timeout(LIMIT_SECONDS), conversation.open():
        sending = asyncio.gather(*(sender.send_all(300) for sender in conversation.senders))
        others = conversation.receivers[1:]
        await sending
        head = max(message["seq"] for s in conversation.senders for message in s.acknowledged)
        await until(lambda: all(receiver.number >= head for receiver in others))
        assert slow.number < head
        resumed.set()
        await conversation.received()
    assert 1013 in slow.closings
    assert [receiver.closings for receiver in others] == [[0]] * 3
    conversation.assert_nothing_lost(300)
