"""Passwords are changed, and whoever knew the old one is gone."""

from django.db import transaction

from accounts.actions.sessions import end_other_sessions
from accounts.actions.takeover import forget_who_began
from accounts.actions.tokens import revoke_token
from accounts.events import PasswordChanged
from accounts.models import ApiToken, User
from core.errors import NotAllowed
from core.publish import record


@transaction.atomic
def change_password(
    *, actor: User, user: User, password: str, keep_session: str | None = None
) -> None:
    """Give the person another password, which the caller has validated.

    Their API tokens are revoked, and their sessions end but the one with the key
    ``keep_session``. Before the address is confirmed only a reset leads here, and its link proves
    the address: whoever began the account is gone. Records `ApiTokenRevoked`, `SessionEnded`,
    `PasswordChanged` and what `forget_who_began` does; raises `NotAllowed` for another person's.
    """
    if actor.pk != user.pk:
        raise NotAllowed
    forget_who_began(actor=user)
    user.set_password(password)
    user.save(update_fields=["password"])
    for token in ApiToken.objects.filter(user=user):
        revoke_token(actor=actor, token=token)
    end_other_sessions(actor=actor, user=user, keep=keep_session)
    record(PasswordChanged(user_id=user.pk), stream=user.stream, actor=actor)
