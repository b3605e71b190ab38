"""Telling of attempts that were refused: what keeps them (the app `audit`) listens.

An action that refuses undoes its transaction, so whoever answers the person (a middleware, the
API, a socket, the admin) tells of it afterwards. Nothing is done or counted where nothing is
refused.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from core.errors import NotAllowed

refused = Signal()
"""``actor`` is the person, None where nobody was signed in; ``attempt`` an `Attempt`."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What was tried. Names and ids only, never what somebody typed.

    ``action`` is the way in: ``PATCH api:room``, ``frame message.send``, ``sign in``. ``reason``
    is the code of the refusal, ``permission`` the one that was missing, ``subject`` what it was
    about (``room:<id>``), ``clue`` a digest that tells attempts apart.
    """

    action: str
    reason: str
    permission: str = ""
    subject: str = ""
    clue: str = ""


def tell(actor: Any, attempt: Attempt) -> None:
    """Let it be kept. A failure of that is logged and never changes the answer."""
    person = actor if getattr(actor, "pk", None) is not None else None
    refused.send_robust(sender=Attempt, actor=person, attempt=attempt)


def tell_of_request(request: HttpRequest, error: BaseException | None, reason: str = "") -> None:
    """A request was refused, with this error if there is one."""
    match = request.resolver_match
    action = f"{request.method} {match.view_name if match else 'unknown'}"
    subject = _named(match.kwargs if match else {})
    tell(request.user, attempt_of(action, error, reason, subject))


def tell_of_frame(actor: Any, frame_type: str, error: NotAllowed) -> None:
    """A socket's frame was refused."""
    tell(actor, attempt_of(f"frame {frame_type}", error))


def tell_of_token() -> None:
    """A socket was opened with a token that is none, or none any more."""
    tell(None, Attempt(action="open a socket", reason="invalid_token"))


def attempt_of(
    action: str, error: BaseException | None, reason: str = "", subject: str = ""
) -> Attempt:
    """The attempt that ended with this error; what the error itself names counts more."""
    if isinstance(error, NotAllowed):
        return Attempt(
            action=action,
            reason=reason or error.code,
            permission=error.permission,
            subject=error.subject or subject,
        )
    return Attempt(action=action, reason=reason or NotAllowed.code, subject=subject)


def clue(text: str) -> str:
    """Sixteen hex digits that tell texts apart; without the server's key they tell nothing."""
    digest = salted_hmac("core.refusals", text, secret=settings.SECRET_KEY, algorithm="sha256")
    return digest.hexdigest()[:16]


def _named(kwargs: dict[str, Any]) -> str:
    """The object that an address names: ``room:<id>`` for ``rooms/<uuid:room_id>/``."""
    for name, value in kwargs.items():
        if isinstance(value, UUID):
            return f"{name.removesuffix('_id')}:{value}"
    return ""
