"""One socket that stops reading, among 1,000 in the same room: what it costs the others.

It also follows a second room, into which long messages are sent all the time, to it alone: they
fill its connection, and then what the server holds for it, so that it is closed while the others
are measured. The same is sent while it reads and while it does not.
"""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field

import uvloop

from bench.fanout import PEOPLE, Crowd, Plan
from bench.figures import alternating, median_row, ratio
from bench.listener import Dialect, Listener, listen
from bench.peers.dialects import SuiteDialect
from bench.result import Goal, Result, Row
from bench.scene import Scene, make_scene
from bench.servers import OURS, listening, make_server, sending

READS, STOPPED = "it reads", "it has stopped reading"
LONG = "as much as fits into one message, " * 290  # below the limit of 10,000 characters
RECEIVE_BUFFER = 64 * 1024
FILLING, FILLING_PER_SECOND = 220, 80
FLOODING_PER_SECOND = 20
"""Long messages of 30 kB. The kernel holds up to 4 MiB of what is sent, the outbox 8 MiB: together
at most 420. The filling begins the outbox, the 240 of twelve seconds' measuring overflow it."""


@dataclass
class OneReader:
    """A person who follows both rooms and counts what comes, by number."""

    token: str
    port: int
    rooms: list[str]
    numbers: dict[str, list[int]] = field(default_factory=dict)
    socket: Listener | None = None

    async def connect(self) -> None:
        """Open a socket; what was missed comes first."""
        follows = {room: max(self.numbers.get(room, [0]), default=0) or None for room in self.rooms}
        dialect = SuiteDialect(self.token, self.rooms[0], follows)
        self.socket = await listen(dialect, self.port, self.take, receive_buffer=RECEIVE_BUFFER)

    def take(self, frame: bytes) -> None:
        """Note the number of an event."""
        content = json.loads(frame)
        if content["type"] == "event":
            room = content["stream"].partition(":")[2]
            self.numbers.setdefault(room, []).append(content["seq"])

    def missed(self) -> int:
        """How many numbers are missing or came twice, between the first and the last."""
        return sum(
            max(got) - min(got) + 1 - len(set(got)) + len(got) - len(set(got))
            for got in self.numbers.values()
        )


@dataclass
class LongMessages:
    """Sends long messages to the second room, from several sockets, and counts what is stored."""

    dialect: Dialect
    port: int
    sockets: list[Listener] = field(default_factory=list)
    sent: int = 0
    stored: int = 0

    async def connect(self) -> None:
        """Open the sockets: each may send 50 frames a second."""
        self.sockets = [await listen(self.dialect, self.port, self._count) for _ in range(4)]

    async def send(self, number: int, per_second: float) -> None:
        """Send that many at an even rate."""
        for _ in range(number):
            self.sockets[self.sent % len(self.sockets)].send(LONG)
            self.sent += 1
            await asyncio.sleep(1 / per_second)

    async def all_stored(self) -> None:
        """Wait until every one was acknowledged."""
        while self.stored < self.sent:  # noqa: ASYNC110 - counted by a callback
            await asyncio.sleep(0.05)

    def _count(self, frame: bytes) -> None:
        self.stored += frame.startswith(b'{"type":"ack"')


@dataclass
class Room:
    """The crowd, the one reader, and the long messages to it alone."""

    crowd: Crowd
    reader: OneReader
    long: LongMessages

    async def measure(self, plan: Plan) -> dict[str, float]:
        """The crowd's figures while long messages go to the one reader."""
        await self.long.send(FILLING, FILLING_PER_SECOND)
        await asyncio.wait_for(self.long.all_stored(), 60)
        flood = asyncio.create_task(self.long.send(10_000, FLOODING_PER_SECOND))
        try:
            return await self.crowd.measure(plan)
        finally:
            flood.cancel()
            await asyncio.wait_for(self.long.all_stored(), 60)

    async def code_of_closing(self) -> int:
        """Let the one reader read what was sent until it was closed; 0 where it never was."""
        assert self.reader.socket is not None
        self.reader.socket.read_on()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self.reader.socket.ended), 30)
        return self.reader.socket.closed_with or 0

    async def everything_arrived(self) -> None:
        """Wait until nothing more comes to the one reader."""
        before = -1
        while before != (now := sum(map(len, self.reader.numbers.values()))):
            before = now
            await asyncio.sleep(1)


async def compare(plan: Plan, scene: Scene, other: Scene) -> Result:
    """Measure while the one reader reads and while it does not, in turn."""
    found: dict[str, list[dict[str, float]]] = {READS: [], STOPPED: []}
    codes = []
    with make_server(OURS, {}) as server:
        sender = await listen(sending(OURS, scene), server.port)
        crowd = Crowd(server, sender, listening(OURS, scene))
        long = LongMessages(sending(OURS, other), server.port)
        reader = OneReader(
            scene.listener_tokens[0], server.port, [scene.conversation, other.conversation]
        )
        room = Room(crowd, reader, long)
        await long.connect()
        await reader.connect()
        await crowd.grow(plan.sizes[0])
        for case in alternating([READS, STOPPED], plan.runs):
            assert reader.socket is not None
            if case == STOPPED:
                reader.socket.stop_reading()
            found[case].append(await room.measure(plan))
            if case == STOPPED:
                codes.append(await room.code_of_closing())
                await reader.connect()
                await room.everything_arrived()
        missed = reader.missed()
        crowd.leave()
    rows: list[Row] = [
        {"case": case, "sockets": plan.sizes[0], **median_row(runs), "runs": len(runs)}
        for case, runs in found.items()
    ]
    reads, stopped = rows
    slower = ratio(float(stopped["p99_ms"]), float(reads["p99_ms"]))
    return Result(
        "slow_reader",
        rows,
        [
            Goal("p99 of the others, beside a stopped reader / a reading one", slower, 1.1),
            Goal("lost by the others", sum(float(row["lost"]) for row in rows), 0),
            Goal("not closed with 1013 while the others were measured", _not_1013(codes), 0),
            Goal("missed or doubled by the stopped reader after it resumed", missed, 0),
        ],
    )


def _not_1013(codes: list[int]) -> int:
    return sum(code != 1013 for code in codes)


def run() -> Result:
    """1,000 others, three times each way."""
    plan = Plan(sizes=(1_000,), runs=3, messages=60)
    if "QUICK" in os.environ:
        plan = Plan(sizes=(20,), runs=1, messages=60)
    scene = make_scene(PEOPLE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(compare(plan, scene, scene.another()))
