"""Background work on accounts."""

import logging
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from accounts.actions import devices, sessions, tokens
from accounts.actions.members import note_member_invitation_mailed
from accounts.clients.mail import send_mail
from accounts.models import User
from accounts.queries import (
    forgotten_member_invitations,
    new_device_event,
    waiting_member_invitation,
)
from core.devices import device_of

logger = logging.getLogger(__name__)


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


@shared_task
def mail_member_invitation(invitation_id: str) -> None:
    """Mail the link of an invitation, unless it was mailed. `mail_forgotten` tries again."""
    invitation = waiting_member_invitation(UUID(invitation_id))
    if invitation is None:
        return
    link = f"{settings.PUBLIC_URL}{reverse('accounts:join', args=[invitation.token])}"
    context = {"invitation": invitation, "by": invitation.invited_by, "link": link}
    try:
        send_mail(to=invitation.email, template="accounts/email/member", context=context)
    except OSError as error:
        logger.warning("Invitation %s was not mailed: %s", invitation.pk, type(error).__name__)
        is_sent = False
    else:
        is_sent = True
    note_member_invitation_mailed(
        actor=User.objects.system(), invitation=invitation, is_sent=is_sent
    )


@shared_task
def mail_forgotten() -> None:
    """Mail the links whose own task was lost with Redis or a process, or found no mail server."""
    for invitation_id in forgotten_member_invitations():
        mail_member_invitation(str(invitation_id))
