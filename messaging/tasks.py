"""Background work on conversations: what is to happen at its time.

Beat calls each every few seconds. Two workers may do so at once: of each message or reminder one of
them gets hold, and what a killed one had begun is undone by the database and found by the next.
"""

import logging

from celery import shared_task

from accounts.models import User
from core.database import DATABASE_AWAY
from core.outages import database_outage
from messaging.actions.reminders import tell_due_reminder
from messaging.actions.scheduled import fail_scheduled, send_due_message
from messaging.queries.reminders import due_reminders
from messaging.queries.scheduled import due_messages

logger = logging.getLogger(__name__)

AT_ONCE = 500
"""Of what is due, in one call: some seconds of work. The next call goes on with the rest."""


@shared_task
def send_due_messages() -> None:
    """Send the messages whose time has come; while PostgreSQL is away, the next call does."""
    try:
        system = User.objects.system()
        for scheduled_id in due_messages(AT_ONCE):
            try:
                send_due_message(actor=system, scheduled_id=scheduled_id)
            except DATABASE_AWAY:
                raise
            except Exception:
                logger.exception("Scheduled message %s could not be sent", scheduled_id)
                fail_scheduled(actor=system, scheduled_id=scheduled_id)
    except DATABASE_AWAY as error:
        database_outage.note(error)


@shared_task
def tell_due_reminders() -> None:
    """Remind people of what is due; while PostgreSQL is away, the next call does."""
    try:
        system = User.objects.system()
        for reminder_id in due_reminders(AT_ONCE):
            tell_due_reminder(actor=system, reminder_id=reminder_id)
    except DATABASE_AWAY as error:
        database_outage.note(error)
