"""Background work on rooms."""

from functools import partial
from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.urls import reverse
from redis.exceptions import RedisError

from accounts.clients.mail import send_mail, send_noted_mail
from accounts.models import User
from accounts.queries import organisation_name
from core.errands import errand
from core.models import Event
from core.outages import redis_outage
from rooms.actions.invitations import note_invitation_mailed
from rooms.actions.participants import go_away
from rooms.events import InvitationMade, InvitationRenewed, ParticipantAdded
from rooms.queries.invitations import waiting_invitation
from rooms.queries.people import newly_added, stale_visits


@shared_task
def close_stale_visits() -> None:
    """End the stays of people whose process died before it could say that they left.

    While Redis is away nobody knows who is there: then it waits for the next minute.
    """
    system = User.objects.system()
    try:
        for visit in stale_visits():
            go_away(actor=system, room=visit.participant.room, user=visit.participant.user)
    except (OSError, RedisError) as error:
        redis_outage.note(error)


@errand(InvitationMade, InvitationRenewed)
def mail_invitation(event: Event) -> None:
    """Mail the link of an invitation, unless it was mailed."""
    invitation = waiting_invitation(UUID(event.data["invitation_id"]))
    if invitation is None:
        return
    is_return = invitation.accepted_by is not None
    name = "guest_link" if is_return else "invitation"
    note = partial(note_invitation_mailed, actor=User.objects.system(), invitation=invitation)
    send_noted_mail(
        note,
        to=invitation.email,
        template=f"rooms/email/{name}",
        context={
            "invitation": invitation,
            "by": invitation.invited_by,
            "organisation": organisation_name(invitation.invited_by),
            "link": _address("rooms:join", invitation.token),
        },
    )


@errand(ParticipantAdded)
def mail_addition(event: Event) -> None:
    """Tell somebody with an account that somebody else added them to a room.

    Who made the room or came by a link, knows.
    """
    room_id, user_id = event.stream.object_id, UUID(event.data["user_id"])
    if event.actor_id == user_id:
        return
    participant = newly_added(room_id, user_id)
    if participant is None:
        return
    send_mail(
        to=participant.user.email,
        template="rooms/email/added",
        context={
            "room": participant.room,
            "by": event.actor,
            "organisation": organisation_name(event.actor),
            "to": participant.user,
            "link": _address("rooms:room", str(room_id)),
        },
    )


def _address(name: str, part: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, args=[part])}"
