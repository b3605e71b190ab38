"""Who is behind a socket: the session cookie, or the subprotocol ``token.<token>``."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Any, Protocol, TypeVar
from uuid import UUID

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user,
    get_user_model,
)
from django.contrib.sessions.models import Session
from django.dispatch import Signal
from django.http import HttpRequest, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from knox.crypto import hash_token
from knox.models import get_token_model

from core.context import session_digest
from core.database import ask
from core.permissions import lacks_second_factor
from core.rows import columns, instances

Application = Callable[[Any, Any, Any], Awaitable[Any]]

PREFIX = "token."

token_used = Signal()
"""``token`` is the row of a token that was used, and not noted as used for five minutes."""

USED_EVERY = timedelta(minutes=5)
"""How exactly it is kept when a token was used last: a write at every use would be dear."""


@dataclass(frozen=True)
class Holder:
    """Who holds credentials that work, and what these let a program do."""

    person: Any
    may_write: bool = True


@dataclass(frozen=True)
class Credentials:
    """What a socket was opened with; asked again at every frame, as it may end meanwhile."""

    session_key: str = ""
    token: str = ""

    @property
    def digest(self) -> str:
        """Tells sessions and tokens apart in events without giving them away."""
        return session_digest(hash_token(self.token) if self.token else self.session_key)

    def holder(self) -> Holder | None:
        """The active person, with what the credentials allow, or None. Blocking.

        None too for who lacks a second factor that they must have: they may nothing anyway.
        One query for a token, two for a session.
        """
        if not self.token:
            user = _person_of_session(self.session_key)
            return Holder(user) if user and not lacks_second_factor(user) else None
        row = live_token(self.token)
        if row is None or lacks_second_factor(row.user):
            return None
        return Holder(row.user, row.may_write)


def live_token(token: str) -> Any:
    """The row of a token that works, with its person, or None. One query.

    Found by its hash, of which an index tells nothing: knox itself would read every other token
    of the person too, at every use.
    """
    if not token.isascii():
        return None
    row = _token_of(hash_token(token))
    now = timezone.now()
    if row is None or not row.user.is_active or (row.expiry and row.expiry < now):
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        token_used.send(sender=type(row), token=row)
    return row


def _token_of(digest: str) -> Any:
    """The row with its person, expired or not. Asked at every frame and request of a program."""
    tokens, people = get_token_model(), get_user_model()
    found = ask(
        f"SELECT {columns(tokens, 'token')}, {columns(people, 'person')} "  # noqa: S608 - names
        f"FROM {tokens._meta.db_table} token "
        f"JOIN {people._meta.db_table} person ON person.id = token.user_id "
        "WHERE token.digest = %s",
        [digest],
    )
    if found is None:
        return None
    row, row.user = instances(found, tokens, people)
    return row


class SocketAuthentication:
    """Puts the credentials into the scope: a token, or a session from a page of ours.

    A browser always sends Origin and cookies, also for other sites' pages, so the cookie needs
    the check; a token is never sent by a browser on its own. Channels' own session and
    authentication middleware is not used: it looks the person up in the one thread that all
    sockets of a process share, and wraps every send.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Run the consumer with ``scope["credentials"]``."""
        protocol = next((p for p in scope.get("subprotocols", ()) if p.startswith(PREFIX)), None)
        if protocol is None:
            return await self._by_session(scope, receive, send)
        credentials = Credentials(token=protocol.removeprefix(PREFIX))
        return await self.application(
            {**scope, "credentials": credentials, "token_protocol": protocol}, receive, send
        )

    async def _by_session(self, scope: Any, receive: Any, send: Any) -> Any:
        if not _is_from_own_page(scope):
            return await WebsocketDenier()(scope, receive, send)
        credentials = Credentials(session_key=_session_key(scope))
        return await self.application({**scope, "credentials": credentials}, receive, send)


def _is_from_own_page(scope: Any) -> bool:
    """Whether Origin is ours with scheme and port, by the rule that Django has for forms.

    That is PUBLIC_URL, or the very address at which the socket is opened, if its host is one of
    ALLOWED_HOSTS: another site on another port of the same host is another site.
    """
    headers = dict(scope.get("headers", ()))
    origin = headers.get(b"origin", b"").decode("latin-1")
    if origin == settings.PUBLIC_URL:
        return True
    host = headers.get(b"host", b"").decode("latin-1")
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    name, _ = split_domain_port(host)
    return validate_host(name, settings.ALLOWED_HOSTS) and origin == f"{scheme}://{host}"


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
    # Of a thousand people no more than what says that a session is still theirs.
    active = get_user_model()._default_manager.filter(is_active=True).only("password")
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
    tokens = get_token_model().objects.filter(digest__in=digests)
    tokens = tokens.exclude(expiry__lt=timezone.now())
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
    user = person_of_session(request)
    return user if user.is_authenticated and user.is_active else None


def person_of_session(request: HttpRequest) -> Any:
    """The person signed in with the request's session, or Django's AnonymousUser. Blocking.

    What is as it should be comes with the session, in one query. Whatever is not (a changed
    password, a rotated secret, nobody at all) is left to Django.
    """
    session = request.session
    key = session.get(SESSION_KEY)  # reads the session
    person = getattr(session, "person", None)
    if (
        person is not None
        and person.is_active
        and str(person.pk) == key
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    ):
        return person
    return get_user(request)
