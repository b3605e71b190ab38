"""Background work on accounts."""

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from accounts.actions import devices, sessions, tokens
from accounts.clients.mail import send_mail
from accounts.models import User
from accounts.queries import new_device_event
from core.devices import device_of


@shared_task
def forget_ended_sessions() -> None:
    """Delete what is left of sessions that are over."""
    sessions.forget_ended_sessions(actor=User.objects.system())


@shared_task
def forget_expired_tokens() -> None:
    """Delete tokens that work no more."""
    tokens.forget_expired_tokens(actor=User.objects.system())


@shared_task
def forget_old_devices() -> None:
    """Delete devices that nobody can be recognised by any more."""
    devices.forget_old_devices(actor=User.objects.system())


@shared_task(autoretry_for=(OSError,), retry_backoff=30, max_retries=6)
def mail_new_device(event_id: int) -> None:
    """Tell somebody of a sign-in with a device not seen before.

    Without a mail server it is tried again, the last time after half an hour.
    """
    event = new_device_event(event_id)
    if event is None:
        return
    send_mail(
        to=event.actor.email,
        template="accounts/email/new_device",
        context={
            "to": event.actor,
            "at": event.at,
            "address": event.ip,
            "device": device_of(event.user_agent).name,
            "link": f"{settings.PUBLIC_URL}{reverse('accounts:sessions')}",
        },
    )
