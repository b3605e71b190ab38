"""Two thousand people in a thousand conversations of two, on one web process, for a minute.

Each of them, once a minute: writes (and is seen typing), sends a message, reads what the other one
sent a second after it came, as the page does, and goes away and comes back. A quarter of them has
the page open and looks elsewhere: their browser says only that messages got there. All follow their
conversation and their own stream and watch whether the other one is here. The list of the inbox is
not asked for again here, as on the page of a room; bench/inbox.py says what that costs.
"""

import asyncio
import heapq
import json
import math
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from functools import partial

import uvloop

from accounts.models import User
from bench.figures import percentile
from bench.http import HttpConnection, RefusedError
from bench.listener import Listener, listen, marked, number_of
from bench.many_talks import make_people, make_talks, make_template, make_tokens, settle, sql_uuid
from bench.peers.dialects import SuiteDialect
from bench.process import Server, own_cpu_seconds
from bench.result import Goal, Result, Row
from bench.servers import OURS, make_server
from messaging.models import ConversationMember

SEND_TO_SEEN_MS = 250.0
CONNECTING_AT_ONCE = 20
READ_AFTER, RECEIVED_AFTER = 1.0, 2.0
"""Seconds, as frontend/src/chat/chat.js and frontend/src/live/received.js wait."""
TYPED_BEFORE = (4.0, 1.0)
AWAY_AT, BACK_AT = 20.0, 35.0
PERIOD = 60.0
HTTP_CONNECTIONS = 24
FRAME_TYPE = re.compile(rb'\{"type": ?"([a-z._]+)"')


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    people: int = 2_000
    warm_up_seconds: float = 15.0
    seconds: float = 60.0
    drain_seconds: float = 8.0
    """Whatever has not come so long after the last was sent is lost."""


QUICK = Plan(people=40, warm_up_seconds=2, seconds=10, drain_seconds=5)


@dataclass
class Person:
    """Somebody with a page open."""

    user_id: str
    token: str
    conversation: str
    reads: bool
    socket: Listener
    other: "Person"

    def say(self, **frame: object) -> None:
        """A frame, while the server keeps the socket open."""
        if not self.socket.ended.done():
            self.socket.say(json.dumps(frame))

    def type(self) -> None:
        """Be seen writing."""
        self.say(type="typing", conversation=self.conversation)

    def show(self, state: str) -> None:
        """Active or away, as the page says it."""
        self.say(type="presence", state=state)


@dataclass
class Mix:
    """What everybody does, and what came of it."""

    server: Server
    plan: Plan
    people: list[Person] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)
    """When each measured message went, in nanoseconds, by its number."""
    to: dict[int, Person] = field(default_factory=dict)
    frames: Counter[str] = field(default_factory=Counter)
    reads: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: asyncio.Queue[HttpConnection] = field(default_factory=asyncio.Queue)
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    async def arrive(self, pairs: list[tuple[str, tuple[str, str], tuple[str, str]]]) -> None:
        """Everybody opens the page, so many at once."""
        for start in range(0, len(pairs), CONNECTING_AT_ONCE // 2):
            await asyncio.gather(*(self._open(*pair) for pair in pairs[start:][:10]))
        for _ in range(HTTP_CONNECTIONS):
            self._connections.put_nowait(await HttpConnection.open(self.server.port))

    async def _open(self, talk: str, *two: tuple[str, str]) -> None:
        found = []
        for user_id, token in two:
            # The person is known only when the socket is there; nothing comes before.
            person = Person(user_id, token, talk, True, None, None)  # type: ignore[arg-type]
            dialect = SuiteDialect(token, talk, {talk: None})
            port = self.server.port
            person.socket = await listen(dialect, port, partial(self._heard, person))
            person.reads = next(self._ids) % 4 != 0
            person.say(type="subscribe", stream=f"user:{user_id}")
            found.append(person)
        one, other = found
        one.other, other.other = other, one
        for person in found:
            person.show("active" if person.reads else "away")
            person.say(type="presence.watch", users=[person.other.user_id])
        self.people += found

    def _heard(self, person: Person, frame: bytes) -> None:
        """Count it, and do about a new message what the page does."""
        found = FRAME_TYPE.match(frame)
        kind = found[1].decode() if found else ""
        self.frames[kind] += 1
        if kind == "error":
            self.refused.append(frame.decode())
        if kind != "event" or number_of(frame) is None:
            return
        event = json.loads(frame)
        if event["data"]["sender"]["id"] == person.user_id:
            return
        seq = event["data"]["seq"]
        if person.reads:
            self._later(READ_AFTER, lambda: self._start(self._read(person, seq)))
        else:
            said = {"type": "received", "conversation": person.conversation, "seq": seq}
            self._later(RECEIVED_AFTER, lambda: person.say(**said))

    async def _read(self, person: Person, seq: int) -> None:
        headers = {
            "Authorization": f"Token {person.token}",
            "Content-Type": "application/json",
        }
        path = f"/api/conversations/{person.conversation}/read/"
        body = json.dumps({"seq": seq}).encode()
        began = time.perf_counter()
        connected = await self._connections.get()
        try:
            try:
                await connected.request("POST", path, headers, body)
            except (OSError, RuntimeError, asyncio.IncompleteReadError) as error:
                if isinstance(error, RefusedError):
                    raise
                # It was idle for long, and the server closed it: a browser opens another one.
                connected = await HttpConnection.open(self.server.port)
                await connected.request("POST", path, headers, body)
        except RefusedError as error:
            self.refused.append(str(error))
        finally:
            self._connections.put_nowait(connected)
        self.reads.append((time.perf_counter() - began) * 1e3)

    def _start(self, doing: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (time.perf_counter() + seconds, next(self._ids), act))

    def _intend(self) -> None:
        """Put down what everybody does from now on, spread evenly over each minute."""
        drawn = random.Random(5)
        whole = self.plan.warm_up_seconds + self.plan.seconds
        numbers = iter(range(10**6))
        for person in self.people:
            at = drawn.random() * PERIOD - PERIOD
            while (at := at + PERIOD) < whole:
                number = next(numbers)
                is_measured = at >= self.plan.warm_up_seconds
                for before in TYPED_BEFORE:
                    self._later(max(0, at - before), person.type)
                self._later(at, partial(self._send, person, number, is_measured))
                if person.reads:
                    self._later(at + AWAY_AT, partial(person.show, "away"))
                    self._later(at + BACK_AT, partial(person.show, "active"))

    def _send(self, person: Person, number: int, is_measured: bool) -> None:
        if is_measured:
            self.to[number] = person.other
            self.sent[number] = time.perf_counter_ns()
        if not person.socket.ended.done():
            person.socket.send(marked(number))

    async def live(self) -> Row:
        """Do it all; a row of figures."""
        self._intend()
        began = time.perf_counter()
        measured_from = began + self.plan.warm_up_seconds
        ends = measured_from + self.plan.seconds
        await self._act_until(measured_from)
        cpu, own = self.server.cpu_seconds(), own_cpu_seconds()
        waited = self.server.waited_seconds()
        self.frames.clear()
        self.reads.clear()
        self.late.clear()
        await self._act_until(ends)
        used, own_used = self.server.cpu_seconds() - cpu, own_cpu_seconds() - own
        waited = self.server.waited_seconds() - waited
        frames = dict(self.frames)
        await self._act_until(ends + self.plan.drain_seconds, is_over=self._is_all_there)
        busy = {
            "server_core_busy": used / self.plan.seconds,
            # Threads that were ready and got no core: other work on the machine, which slows.
            "server_threads_waiting": waited / self.plan.seconds,
            "generator_core_busy": own_used / self.plan.seconds,
        }
        return self._figures(frames) | busy

    async def _act_until(self, end: float, is_over: Callable[[], bool] = lambda: False) -> None:
        while (now := time.perf_counter()) < end and not is_over():
            while self._due and self._due[0][0] <= now:
                at, _, act = heapq.heappop(self._due)
                self.late.append((time.perf_counter() - at) * 1e3)
                act()
            next_at = self._due[0][0] if self._due else end
            await asyncio.sleep(max(0.0, min(next_at, end, now + 0.1) - time.perf_counter()))

    def _waits(self) -> dict[int, float]:
        """How long until the other one had each message, in milliseconds."""
        seen: dict[int, float] = {}
        for person in self.people:
            for number, at in person.socket.arrivals:
                if self.to.get(number) is person:
                    seen.setdefault(number, (at - self.sent[number]) / 1e6)
        return seen

    def _is_all_there(self) -> bool:
        return len(self._waits()) == len(self.sent)

    def _figures(self, frames: dict[str, int]) -> Row:
        seen = self._waits()
        lost = len(self.sent) - len(seen)
        waits = [*seen.values(), *[math.inf] * lost]  # what never came was not fast
        return {
            "case": f"{len(self.people):,} sockets, everybody a message a minute",
            "sockets": len(self.people),
            "seconds": self.plan.seconds,
            "messages": len(self.sent),
            "lost": lost,
            "refused": len(self.refused),
            "sockets_closed": sum(p.socket.ended.done() for p in self.people),
            "p50_ms": percentile(waits, 0.5),
            "p95_ms": percentile(waits, 0.95),
            "p99_ms": percentile(waits, 0.99),
            "most_ms": max(waits),
            "reads": len(self.reads),
            "read_p99_ms": percentile(self.reads, 0.99),
            "typing_frames": frames.get("typing", 0),
            "presence_frames": frames.get("presence", 0),
            "generator_late_p99_ms": percentile(self.late, 0.99),
            "memory_mib": self.server.memory_bytes() / 2**20,
        }

    async def leave(self) -> None:
        """Let what was asked be answered, then close every socket."""
        if self._tasks:
            _, unanswered = await asyncio.wait(self._tasks, timeout=self.plan.drain_seconds)
            for task in unanswered:
                task.cancel()
            await asyncio.gather(*unanswered, return_exceptions=True)
        for person in self.people:
            person.socket.close()


def make_pairs(number: int) -> list[tuple[str, tuple[str, str], tuple[str, str]]]:
    """So many conversations: the id of each, and id and token of the two people."""
    template = make_template()
    make_people(template, "one", number)
    make_people(template, "other", number)
    make_talks(
        template, "talk", number, one=sql_uuid("one"), other=sql_uuid("other"), messages=2
    )  # fmt: skip
    people = list(User.objects.filter(email__regex="^(one|other)-[0-9]"))
    tokens = dict(zip((person.pk for person in people), make_tokens(template, people), strict=True))
    found: dict[str, list[tuple[str, str]]] = {}
    places = ConversationMember.objects.filter(user__in=tokens).order_by("pk")
    for talk, user in places.values_list("conversation_id", "user_id"):
        found.setdefault(str(talk), []).append((str(user), tokens[user]))
    settle()
    return [(talk, one, other) for talk, (one, other) in found.items()]


async def measure(server: Server, plan: Plan) -> Row:
    """Everybody comes, lives and goes."""
    mix = Mix(server, plan)
    pairs = await asyncio.to_thread(make_pairs, plan.people // 2)
    await mix.arrive(pairs)
    await asyncio.sleep(1)  # what coming set off comes to an end
    found = await mix.live()
    await mix.leave()
    if mix.refused:
        print(f"Refused: {mix.refused[:3]}", flush=True)
    return found


def goals(row: Row) -> list[Goal]:
    """Nothing lost, and seen soon."""
    words = f"with {row['sockets']:,} sockets"
    return [
        Goal(f"p99 from sending to being seen {words}, ms", float(row["p99_ms"]), SEND_TO_SEEN_MS),
        Goal(f"messages lost {words}", float(row["lost"]), 0),
        Goal(f"frames and requests refused {words}", float(row["refused"]), 0),
    ]


def run() -> Result:
    """On one web process."""
    plan = QUICK if "QUICK" in os.environ else Plan()
    with (
        make_server(OURS, {}) as server,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        row = runner.run(measure(server, plan))
    return Result("mix", [row], goals(row))
