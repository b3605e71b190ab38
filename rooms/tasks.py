"""Background work on rooms."""

from celery import shared_task

from accounts.models import User
from rooms.actions.participants import go_away
from rooms.queries.people import stale_visits


@shared_task
def close_stale_visits() -> None:
    """End the stays of people whose process died before it could say that they left."""
    system = User.objects.system()
    for visit in stale_visits():
        go_away(actor=system, room=visit.participant.room, user=visit.participant.user)
