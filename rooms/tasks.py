"""Background work on rooms."""

import logging
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from accounts.clients.mail import send_mail
from accounts.models import User
from accounts.queries import organisation_name
from rooms.actions.invitations import note_invitation_mailed
from rooms.actions.participants import go_away
from rooms.queries.invitations import forgotten_invitations, waiting_invitation
from rooms.queries.people import newly_added, stale_visits

logger = logging.getLogger(__name__)


@shared_task
def close_stale_visits() -> None:
    """End the stays of people whose process died before it could say that they left."""
    system = User.objects.system()
    for visit in stale_visits():
        go_away(actor=system, room=visit.participant.room, user=visit.participant.user)


@shared_task
def mail_invitation(invitation_id: str) -> None:
    """Mail the link of an invitation, unless it was mailed. `mail_forgotten` tries again."""
    invitation = waiting_invitation(UUID(invitation_id))
    if invitation is None:
        return
    is_return = invitation.accepted_by is not None
    name = "guest_link" if is_return else "invitation"
    try:
        send_mail(
            to=invitation.email,
            template=f"rooms/email/{name}",
            context={
                "invitation": invitation,
                "by": invitation.invited_by,
                "organisation": organisation_name(invitation.invited_by),
                "link": _address("rooms:join", invitation.token),
            },
        )
    except OSError as error:
        logger.warning("Invitation %s was not mailed: %s", invitation.pk, type(error).__name__)
        is_sent = False
    else:
        is_sent = True
    note_invitation_mailed(actor=User.objects.system(), invitation=invitation, is_sent=is_sent)


@shared_task
def mail_forgotten() -> None:
    """Mail the links whose own task was lost with Redis or a process, or found no mail server."""
    for invitation_id in forgotten_invitations():
        mail_invitation(str(invitation_id))


@shared_task
def mail_addition(room_id: str, user_id: str, by_id: str) -> None:
    """Tell somebody with an account that they were added to a room."""
    participant = newly_added(UUID(room_id), UUID(user_id))
    by = User.objects.filter(pk=by_id).first()
    if participant is None or by is None:
        return
    send_mail(
        to=participant.user.email,
        template="rooms/email/added",
        context={
            "room": participant.room,
            "by": by,
            "organisation": organisation_name(by),
            "to": participant.user,
            "link": _address("rooms:room", room_id),
        },
    )


def _address(name: str, part: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[part])}"
