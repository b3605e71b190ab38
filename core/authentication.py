"""Who is behind a socket: the session cookie, or the subprotocol ``token.<token>``."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, TypeVar
from uuid import UUID

from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user, get_user_model
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from core.context import session_digest

Application = Callable[[Any, Any, Any], Awaitable[Any]]

PREFIX = "token."


@dataclass(frozen=True)
class Credentials:
    """What a socket was opened with; asked again at every frame, as it may end meanwhile."""

    session_key: str = ""
    token: str = ""

    @property
    def digest(self) -> str:
        """Tells sessions and tokens apart in events without giving them away."""
        return session_digest(hash_token(self.token) if self.token else self.session_key)

    def person(self) -> Any:
        """The active person, or None. Blocking; two queries."""
        return _person_of_token(self.token) if self.token else _person_of_session(self.session_key)


class SocketAuthentication:
    """Puts the credentials into the scope: a token, or a session from an allowed Origin.

    A browser always sends Origin and cookies, also for other sites' pages, so the cookie needs
    the check; a token is never sent by a browser on its own. Channels' own session and
    authentication middleware is not used: it looks the person up in the one thread that all
    sockets of a process share, and wraps every send.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.by_session = AllowedHostsOriginValidator(self._by_session)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Run the consumer with ``scope["credentials"]``."""
        protocol = next((p for p in scope.get("subprotocols", ()) if p.startswith(PREFIX)), None)
        if protocol is None:
            return await self.by_session(scope, receive, send)
        credentials = Credentials(token=protocol.removeprefix(PREFIX))
        return await self.application(
            {**scope, "credentials": credentials, "token_protocol": protocol}, receive, send
        )

    async def _by_session(self, scope: Any, receive: Any, send: Any) -> Any:
        credentials = Credentials(session_key=_session_key(scope))
        return await self.application({**scope, "credentials": credentials}, receive, send)


class Connected(Protocol):
    """An open socket, as `ended` needs it."""

    user_id: UUID
    credentials: Any


Socket = TypeVar("Socket", bound=Connected)


def ended(sockets: Iterable[Socket]) -> list[Socket]:
    """Those that may not go on; three queries.

    Their session or token ended, their password changed since the session began, or their
    person was deactivated.
    """
    checked = [socket for socket in sockets if socket.credentials is not None]
    if not checked:
        return []
    active = get_user_model()._default_manager.filter(is_active=True)
    people = active.in_bulk({socket.user_id for socket in checked})
    sessions = _live_sessions({s.credentials.session_key for s in checked} - {""}, people)
    digests = {s: hash_token(s.credentials.token) for s in checked if s.credentials.token}
    tokens = _live_tokens(set(digests.values()))
    return [
        socket
        for socket in checked
        if socket.user_id not in people
        or not (
            digests[socket] in tokens
            if socket in digests
            else sessions.get(socket.credentials.session_key) == socket.user_id
        )
    ]


def _live_sessions(keys: set[str], people: Mapping[UUID, Any]) -> dict[str, UUID]:
    """Which person each session still stands for, checked as `get_user` does for a request."""
    if not keys:
        return {}
    hashes = {
        str(pk): (pk, [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()])
        for pk, user in people.items()
    }
    live = {}
    for row in Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()):
        session = row.get_decoded()
        pk, accepted = hashes.get(session.get(SESSION_KEY, ""), (None, []))
        known = session.get(HASH_SESSION_KEY, "")
        if pk is not None and any(constant_time_compare(known, each) for each in accepted):
            live[row.session_key] = pk
    return live


def _live_tokens(digests: set[str]) -> set[str]:
    if not digests:
        return set()
    tokens = AuthToken.objects.filter(digest__in=digests).exclude(expiry__lt=timezone.now())
    return set(tokens.values_list("digest", flat=True))


def _session_key(scope: dict[str, Any]) -> str:
    for name, value in scope.get("headers", ()):
        if name == b"cookie":
            cookies = parse_cookie(value.decode("latin-1"))
            if key := cookies.get(settings.SESSION_COOKIE_NAME):
                return key
    return ""


def _person_of_session(session_key: str) -> Any:
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)  # checks the session's hash: a changed password ends it
    return user if user.is_authenticated and user.is_active else None


def _person_of_token(token: str) -> Any:
    try:
        user, _ = TokenAuthentication().authenticate_credentials(token.encode())
    except (AuthenticationFailed, ValueError):
        return None
    return user
