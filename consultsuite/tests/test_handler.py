"""Requests on their way through the handler, with views that show what it does."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from pytest_django import Settings

from consultsuite.handler import REQUESTS_AT_ONCE, OneVisitHandler
from tests.sockets import COMMITTED

SECONDS = 10

both = threading.Barrier(2)
let_go = threading.Event()
told: list[str] = []
opened: list[io.BytesIO] = []
LARGE = 4_000_000


def echo(request: HttpRequest) -> HttpResponse:
    """What was sent."""
    return HttpResponse(request.body)


def meet(request: HttpRequest) -> HttpResponse:
    """Answers when another request has come here too."""
    both.wait(SECONDS)
    return HttpResponse(threading.current_thread().name)


def endless(request: HttpRequest) -> StreamingHttpResponse:
    """Never comes to its end by itself."""

    async def lines() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"line\n"
                await asyncio.sleep(0.01)
        finally:
            told.append("closed")

    return StreamingHttpResponse(lines())


def broken(request: HttpRequest) -> StreamingHttpResponse:
    """Fails while it is read."""

    async def numbers() -> AsyncIterator[str]:
        for number in (1, 0):
            yield str(1 // number)

    return StreamingHttpResponse(numbers())


def file(request: HttpRequest) -> FileResponse:
    """200 kB of a file."""
    return FileResponse(io.BytesIO(b"x" * 200_000))


def large(request: HttpRequest) -> FileResponse:
    """Several megabytes of a file."""
    opened.append(io.BytesIO(bytes(LARGE)))
    return FileResponse(opened[-1])


def wait(request: HttpRequest) -> HttpResponse:
    """Answers when it is let go."""
    let_go.wait(SECONDS)
    return HttpResponse("done")


def readyz(request: HttpRequest) -> HttpResponse:
    """Says whether it was given the cookies of the request."""
    return HttpResponse(str(bool(request.COOKIES)))


def healthz(request: HttpRequest) -> HttpResponse:
    """The same, in a thread that may wait."""
    return HttpResponse(f"{bool(request.COOKIES)} {threading.current_thread().name}")


def ask(request: HttpRequest) -> HttpResponse:
    """Uses the database; says whether a connection was left over from an earlier request."""
    left = connection.connection is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse(str(left))


urlpatterns = [
    path(view.__name__, view)
    for view in (echo, meet, endless, broken, file, large, wait, readyz, healthz, ask)
]
handler500 = "core.views.server_error"


@pytest.fixture(autouse=True)
def these_views(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    told.clear()
    let_go.clear()


class Exchange:
    """A request for one of the views, and what is answered."""

    def __init__(
        self, name: str, handler: OneVisitHandler | None = None, *, holds: int = 0
    ) -> None:
        """``holds``: so many messages may wait to be heard; 0 is any number."""
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/{name}",
            "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"cookie", b"sessionid=x")],
        }
        self.messages = 0
        """In which the body came."""
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue(holds)
        self.task: asyncio.Task[None] = asyncio.ensure_future(
            (handler or OneVisitHandler())(scope, self.said.get, self.heard.put)
        )

    def say(self, part: bytes = b"", *, more: bool = False) -> None:
        """Send a part of the body."""
        self.said.put_nowait({"type": "http.request", "body": part, "more_body": more})

    async def leave(self) -> None:
        """Close the connection, and wait until the server has noticed."""
        self.said.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(self.task, SECONDS)

    async def hear(self) -> dict[str, Any]:
        """The next message of the server; raises what the application raised."""
        hearing = asyncio.ensure_future(self.heard.get())
        await asyncio.wait(
            (hearing, self.task), timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if not hearing.done():
            hearing.cancel()
            self.task.result()
        return await hearing

    async def body(self) -> bytes:
        """The whole answer."""
        assert (await self.hear())["status"] == 200
        body: bytes = b""
        while True:
            message = await self.hear()
            self.messages += 1
            body += message.get("body", b"")
            if not message.get("more_body"):
                await asyncio.wait_for(self.task, SECONDS)
                return body


async def test_a_body_comes_whole() -> None:
    exchange = Exchange("echo")
    exchange.say(b"one, ", more=True)
    exchange.say(b"two")
    assert await exchange.body() == b"one, two"


async def test_requests_run_side_by_side_in_threads_that_stay() -> None:
    for _ in range(2):
        exchanges = [Exchange("meet"), Exchange("meet")]
        for exchange in exchanges:
            exchange.say()
        names = {await exchange.body() for exchange in exchanges}
        assert len(names) == 2
        assert all(name.startswith(b"requests") for name in names)


async def test_who_comes_when_too_many_wait_is_told_to_come_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MIDDLEWARE = ["core.middleware.CrowdedMiddleware"]
    monkeypatch.setattr("consultsuite.handler.REQUESTS_WAITING", 3)
    shared = OneVisitHandler()

    def begin(name: str) -> Exchange:
        exchange = Exchange(name, shared)
        exchange.say()
        return exchange

    inside = [begin("wait") for _ in range(REQUESTS_AT_ONCE + 3)]
    await asyncio.sleep(0)  # they are under way before who comes now
    for _ in range(2):
        start = await begin("echo").hear()
        assert start["status"] == 503
        assert (b"Retry-After", b"5") in start["headers"]
    # Whoever asks whether the process answers is answered, and needs no session for it.
    assert await begin("readyz").body() == b"False"
    let_go.set()
    assert {await exchange.body() for exchange in inside} == {b"done"}
    assert await begin("echo").body() == b""
    assert [record.getMessage().split(" (")[0].split(" after")[0] for record in caplog.records] == [
        "Room for requests is away",
        "Room for requests is back",
    ]


async def test_monitoring_hears_of_the_database_whoever_asks() -> None:
    """A session that cannot be read is an error page, and no list of the parts."""
    exchange = Exchange("healthz")
    exchange.say()
    assert (await exchange.body()).startswith(b"False requests")


@COMMITTED
async def test_a_request_gives_its_connection_back() -> None:
    for _ in range(3):
        exchange = Exchange("ask")
        exchange.say()
        assert await exchange.body() == b"False"


async def test_the_signals_of_a_request_are_sent_once() -> None:
    def begun(**_: Any) -> None:
        told.append("begun")

    def ended(**_: Any) -> None:
        told.append("ended")

    request_started.connect(begun)
    request_finished.connect(ended)
    try:
        exchange = Exchange("echo")
        exchange.say()
        await exchange.body()
    finally:
        request_started.disconnect(begun)
        request_finished.disconnect(ended)
    assert told == ["begun", "ended"]


async def test_who_leaves_in_the_middle_of_the_body_gets_no_answer() -> None:
    exchange = Exchange("echo")
    exchange.say(b"half", more=True)
    await exchange.leave()
    assert exchange.heard.empty()


async def test_what_is_read_bit_by_bit_ends_when_nobody_listens() -> None:
    exchange = Exchange("endless")
    exchange.say()
    await exchange.hear()
    assert (await exchange.hear())["body"] == b"line\n"
    assert told == []
    await exchange.leave()
    assert told == ["closed"]


async def test_a_file_is_sent_in_large_pieces() -> None:
    exchange = Exchange("file")
    exchange.say()
    assert len(await exchange.body()) == 200_000
    assert exchange.messages <= 6


async def test_a_file_is_read_as_it_is_sent() -> None:
    exchange = Exchange("large", holds=1)
    exchange.say()
    await exchange.hear()
    await exchange.hear()
    assert 0 < opened[-1].tell() <= LARGE / 10
    await exchange.leave()
    assert opened[-1].closed


async def test_what_cannot_be_read_is_logged_by_the_server() -> None:
    exchange = Exchange("broken")
    exchange.say()
    with pytest.raises(ZeroDivisionError):
        await exchange.body()
