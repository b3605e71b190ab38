"""A request that is too large is refused before it is kept anywhere."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref import testing
from django.test import Client
from pytest_django import Settings

from consultsuite.asgi import application
from tests.sockets import COMMITTED, SECONDS

Exchange: Any = testing.ApplicationCommunicator


@pytest.fixture(autouse=True)
def small(settings: Settings) -> None:
    """Ten thousand bytes are too many."""
    settings.MAX_REQUEST_BYTES = 9_999


async def answer(path: str, parts: list[bytes], length: bytes | None) -> tuple[int, Any, bytes]:
    """Status, headers and body; parts that nobody asks for stay unsent."""
    headers = [(b"host", b"testserver"), (b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", length))
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 1),
        "headers": headers,
    }
    exchange = Exchange(application, scope)
    for place, part in enumerate(parts, start=1):
        more = place < len(parts)
        await exchange.send_input({"type": "http.request", "body": part, "more_body": more})
    start = await exchange.receive_output(SECONDS)
    body = b"".join([part async for part in _body(exchange)])
    await exchange.wait(SECONDS)
    return start["status"], dict(start["headers"]), body


async def _body(exchange: Any) -> AsyncIterator[bytes]:
    while True:
        message = await exchange.receive_output(SECONDS)
        yield message["body"]
        if not message.get("more_body"):
            return


@COMMITTED
@pytest.mark.parametrize(
    ("parts", "length"),
    [
        ([b""], b"10000"),
        ([b"x" * 6_000] * 2, None),
        ([b"x" * 6_000] * 2, b"100"),
        ([b""], b"many"),
    ],
    ids=["announced", "in parts", "more than announced", "nonsense"],
)
async def test_too_large(parts: list[bytes], length: bytes | None) -> None:
    status, headers, body = await answer("/api/auth/signin/", parts, length)
    assert (status, headers[b"Content-Type"]) == (413, b"application/problem+json")
    assert b"too large" in body
    assert b"Content-Security-Policy" in headers
    status, headers, body = await answer("/accounts/login/", parts, length)
    assert status == 413
    assert b"Error 413" in body
    assert headers[b"Connection"] == b"close"


@COMMITTED
async def test_small_enough() -> None:
    status, _, body = await answer("/api/auth/signin/", [b"{", b" " * 9_997, b"}"], b"9999")
    assert status == 400
    assert b"Some fields are not valid" in body


@COMMITTED
async def test_where_files_are_shared_more_is_taken(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 11_999
    for size, expected in ((10_000, 401), (12_000, 413)):
        status, _, _ = await answer("/api/files/upload/", [b"x" * size], b"%d" % size)
        assert status == expected


@pytest.mark.django_db
@pytest.mark.parametrize("opening", ['{"a":', "["])
@pytest.mark.parametrize("depth", [900, 5_000, 100_000])
def test_deep_json_is_malformed(opening: str, depth: int) -> None:
    answer = Client().post("/api/auth/signin/", opening * depth, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.django_db
def test_many_fields_are_refused(client: Client) -> None:
    fields = {f"field{number}": "x" for number in range(600)}
    assert client.post("/accounts/login/", fields).status_code == 400
