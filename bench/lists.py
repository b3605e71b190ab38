"""Lists and pages with 100,000 rooms and 300,000 grants: time in the database and on the server."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import uvloop
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.figures import percentile
from bench.http import HttpConnection
from bench.many_rooms import CLIENT_ROOMS, CONSULTANT_ROOMS, Many, make_many_rooms
from bench.process import Server
from bench.result import Goal, Result, Row
from bench.servers import OURS, make_server
from bench.ways import TRANSACTION, session_headers_of
from messaging.queries.inbox import Filters, listed, with_permissions
from rooms.models import Room
from rooms.queries.resources import as_seen_by
from rooms.queries.rooms import filtered_rooms

LIST_QUERIES, LIST_MS = 5, 20.0
PAGE_QUERIES = {"home": 16, "list": 16, "room": 12}
"""As in rooms/tests/test_views.py."""
PAGE_MS = 100.0
PAGE = 50
WARM_UP = 5
"""The first answers of a page fill what is compiled once."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rooms: int = 100_000
    explains: int = 20
    requests: int = 100


def lists() -> dict[str, Callable[[User], object]]:
    """The lists that start from `visible_to`, as the product reads their first page."""
    return {
        "rooms, newest first": lambda user: list(
            filtered_rooms(user).order_by("-created_at", "pk")[:PAGE]
        ),
        "rooms in the API": lambda user: list(
            as_seen_by(user, Room.objects.visible_to(user)).order_by("-created_at", "-pk")[:PAGE]
        ),
        "rooms that are live": lambda user: list(
            filtered_rooms(user, status="active").order_by("-created_at", "pk")[:PAGE]
        ),
        "number of rooms": lambda user: filtered_rooms(user).count(),
        "conversations in the API": lambda user: list(
            with_permissions(user, listed(user, Filters())).order_by("-at", "-pk")[:PAGE]
        ),
    }


def statements(read: Callable[[], object]) -> list[str]:
    """The SQL that reading runs."""
    with CaptureQueriesContext(connection) as captured:
        read()
    texts = [query["sql"] for query in captured.captured_queries]
    return [text for text in texts if not text.startswith(TRANSACTION)]


def database_ms(texts: list[str], times: int) -> list[float]:
    """How long PostgreSQL itself takes for all of them, each time: planning and execution."""
    totals = []
    with connection.cursor() as cursor:
        for _ in range(times):
            total = 0.0
            for text in texts:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}")
                (plan,) = cursor.fetchone()
                (found,) = json.loads(plan) if isinstance(plan, str) else plan
                total += found["Planning Time"] + found["Execution Time"]
            totals.append(total)
    return totals


def list_rows(who: dict[str, User], plan: Plan) -> list[Row]:
    """Each list as each person."""
    rows: list[Row] = []
    for words, read in lists().items():
        for name, user in who.items():
            texts = statements(lambda read=read, user=user: read(user))  # type: ignore[misc]
            times = database_ms(texts, plan.explains)
            rows.append(
                {
                    "case": f"{words}, {name}",
                    "queries": len(texts),
                    "database_p50_ms": percentile(times, 0.5),
                    "database_p95_ms": percentile(times, 0.95),
                }
            )
    return rows


async def page_ms(
    server: Server, headers: dict[str, str], paths: list[str], times: int
) -> list[float]:
    """How long the server takes to answer, one request after the other."""
    connected = await HttpConnection.open(server.port)
    waits = []
    for number in range(times + WARM_UP):
        began = time.perf_counter()
        await connected.request("GET", paths[number % len(paths)], headers)
        waits.append((time.perf_counter() - began) * 1e3)
    connected.close()
    return waits[WARM_UP:]


def page_queries(user: User, path: str) -> int:
    """Statements of one page, transaction control aside."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get(path)
    return len(statements(lambda: client.get(path)))


def page_rows(who: dict[str, User], plan: Plan) -> list[Row]:
    """Home, list and room as each person."""
    cases = []
    for name, user in who.items():
        rooms = Room.objects.visible_to(user).order_by("-created_at")[:5]
        paths = {
            "home": ["/"],
            "list": ["/rooms/"],
            "room": [f"/rooms/{room.pk}/" for room in rooms],
        }
        cases += [(name, user, kind, addresses) for kind, addresses in paths.items()]
    rows: list[Row] = []
    with make_server(OURS, {}) as server:
        for name, user, kind, addresses in cases:
            queries = page_queries(user, addresses[0])
            headers = session_headers_of(user)
            times = uvloop.run(page_ms(server, headers, addresses, plan.requests))
            rows.append(
                {
                    "case": f"{kind} page, {name}",
                    "page": kind,
                    "queries": queries,
                    "server_p50_ms": percentile(times, 0.5),
                    "server_p95_ms": percentile(times, 0.95),
                }
            )
    return rows


def goals(lists: list[Row], pages: list[Row]) -> list[Goal]:
    """The worst of each kind decides."""
    return [
        Goal("queries of a list, the most", max(float(r["queries"]) for r in lists), LIST_QUERIES),
        Goal(
            "database p95 of a list, ms, the slowest",
            max(float(row["database_p95_ms"]) for row in lists),
            LIST_MS,
        ),
        *(
            Goal(
                f"queries of the {kind} page, the most",
                max(float(row["queries"]) for row in pages if row["page"] == kind),
                limit,
            )
            for kind, limit in PAGE_QUERIES.items()
        ),
        Goal(
            "server p95 of a page, ms, the slowest",
            max(float(row["server_p95_ms"]) for row in pages),
            PAGE_MS,
        ),
    ]


def run() -> Result:
    """As a consultant with 2,000 rooms and a client with 45."""
    quick = Plan(rooms=3_000, explains=3, requests=5)
    plan = quick if "QUICK" in os.environ else Plan()
    many: Many = make_many_rooms(plan.rooms)
    who = {
        f"consultant with {CONSULTANT_ROOMS:,} rooms": many.consultant,
        f"client with {CLIENT_ROOMS} rooms": many.client,
    }
    size: Row = {"case": "size", "rooms": many.rooms, "grants_on_rooms": many.grants}
    found, pages = list_rows(who, plan), page_rows(who, plan)
    return Result("lists", [size, *found, *pages], goals(found, pages))
