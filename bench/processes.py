"""Sending through 1, 2 and 4 web processes, as behind a load balancer that takes turns.

Here the servers run on all cores, together with everything else: on two cores, of which the
load generator, PostgreSQL and Redis take their part, two processes cannot be twice as fast. So the
figures are told with the cores that there were and that the servers got, and no goal is set.
"""

import asyncio
import os
import time
from contextlib import ExitStack
from dataclasses import dataclass

import uvloop

from bench.figures import alternating, median_row, percentile, ratio
from bench.machine import cores
from bench.process import Server, own_cpu_seconds, procfile_command
from bench.result import Result, Row
from bench.scene import make_scene
from bench.ways import HttpWay, api_way

ROOMS = 8
"""Rooms that are written in: in one room, numbers are given one after the other."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    processes: tuple[int, ...] = (1, 2, 4)
    runs: int = 2
    seconds: float = 5.0
    connections: int = 16


async def measure(ways: list[HttpWay], servers: list[Server], plan: Plan) -> dict[str, float]:
    """Every connection sends one message after the other, for some seconds."""
    sends = [
        await ways[number % len(ways)].open(servers[number % len(servers)])
        for number in range(plan.connections)
    ]
    for once in sends:
        await once()
    waits: list[float] = []
    began, own = time.perf_counter(), own_cpu_seconds()
    cpu = sum(server.cpu_seconds() for server in servers)

    async def keep_sending(number: int) -> None:
        while time.perf_counter() - began < plan.seconds:
            at = time.perf_counter()
            await sends[number]()
            waits.append((time.perf_counter() - at) * 1e3)

    await asyncio.gather(*map(keep_sending, range(plan.connections)))
    seconds = time.perf_counter() - began
    used = sum(server.cpu_seconds() for server in servers) - cpu
    return {
        "messages_per_second": len(waits) / seconds,
        "cpu_ms_per_message": used / len(waits) * 1e3,
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
        "servers_cores_busy": used / seconds,
        "generator_core_busy": (own_cpu_seconds() - own) / seconds,
    }


async def compare(ways: list[HttpWay], plan: Plan) -> dict[int, list[dict[str, float]]]:
    """Each number of processes in turn."""
    found: dict[int, list[dict[str, float]]] = {number: [] for number in plan.processes}
    for name in alternating([str(number) for number in plan.processes], plan.runs):
        with ExitStack() as stack:
            servers = [
                stack.enter_context(Server(f"web-{i}", procfile_command("web"), cores=cores()))
                for i in range(int(name))
            ]
            found[int(name)].append(await measure(ways, servers, plan))
    return found


def run() -> Result:
    """1, 2 and 4."""
    quick = Plan(processes=(1, 2), runs=1, seconds=1.0, connections=4)
    plan = quick if "QUICK" in os.environ else Plan()
    ways = [api_way(make_scene(0)) for _ in range(ROOMS)]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(compare(ways, plan))
    medians = {number: median_row(runs) for number, runs in found.items()}
    rows: list[Row] = [
        {
            "case": f"{number} web process{'es' if number > 1 else ''}",
            **row,
            "cores": len(cores()),
            "times_one": ratio(row["messages_per_second"], medians[1]["messages_per_second"]),
            "runs": plan.runs,
        }
        for number, row in medians.items()
    ]
    return Result("processes", rows)
