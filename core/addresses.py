"""Where a request or socket comes from, when it may have come through proxies.

`ForwardedHeaders` stands outermost in the ASGI application: behind it the client and the scheme
are what they are, and no forwarded header is left that anything could believe by mistake.
"""

import logging
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

logger = logging.getLogger(__name__)

Address = IPv4Address | IPv6Address
Application = Callable[[Any, Any, Any], Awaitable[Any]]

FORWARDED = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-forwarded-scheme",
        b"x-forwarded-ssl",
        b"x-real-ip",
    }
)
MAX_HOPS = 20
"""More proxies than stand before anybody; what lies beyond them is not read."""


def address_of_request(request: HttpRequest) -> str | None:
    """The client's address in its short form; None where there is none (commands, tests)."""
    address = _parsed(request.META.get("REMOTE_ADDR", ""))
    return str(address) if address else None


def address_of_scope(scope: dict[str, Any]) -> str | None:
    """The same for a socket's ASGI scope."""
    address = _peer(scope)
    return str(address) if address else None


def neighbourhood(address: str | None) -> str:
    """What to count for a limit: the address, of IPv6 its /64, which one customer has alone."""
    parsed = _parsed(address or "")
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, 64), strict=False))
    return str(parsed or "")


class ForwardedHeaders:
    """Replaces client and scheme by what a trusted proxy says; removes all forwarded headers.

    The server in front must not believe them itself (uvicorn: `--no-proxy-headers`).
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self._warned = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Run the application with a scope that can be taken at its word."""
        if scope["type"] in {"http", "websocket"}:
            scope = self._believable(scope)
        return await self.application(scope, receive, send)

    def _believable(self, scope: dict[str, Any]) -> dict[str, Any]:
        said: dict[bytes, list[str]] = {}
        headers = []
        for name, value in scope.get("headers", ()):
            # Django reads X_Forwarded_For as X-Forwarded-For.
            plain = name.lower().replace(b"_", b"-")
            if plain in FORWARDED:
                said.setdefault(plain, []).append(value.decode("latin-1"))
            else:
                headers.append((name, value))
        if not said:
            return scope
        clean = {**scope, "headers": headers}
        peer = _peer(scope)
        if peer is None or not _is_trusted(peer):
            self._warn(peer)
            return clean
        client = _client(peer, ",".join(said.get(b"x-forwarded-for", ())))
        if client != peer:
            clean["client"] = (str(client), 0)
        scheme = ",".join(said.get(b"x-forwarded-proto", ())).strip().lower()
        if scheme in {"http", "https"}:
            clean["scheme"] = scheme.replace("http", "ws") if _is_socket(scope) else scheme
        return clean

    def _warn(self, peer: Address | None) -> None:
        """Once: behind a proxy that is not named, everybody seems to have the proxy's address."""
        if not self._warned:
            self._warned = True
            logger.warning("%s sends forwarded headers and is not in TRUSTED_PROXIES.", peer)


def _is_socket(scope: dict[str, Any]) -> bool:
    return bool(scope["type"] == "websocket")


def _peer(scope: dict[str, Any]) -> Address | None:
    client = scope.get("client")
    return _parsed(client[0]) if client else None


def _client(peer: Address, forwarded_for: str) -> Address:
    """The first address from the right that is no trusted proxy; the peer if anything is odd."""
    hops = forwarded_for.rsplit(",", MAX_HOPS)[-MAX_HOPS:]
    client = peer
    for hop in reversed(hops):
        address = _parsed(_without_port(hop.strip()))
        if address is None:
            return peer
        client = address
        if not _is_trusted(address):
            return client
    return client


def _without_port(text: str) -> str:
    """`[2001:db8::1]:443`, `192.0.2.1:443`, or a bare address."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    # A server that listens on both families shows IPv4 as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_trusted(address: Address) -> bool:
    proxies: list[IPv4Network | IPv6Network] = settings.TRUSTED_PROXIES
    return any(address in network for network in proxies)
