"""Mail that follows what happens in rooms."""

from typing import Any

from django.dispatch import receiver

from core.events import StreamKey, recorded
from core.models import Event
from rooms.events import InvitationMade, InvitationRenewed, ParticipantAdded
from rooms.tasks import mail_addition, mail_invitation


@receiver(recorded, sender=InvitationMade)
@receiver(recorded, sender=InvitationRenewed)
def mail_link(event: Event, **_: Any) -> None:
    """Every new link is mailed."""
    mail_invitation.delay(event.data["invitation_id"])


@receiver(recorded, sender=ParticipantAdded)
def mail_who_was_added(event: Event, stream: StreamKey, **_: Any) -> None:
    """Who was added by somebody else hears of it; who made the room or came by a link, knows."""
    user_id = event.data["user_id"]
    if str(event.actor_id) != user_id:
        mail_addition.delay(str(stream.object_id), user_id, str(event.actor_id))
