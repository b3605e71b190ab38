"""Background work on accounts."""

from celery import shared_task

from accounts.actions import sessions, tokens
from accounts.models import User


@shared_task
def forget_ended_sessions() -> None:
    """Delete what is left of sessions that are over."""
    sessions.forget_ended_sessions(actor=User.objects.system())


@shared_task
def forget_expired_tokens() -> None:
    """Delete tokens that work no more."""
    tokens.forget_expired_tokens(actor=User.objects.system())
