"""Who is asking, from where: kept for the length of a request, read by `core.publish`."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from core.addresses import address_of_request, address_of_scope


@dataclass(frozen=True)
class Origin:
    """Where an action came from. All empty for commands and background work.

    ``at`` says when it happened, if that is not now: for what is told afterwards.
    """

    ip: str | None = None
    user_agent: str = ""
    session: str = ""
    at: datetime | None = None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current_origin() -> Origin:
    """The origin of the running request or socket frame."""
    return _origin.get() or Origin()


@contextmanager
def acting_from(origin: Origin) -> Iterator[None]:
    """Events recorded inside carry this origin."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def come_by(session: str) -> None:
    """The running request came by this session or token, as found out on the way."""
    _origin.set(replace(current_origin(), session=session))


def session_digest(session_key: str | None) -> str:
    """Sixteen hex digits that tell sessions apart without giving the key away.

    For an API token the key is the digest that is stored of it.
    """
    if not session_key:
        return ""
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def origin_of_request(request: HttpRequest) -> Origin:
    """The client's address as core.addresses tells it, its browser and session."""
    return Origin(
        ip=address_of_request(request),
        user_agent=request.META.get("HTTP_USER_AGENT", "")[:255],
        session=session_digest(request.session.session_key),
    )


def origin_of_scope(scope: dict[str, Any], session: str) -> Origin:
    """The same for a socket; ``session`` is the digest of what it was opened with."""
    headers = dict(scope.get("headers", []))
    return Origin(
        ip=address_of_scope(scope),
        user_agent=headers.get(b"user-agent", b"").decode("latin-1")[:255],
        session=session,
    )


def page(request: HttpRequest) -> dict[str, Any]:
    """Template context of every page: the theme that was chosen, if any."""
    theme = request.COOKIES.get("theme", "")
    return {"theme": theme if theme in {"suite-light", "suite-dark"} else ""}
