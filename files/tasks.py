"""Background work on files."""

from celery import shared_task

from accounts.models import User
from files.actions.uploads import forget_waiting_files


@shared_task
def forget_waiting() -> None:
    """Delete what was uploaded and sent nowhere."""
    forget_waiting_files(actor=User.objects.system())
