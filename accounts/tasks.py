"""Background work on accounts."""

from functools import partial
from typing import Any
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from accounts.actions import devices, sessions, tokens
from accounts.actions.members import note_member_invitation_mailed
from accounts.clients.mail import send_mail, send_noted_mail
from accounts.events import (
    MemberInvitationRenewed,
    MemberInvited,
    NewDeviceSeen,
    RecoveryCodeUsed,
)
from accounts.models import User
from accounts.queries import waiting_member_invitation
from core.devices import device_of
from core.errands import errand
from core.models import Event


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


@errand(NewDeviceSeen)
def mail_new_device(event: Event) -> None:
    """Tell somebody of a sign-in with a device not seen before."""
    _warn(event, "new_device")


@errand(RecoveryCodeUsed)
def mail_recovery_code_used(event: Event) -> None:
    """Codes are for the day when all else is lost: their owner should know of each use."""
    _warn(event, "recovery_code_used", left=event.data["left"])


def _warn(event: Event, template: str, **context: Any) -> None:
    if not event.actor.is_active:
        return
    send_mail(
        to=event.actor.email,
        template=f"accounts/email/{template}",
        context={
            "to": event.actor,
            "at": event.at,
            "address": event.ip,
            "device": device_of(event.user_agent).name,
            "link": f"{settings.PUBLIC_URL}{reverse('accounts:sessions')}",
            **context,
        },
    )


@errand(MemberInvited, MemberInvitationRenewed)
def mail_member_invitation(event: Event) -> None:
    """Mail the link of an invitation, unless it was mailed."""
    invitation = waiting_member_invitation(UUID(event.data["invitation_id"]))
    if invitation is None:
        return
    link = f"{settings.PUBLIC_URL}{reverse('accounts:join', args=[invitation.token])}"
    context = {"invitation": invitation, "by": invitation.invited_by, "link": link}
    note = partial(
        note_member_invitation_mailed, actor=User.objects.system(), invitation=invitation
    )
    send_noted_mail(note, to=invitation.email, template="accounts/email/member", context=context)
