"""A client's address and scheme are believed from trusted proxies only."""

import logging
from io import BytesIO
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory
from pytest_django import Settings

from accounts.actions.tokens import create_api_token
from accounts.models import User
from consultsuite.asgi import application
from core.addresses import ForwardedHeaders, address_of_request, address_of_scope, neighbourhood
from core.context import current_origin
from core.database import in_database
from core.models import Event
from rooms.models import Room
from tests.sockets import COMMITTED, SECONDS, Socket, sent

PROXY = "10.0.0.7"


@pytest.fixture
def proxies(settings: Settings) -> None:
    """Two networks are trusted."""
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")]


async def seen(
    peer: str | None, *headers: tuple[str, str], kind: str = "http", scheme: str = "http"
) -> dict[str, Any]:
    """The scope as the application behind sees it."""
    scopes = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    scope = {
        "type": kind,
        "scheme": scheme,
        "client": (peer, 5000) if peer is not None else None,
        "headers": [(b"host", b"testserver"), *((n.encode(), v.encode()) for n, v in headers)],
    }
    await ForwardedHeaders(behind)(scope, None, None)
    return dict(scopes[0])


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "203.0.113.9, 10.1.1.1", "203.0.113.9"),
        (PROXY, "1.1.1.1, 203.0.113.9, 10.1.1.1,10.2.2.2", "203.0.113.9"),
        (PROXY, "203.0.113.9:4711", "203.0.113.9"),
        (PROXY, "[2001:db8:2::9]:4711", "2001:db8:2::9"),
        (PROXY, "2001:DB8:2:0::9, 2001:db8:1::1", "2001:db8:2::9"),
        (PROXY, "::ffff:203.0.113.9", "203.0.113.9"),
        ("::ffff:10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("2001:db8:1::5", "203.0.113.9", "203.0.113.9"),
        # A client inside the trusted network.
        (PROXY, "10.9.9.9", "10.9.9.9"),
        # Nonsense, at the place that would be read: the peer.
        (PROXY, "unknown", PROXY),
        (PROXY, "203.0.113.9, unknown", PROXY),
        (PROXY, "203.0.113.9,", PROXY),
        (PROXY, "", PROXY),
        (PROXY, "<script>", PROXY),
        (PROXY, "203.0.113.999", PROXY),
        # Nonsense beyond the first untrusted hop is whatever a stranger wrote.
        (PROXY, "unknown, 203.0.113.9", "203.0.113.9"),
        # Nobody who is not trusted is believed.
        ("198.51.100.4", "203.0.113.9", "198.51.100.4"),
        ("2001:db8:2::5", "203.0.113.9", "2001:db8:2::5"),
        (None, "203.0.113.9", None),
        ("", "203.0.113.9", None),
        ("not-an-address", "203.0.113.9", None),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_client(peer: str | None, forwarded: str, client: str | None, kind: str) -> None:
    scope = await seen(peer, ("x-forwarded-for", forwarded), kind=kind)
    assert address_of_scope(scope) == client
    assert scope["headers"] == [(b"host", b"testserver")]


@pytest.mark.usefixtures("proxies")
async def test_several_header_lines_are_one_list() -> None:
    lines = [("x-forwarded-for", "203.0.113.9"), ("X-Forwarded-For", "198.51.100.4, 10.0.0.2")]
    assert address_of_scope(await seen(PROXY, *lines)) == "198.51.100.4"


@pytest.mark.usefixtures("proxies")
async def test_a_long_list_is_read_to_its_twentieth_place() -> None:
    trusted = ", ".join(["10.0.0.1"] * 5000)
    scope = await seen(PROXY, ("x-forwarded-for", f"203.0.113.9, {trusted}"))
    assert address_of_scope(scope) == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "proto", "kind", "scheme"),
    [
        (PROXY, "https", "http", "https"),
        (PROXY, "HTTPS", "http", "https"),
        (PROXY, "https", "websocket", "wss"),
        (PROXY, "http", "websocket", "ws"),
        (PROXY, "https, http", "http", "first"),
        (PROXY, "gopher", "http", "first"),
        ("198.51.100.4", "https", "http", "first"),
        ("198.51.100.4", "https", "websocket", "first"),
    ],
)
@pytest.mark.usefixtures("proxies")
async def test_scheme(peer: str, proto: str, kind: str, scheme: str) -> None:
    assert (await seen(peer, ("x-forwarded-proto", proto), kind=kind, scheme="first"))[
        "scheme"
    ] == scheme


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize("peer", [PROXY, "198.51.100.4"])
@pytest.mark.parametrize(
    "name",
    ["Forwarded", "X-Forwarded-Host", "X-Real-IP", "x_forwarded_for", "X-Forwarded_Proto"],
)
async def test_no_forwarded_header_goes_on(peer: str, name: str) -> None:
    scope = await seen(peer, (name, "203.0.113.9"), ("x-custom", "stays"))
    assert scope["headers"] == [(b"host", b"testserver"), (b"x-custom", b"stays")]


async def test_nobody_is_trusted_by_default(caplog: pytest.LogCaptureFixture) -> None:
    async def behind(scope: Any, receive: Any, send: Any) -> None:
        assert address_of_scope(scope) == "127.0.0.1"

    front = ForwardedHeaders(behind)
    scope = {
        "type": "http",
        "client": ("127.0.0.1", 1),
        "headers": [(b"x-forwarded-for", b"203.0.113.9")],
    }
    with caplog.at_level(logging.WARNING):
        await front(scope, None, None)
        await front(scope, None, None)
    assert caplog.messages == ["127.0.0.1 sends forwarded headers and is not in TRUSTED_PROXIES."]


async def test_lifespan_passes() -> None:
    passed = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope)

    await ForwardedHeaders(behind)({"type": "lifespan"}, None, None)
    assert passed == [{"type": "lifespan"}]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:2:3:4:5:6:7", "2001:db8:2:3::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", ""),
        (None, ""),
        ("nonsense", ""),
    ],
)
def test_what_a_limit_counts(address: str | None, counted: str) -> None:
    assert neighbourhood(address) == counted


def test_a_request_without_an_address() -> None:
    assert address_of_request(RequestFactory().get("/", REMOTE_ADDR="")) is None
    assert address_of_request(RequestFactory().get("/")) == "127.0.0.1"
    assert current_origin().ip is None


# The whole application ----------------------------------------------------------------------


@COMMITTED
@pytest.mark.usefixtures("proxies")
async def test_events_of_a_socket_carry_the_clients_address(client_user: User, room: Room) -> None:
    token, _ = await in_database(create_api_token, actor=client_user, user=client_user)
    socket = Socket(
        application,
        "/ws/",
        headers=[(b"x-forwarded-for", b"203.0.113.9")],
        subprotocols=[f"token.{token}"],
    )
    socket.scope["client"] = (PROXY, 1)
    assert (await socket.connect(SECONDS))[0]
    await sent(socket, room, "From afar.")
    await socket.disconnect(timeout=SECONDS)
    event = await in_database(Event.objects.get, name="MessageSent", actor=client_user)
    assert event.ip == "203.0.113.9"


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("peer", "is_secure"), [(PROXY, True), ("198.51.100.4", False)], ids=["trusted", "stranger"]
)
async def test_django_takes_the_scheme(peer: str, is_secure: bool) -> None:
    scope = await seen(peer, ("x-forwarded-proto", "https"))
    request = ASGIRequest(scope | {"path": "/", "method": "GET"}, BytesIO())
    assert request.is_secure() is is_secure
    assert request.META["REMOTE_ADDR"] == peer


def test_the_server_in_front_believes_no_header() -> None:
    assert "proxy_headers=False," in (settings.BASE_DIR / "consultsuite/web.py").read_text()
