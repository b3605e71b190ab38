"""PostgreSQL hangs, and more people ask than can wait: a real process goes on answering."""

import asyncio
import signal
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from consultsuite.handler import REQUESTS_AT_ONCE, REQUESTS_WAITING
from tests.faults.world import signal_service
from tests.processes import Suite
from tests.sockets import becomes

pytestmark = pytest.mark.processes

ABOVE = 20


@pytest.fixture
def suite(tmp_path: Any) -> Iterator[Suite]:
    """Only one of its processes is asked."""
    suite = Suite(tmp_path)
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


async def test_a_crowd_while_the_database_hangs(suite: Suite) -> None:
    token = suite.make_room()["tokens"][0]
    web = suite.webs[0]
    async with httpx.AsyncClient(
        base_url=web.url,
        headers={"Authorization": f"Token {token}"},
        limits=httpx.Limits(max_connections=None),
        timeout=60,
        trust_env=False,
    ) as client:
        assert (await client.get("/api/rooms/")).status_code == 200
        signal_service(suite.postgres, signal.SIGSTOP)
        try:
            asking = [
                asyncio.ensure_future(client.get("/api/rooms/"))
                for _ in range(REQUESTS_AT_ONCE + REQUESTS_WAITING + ABOVE)
            ]
            await becomes(lambda: sum(task.done() for task in asking) >= ABOVE)
            for cookies in ({}, {"Cookie": f"sessionid={'a' * 32}"}):
                before = time.monotonic()
                answer = await client.get("/readyz", headers=cookies)
                assert (answer.status_code, answer.text) == (200, "ready")
                assert time.monotonic() - before < 1
        finally:
            signal_service(suite.postgres, signal.SIGCONT)
        answers = await asyncio.gather(*asking)
        refused = [answer for answer in answers if answer.status_code == 503]
        assert len(refused) >= ABOVE
        assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert (await client.get("/api/rooms/")).status_code == 200
    said = web.log.read_text()
    assert "Room for requests is away" in said
    assert "Traceback" not in said
    assert "Internal Server Error" not in said
