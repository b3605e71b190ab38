"""Fan-out of persisted messages to all sockets of one room, beside Channels and Socket.IO."""

import asyncio
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import uvloop

from bench.figures import alternating, median_row, percentile, ratio, spread
from bench.listener import Dialect, Listener, listen, marked
from bench.process import Server, own_cpu_seconds
from bench.result import Goal, Result, Row
from bench.scene import Scene, make_scene
from bench.servers import (
    OURS,
    OURS_ON_DAPHNE,
    SOCKET_IO,
    STOCK,
    listening,
    make_server,
    prepare_peers,
    sending,
)

PEOPLE = 50
"""Who the sockets belong to: each person has as many as there are tabs and devices."""

CONNECTING_AT_ONCE = 20


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...] = (100, 1_000, 2_000)
    runs: int = 3
    messages: int = 20
    per_second: float = 5.0
    drain_seconds: float = 8.0
    """Whatever has not come so long after the last was sent is lost."""
    servers: tuple[str, ...] = (OURS, SOCKET_IO, OURS_ON_DAPHNE, STOCK)


QUICK = Plan(sizes=(5, 20), runs=1, messages=5, per_second=10, drain_seconds=3)


@dataclass
class Crowd:
    """The sockets of one server, added to from size to size."""

    server: Server
    sender: Listener
    dialects: Iterator[Dialect]
    listeners: list[Listener] = field(default_factory=list)

    async def grow(self, size: int) -> tuple[float, float]:
        """Connect until there are that many.

        Returns processor milliseconds and resident KiB of the server per socket added.
        """
        added = size - len(self.listeners)
        cpu, memory = self.server.cpu_seconds(), self.server.memory_bytes()
        while (missing := size - len(self.listeners)) > 0:
            batch = min(missing, CONNECTING_AT_ONCE)
            self.listeners += await asyncio.gather(
                *(listen(next(self.dialects), self.server.port) for _ in range(batch))
            )
        await asyncio.sleep(0.5)  # what connecting set off comes to an end
        return (
            (self.server.cpu_seconds() - cpu) / added * 1e3,
            (self.server.memory_bytes() - memory) / added / 1024,
        )

    async def measure(self, plan: Plan) -> dict[str, float]:
        """Send messages at an even rate and see when they arrive where."""
        await self._warm_up(plan)
        sent: list[int] = []
        began, cpu, own = time.perf_counter(), self.server.cpu_seconds(), own_cpu_seconds()
        for number in range(plan.messages):
            await asyncio.sleep(max(0.0, began + number / plan.per_second - time.perf_counter()))
            sent.append(time.perf_counter_ns())
            self.sender.send(marked(number))
        await self._arrived(plan.messages, plan.drain_seconds)
        seconds = time.perf_counter() - began
        used, own_used = self.server.cpu_seconds() - cpu, own_cpu_seconds() - own
        if self.sender.refusals:
            raise RuntimeError(f"Messages were refused: {self.sender.refusals[:3]}")
        waits = [(at - sent[n]) / 1e6 for each in self.listeners for n, at in each.arrivals]
        got = sum(len({number for number, _ in each.arrivals}) for each in self.listeners)
        lost = plan.messages * len(self.listeners) - got
        waits += [math.inf] * lost  # what never came was not fast
        return {
            "cpu_us_per_delivery": ratio(used * 1e6, got),
            "p50_ms": percentile(waits, 0.5),
            "p99_ms": percentile(waits, 0.99),
            "lost": lost,
            "server_core_busy": used / seconds,
            "generator_core_busy": own_used / seconds,
            "frame_bytes": self.listeners[0].frame_bytes,
        }

    async def _warm_up(self, plan: Plan) -> None:
        for _ in range(3):
            self._forget()
            self.sender.send(marked(0))
            await self._arrived(1, plan.drain_seconds / 2)
        self._forget()

    def _forget(self) -> None:
        for listener in self.listeners:
            listener.arrivals.clear()

    async def _arrived(self, messages: int, seconds: float) -> None:
        """Wait until everybody has that many, but no longer than that."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if all(len(each.arrivals) >= messages for each in self.listeners):
                return
            await asyncio.sleep(0.05)

    def leave(self) -> None:
        """Close every socket."""
        for each in (self.sender, *self.listeners):
            each.close()


async def one_run(name: str, scene: Scene, environment: dict[str, str], plan: Plan) -> list[Row]:
    """One server from its start through all sizes: a row of figures for each."""
    rows: list[Row] = []
    with make_server(name, environment) as server:
        sender = await listen(sending(name, scene), server.port)
        crowd = Crowd(server, sender, listening(name, scene))
        for size in plan.sizes:
            connecting, memory = await crowd.grow(size)
            row = await crowd.measure(plan)
            rows.append({"connect_cpu_ms": connecting, "memory_kib_per_socket": memory, **row})
        crowd.leave()
    return rows


def summarised(name: str, size: int, runs: list[dict[str, float]]) -> Row:
    """The median of each figure over the runs, and how far apart they were."""
    costs = [run["cpu_us_per_delivery"] for run in runs]
    return {
        "case": f"{name}, {size} sockets",
        "server": name,
        "sockets": size,
        **median_row(runs),
        "runs": len(runs),
        "cpu_spread": spread(costs),
    }


def goals(rows: list[Row], size: int) -> list[Goal]:
    """What the product has to reach, at that many sockets."""
    found = {str(row["server"]): row for row in rows if row["sockets"] == size}
    ours, socket_io, stock = found[OURS], found[SOCKET_IO], found[STOCK]
    answer = [Goal(f"messages lost by ours at {size:,} sockets", float(ours["lost"]), 0)]
    for figure, words in (("cpu_us_per_delivery", "CPU per delivery"), ("p99_ms", "p99")):
        beside, beside_stock = (
            ratio(float(ours[figure]), float(socket_io[figure])),
            ratio(float(stock[figure]), float(ours[figure])),
        )
        answer += [
            Goal(f"{words} at {size:,} sockets, ours / Socket.IO", beside, 1.0),
            Goal(f"{words} at {size:,} sockets, stock / ours", beside_stock, 10, at_least=True),
        ]
    return answer


async def compare(plan: Plan, scene: Scene, environment: dict[str, str]) -> Result:
    """All servers, alternating."""
    found: dict[tuple[str, int], list[Row]] = {}
    for name in alternating(plan.servers, plan.runs):
        for size, row in zip(
            plan.sizes, await one_run(name, scene, environment, plan), strict=True
        ):
            found.setdefault((name, size), []).append(row)
    rows = [
        summarised(name, size, [{k: float(v) for k, v in run.items()} for run in runs])
        for (name, size), runs in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))
    ]
    judged = 1_000 if 1_000 in plan.sizes else plan.sizes[-1]
    return Result("fanout", rows, goals(rows, judged))


def run() -> Result:
    """Compare the four servers."""
    plan = QUICK if "QUICK" in os.environ else Plan()
    prepare_peers()
    scene = make_scene(PEOPLE)
    environment = scene.peer_environment()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(compare(plan, scene, environment))
