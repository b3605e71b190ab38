"""What can break. Each breakage is repaired by the function that made it.

A new kind is one function here: `@breakage(targets, weight, seconds)`, taking the schedule that
runs, what it concerns and for how long.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import redis

from consultsuite.embedded.service import Service
from tests.faults.plan import Kind
from tests.faults.steps import PEOPLE
from tests.faults.world import signal_service
from tests.processes import Part

if TYPE_CHECKING:
    from tests.faults.schedule import Run

Breakage = Callable[["Run", str, float], Awaitable[None]]
BREAKAGES: dict[str, Breakage] = {}
KINDS: list[Kind] = []

WEBS = ("a", "b")
SIGNAL_CHARACTERS = 60_000
SIGNALS = 90
"""From two people, over the 8 MB that are held for one socket; below the burst of 200 frames."""


def breakage(
    targets: tuple[str, ...], weight: int = 1, seconds: tuple[float, float] = (0.0, 0.0)
) -> Callable[[Breakage], Breakage]:
    """Register a breakage: of what, how often, for how long."""

    def register(function: Breakage) -> Breakage:
        name = function.__name__.replace("_", "-")
        BREAKAGES[name] = function
        KINDS.append(Kind(name, targets, weight, seconds))
        return function

    return register


@breakage(WEBS, weight=3, seconds=(0.0, 0.6))
async def kill_web(run: "Run", target: str, seconds: float) -> None:
    """A web process dies and is started again."""
    async with run.lock(f"web {target}"):
        await _end(run.world.web[target], signal.SIGKILL, seconds)


@breakage(WEBS, weight=3, seconds=(0.0, 0.3))
async def restart_web(run: "Run", target: str, seconds: float) -> None:
    """A web process is asked to end, as by a new release, and is started again."""
    async with run.lock(f"web {target}"):
        code = await _end(run.world.web[target], signal.SIGTERM, seconds)
    if code != 0:
        run.complain(f"web {target} ended with {code} when it was asked to")


@breakage(WEBS, weight=2, seconds=(0.3, 2.0))
async def stall_web(run: "Run", target: str, seconds: float) -> None:
    """A web process gets no time to work."""
    async with run.lock(f"web {target}"):
        await _stall(run.world.web[target], seconds)


@breakage(("worker",), weight=1, seconds=(0.0, 0.5))
async def kill_worker(run: "Run", target: str, seconds: float) -> None:
    """The worker dies and is started again."""
    async with run.lock(target):
        await _end(run.world.worker, signal.SIGKILL, seconds)


@breakage(("worker",), weight=1, seconds=(0.0, 0.5))
async def restart_worker(run: "Run", target: str, seconds: float) -> None:
    """The worker is asked to end and is started again."""
    async with run.lock(target):
        await _end(run.world.worker, signal.SIGTERM, seconds)


@breakage(("worker",), weight=1, seconds=(0.3, 2.0))
async def stall_worker(run: "Run", target: str, seconds: float) -> None:
    """The worker gets no time to work."""
    async with run.lock(target):
        await _stall(run.world.worker, seconds)


@breakage(("redis",), weight=2, seconds=(0.0, 1.5))
async def kill_redis(run: "Run", target: str, seconds: float) -> None:
    """Redis dies and is started again."""
    async with run.lock(target):
        await asyncio.to_thread(run.world.redis.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(run.world.redis.start)


@breakage(("redis",), weight=1, seconds=(0.3, 3.0))
async def stall_redis(run: "Run", target: str, seconds: float) -> None:
    """Redis gets no time to work: connections stay, answers do not come."""
    async with run.lock(target):
        await _stall_service(run.world.redis, seconds)


@breakage(("redis",), weight=2)
async def empty_redis(run: "Run", target: str, seconds: float) -> None:
    """Everything in Redis is gone."""
    async with run.lock(target):
        await asyncio.to_thread(_empty, run.world.redis.url)


@breakage(("postgres",), weight=2, seconds=(0.0, 1.0))
async def kill_postgres(run: "Run", target: str, seconds: float) -> None:
    """PostgreSQL dies and is started again."""
    async with run.lock(target):
        await asyncio.to_thread(run.world.postgres.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(run.world.postgres.start)


@breakage(("postgres",), weight=1, seconds=(0.0, 1.0))
async def stop_postgres_at_once(run: "Run", target: str, seconds: float) -> None:
    """PostgreSQL is stopped in its immediate mode, which rolls nothing back, and started again."""
    async with run.lock(target):
        pid = run.world.postgres.pid
        assert pid is not None
        await asyncio.to_thread(run.world.postgres._end, pid, signal.SIGQUIT, 10)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(run.world.postgres.start)


@breakage(("postgres",), weight=1, seconds=(0.3, 2.0))
async def stall_postgres(run: "Run", target: str, seconds: float) -> None:
    """PostgreSQL gets no time to work."""
    async with run.lock(target):
        await _stall_service(run.world.postgres, seconds)


@breakage(PEOPLE, weight=4)
async def cut_sockets(run: "Run", target: str, seconds: float) -> None:
    """The sockets of somebody and of their two neighbours are cut."""
    place = PEOPLE.index(target)
    for name in (PEOPLE[place], PEOPLE[place - 1], PEOPLE[place - 2]):
        run.people[name].cut()


@breakage(PEOPLE, weight=2, seconds=(0.5, 2.0))
async def stop_reading(run: "Run", target: str, seconds: float) -> None:
    """Somebody stops reading for a while."""
    async with run.lock(f"reading {target}"):
        run.people[target].reads.clear()
        await asyncio.sleep(seconds)
        run.people[target].reads.set()


@breakage(("helen", "noor"), weight=2, seconds=(1.0, 2.0))
async def drown_reader(run: "Run", target: str, seconds: float) -> None:
    """Somebody stops reading and gets more than is held for a socket: it is closed with 1013."""
    async with run.lock(f"reading {target}"):
        slow = run.people[target]
        slow.reads.clear()
        try:
            for sender in (run.people["mara"], run.people["priya"]):
                for _ in range(SIGNALS):
                    data = {"offer": "x" * SIGNAL_CHARACTERS}
                    await sender.say(type="signal", room=slow.room_id, to=slow.id, data=data)
            await asyncio.sleep(seconds)
        finally:
            slow.reads.set()


async def _end(part: Part, number: signal.Signals, seconds: float) -> int | None:
    code = await asyncio.to_thread(part.end, number)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(part.start)
    return code


async def _stall(part: Part, seconds: float) -> None:
    part.stop()
    try:
        await asyncio.sleep(seconds)
    finally:
        part.go_on()


async def _stall_service(service: Service, seconds: float) -> None:
    signal_service(service, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        signal_service(service, signal.SIGCONT)


def _empty(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()
