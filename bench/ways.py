"""The ways a message gets to the server, as the load generator takes them.

Needs `django.setup()`: import it inside `run()` only.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.http import HttpConnection
from bench.listener import Listener, listen, marked
from bench.peers.dialects import SuiteDialect
from bench.process import Server
from bench.scene import Scene
from core.authentication import Credentials
from messaging.consumers import send

Once = Callable[[], Awaitable[None]]
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")
CSRF = "c" * 32
_NUMBERS = count()


def another() -> str:
    """The body of a message that says something else than the one before, as people's do: who
    repeats themselves is counted, which costs a round trip to Redis."""
    return marked(next(_NUMBERS) % 1_000_000)


@dataclass(frozen=True)
class HttpWay:
    """A POST with these headers."""

    path: str
    headers: Mapping[str, str]
    encode: Callable[[], bytes]

    async def open(self, server: Server) -> Once:
        """A connection to it; each call sends one message and waits for the answer."""
        connection = await HttpConnection.open(server.port)

        async def once() -> None:
            await connection.request("POST", self.path, self.headers, self.encode())

        return once


@dataclass(frozen=True)
class SocketWay:
    """``message.send`` over `/ws/`, from several sockets in turn: each may send 50 a second."""

    dialect: SuiteDialect
    sockets: int = 8

    async def open(self, server: Server) -> Once:
        """The sockets; each call sends one message and waits for its acknowledgement."""
        answered = asyncio.Event()

        def heard(frame: bytes) -> None:
            if frame.startswith(b'{"type":"ack"'):
                answered.set()
            elif frame.startswith(b'{"type":"error"'):
                raise RuntimeError(frame.decode())

        sockets: list[Listener] = [
            await listen(self.dialect, server.port, heard) for _ in range(self.sockets)
        ]

        async def once() -> None:
            answered.clear()
            sockets.append(sockets.pop(0))
            sockets[0].send(another())
            await asyncio.wait_for(answered.wait(), 10)

        return once


def session_headers_of(user: User) -> dict[str, str]:
    """What the browser of somebody signed in sends."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={CSRF}"}


def form_way(scene: Scene) -> HttpWay:
    """The composer's form, sent by htmx."""
    headers = session_headers_of(scene.host) | {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-CSRFToken": CSRF,
        "HX-Request": "true",
    }
    path = f"/conversations/{scene.conversation}/messages/"
    return HttpWay(
        path,
        headers,
        lambda: urlencode({"body": another(), "client_id": str(uuid4())}).encode(),
    )


def api_way(scene: Scene) -> HttpWay:
    """The JSON API with a token."""
    headers = {"Authorization": f"Token {scene.host_token}", "Content-Type": "application/json"}
    return HttpWay(
        f"/api/conversations/{scene.conversation}/messages/",
        headers,
        lambda: json.dumps({"body": another(), "client_id": str(uuid4())}).encode(),
    )


def floor_way() -> HttpWay:
    """The bare view."""
    return HttpWay("/insert/", {}, lambda: b"")


def queries_of_http(way: HttpWay) -> int:
    """How many statements one message costs, transaction control aside."""
    client, body = Client(), way.encode()
    headers: dict[str, Any] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in way.headers.items()
    }
    kind = str(headers.pop("HTTP_CONTENT_TYPE"))
    client.generic("POST", way.path, body, kind, **headers)  # what is looked up once only
    with CaptureQueriesContext(connection) as captured:
        answer = client.generic("POST", way.path, way.encode(), kind, **headers)
    if answer.status_code != 201:
        raise RuntimeError(f"{way.path} answered {answer.status_code}")
    return _statements(captured)


def queries_of_socket(scene: Scene) -> int:
    """The same for a frame: who sends it is looked up again for each."""
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            holder = Credentials(token=scene.host_token).holder()
            if holder is None:
                raise RuntimeError("the token of the scene does not work")
            content = json.loads(SuiteDialect("", scene.conversation).message(another()))
            send(holder.person, content)
    return _statements(captured)


def _statements(captured: CaptureQueriesContext) -> int:
    texts = [query["sql"] for query in captured.captured_queries]
    return sum(not text.startswith(TRANSACTION) for text in texts)
