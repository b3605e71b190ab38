"""Sending a message by each way in, beside a bare Django view that inserts one row."""

import asyncio
import os
import time
from dataclasses import dataclass

import uvloop

from bench.figures import alternating, median_row, percentile, ratio
from bench.peers.dialects import SuiteDialect
from bench.process import Server
from bench.result import Goal, Result, Row
from bench.scene import make_scene
from bench.servers import OURS, make_server, make_stock_table
from bench.ways import (
    HttpWay,
    SocketWay,
    api_way,
    floor_way,
    form_way,
    queries_of_http,
    queries_of_socket,
)

FLOOR = "bare view, one row"
FORM, API, SOCKET = "form of the page", "JSON API", "socket"
TIMES_THE_FLOOR = 3.0
QUERIES = 8
"""What sending may cost in the database."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    runs: int = 5
    messages: int = 300
    warm_up: int = 30


async def measure(way: HttpWay | SocketWay, server: Server, plan: Plan) -> dict[str, float]:
    """One message after the other: the next one goes when the last one is answered."""
    once = await way.open(server)
    for _ in range(plan.warm_up):
        await once()
    waits = []
    cpu = server.cpu_seconds()
    for _ in range(plan.messages):
        began = time.perf_counter()
        await once()
        waits.append((time.perf_counter() - began) * 1e3)
    used = server.cpu_seconds() - cpu
    return {
        "cpu_ms_per_message": used / plan.messages * 1e3,
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
    }


async def compare(
    ways: dict[str, HttpWay | SocketWay], plan: Plan
) -> dict[str, list[dict[str, float]]]:
    """All ways in turn, on two servers that run side by side on the same core."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    bare = "exec python -m bench.peers.stock"
    settings = {"DJANGO_SETTINGS_MODULE": "bench.peers.stock.settings"}
    with make_server(OURS, {}) as ours, Server(FLOOR, bare, settings) as floor:
        for name in alternating(list(ways), plan.runs):
            server = floor if name == FLOOR else ours
            found[name].append(await measure(ways[name], server, plan))
    return found


def goals(rows: list[Row]) -> list[Goal]:
    """At most three times the floor, in processor time and in waiting."""
    floor = next(row for row in rows if row["case"] == FLOOR)
    answer = []
    for row in rows:
        if row is floor:
            continue
        for figure, words in (("cpu_ms_per_message", "CPU per message"), ("p50_ms", "p50")):
            value = ratio(float(row[figure]), float(floor[figure]))
            answer.append(Goal(f"{words}, {row['case']} / bare view", value, TIMES_THE_FLOOR))
        answer.append(Goal(f"queries, {row['case']}", float(row["queries"]), QUERIES))
    return answer


def run() -> Result:
    """Form, API, socket and the floor."""
    plan = Plan(runs=1, messages=20, warm_up=5) if "QUICK" in os.environ else Plan()
    make_stock_table()
    scene = make_scene(2)
    form, api = form_way(scene), api_way(scene)
    ways: dict[str, HttpWay | SocketWay] = {
        FLOOR: floor_way(),
        SOCKET: SocketWay(SuiteDialect(scene.host_token, scene.conversation)),
        API: api,
        FORM: form,
    }
    queries = {
        FLOOR: 1,
        SOCKET: queries_of_socket(scene),
        API: queries_of_http(api),
        FORM: queries_of_http(form),
    }
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(compare(ways, plan))
    rows: list[Row] = [
        {"case": name, "queries": queries[name], **median_row(runs), "runs": len(runs)}
        for name, runs in found.items()
    ]
    return Result("send", rows, goals(rows))
