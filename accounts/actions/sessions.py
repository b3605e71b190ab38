"""Sessions in browsers: they end, here or from elsewhere, and are seen in between.

Every session of a signed-in person has a row of allauth's (`UserSession`): device, address,
times. The session itself is the row of Django's; without it the other says nothing any more.
"""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts.events import SessionEnded, SignedOut
from accounts.models import User
from accounts.queries import ended_sessions
from core.context import session_digest
from core.permissions import require
from core.publish import record

NO_ADDRESS = "0.0.0.0"  # noqa: S104 - nothing listens there
"""Where a session came from if nobody knows: its row needs an address."""


@transaction.atomic
def end_session(*, actor: User, session: UserSession) -> None:
    """Sign a browser out from elsewhere; its sockets close at once. Records `SessionEnded`.

    One's own, or for administrators anybody's; raises `NotAllowed`. Ending twice changes nothing.
    """
    _require_for(actor, session.user_id)
    _end(actor, [session])


@transaction.atomic
def end_other_sessions(*, actor: User, user: User, keep: str | None = "") -> int:
    """Sign the person out everywhere but in the session with the key ``keep``; returns in how many.

    Records a `SessionEnded` for each; raises `NotAllowed`. For the person themselves, for
    administrators, and after a new password, when whoever knew the old one must be gone.
    """
    _require_for(actor, user.pk)
    sessions = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    return _end(actor, sessions.select_related("user").select_for_update(of=("self",)))


@transaction.atomic
def record_sign_out(*, actor: User, session_key: str) -> None:
    """End one's own session by signing out in it. Records `SignedOut`."""
    _forget(session_key)
    event = SignedOut(user_id=actor.pk, session=session_digest(session_key))
    record(event, stream=actor.stream, actor=actor)


def note_session_seen(*, actor: User, session_key: str, ip: str, user_agent: str) -> None:
    """Keep when and from where a session was used last, in one statement: no event.

    Also makes the row of a session that has none yet.
    """
    with transaction.atomic(savepoint=False):
        UserSession.objects.bulk_create(
            [
                UserSession(
                    user=actor,
                    session_key=session_key,
                    ip=ip,
                    user_agent=user_agent[:_USER_AGENT_LENGTH],
                )
            ],
            update_conflicts=True,
            unique_fields=["session_key"],
            update_fields=["ip", "user_agent", "last_seen_at"],
        )


@transaction.atomic
def forget_ended_sessions(*, actor: User) -> int:
    """Delete what is left of sessions that have expired or were ended; returns how many.

    Only the system user does. They ended when they ended: no event.
    """
    require(actor, "usersessions.delete_usersession")
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    number, _ = ended_sessions().delete()
    return number


_USER_AGENT_LENGTH = UserSession._meta.get_field("user_agent").max_length


def _require_for(actor: User, user_id: Any) -> None:
    if actor.pk != user_id:
        require(actor, "accounts.manage_all_users")


def _end(actor: User, sessions: Iterable[UserSession]) -> int:
    number = 0
    for session in sessions:
        if _forget(session.session_key):
            digest = session_digest(session.session_key)
            event = SessionEnded(user_id=session.user_id, session=digest)
            record(event, stream=session.user.stream, actor=actor)
            number += 1
    return number


def _forget(session_key: str) -> bool:
    """Delete the session and its row; whether there was a row."""
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()
    number, _ = UserSession.objects.filter(session_key=session_key).delete()
    return bool(number)
