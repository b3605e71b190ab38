"""Background work of the audit."""

from celery import shared_task
from django.contrib.auth import get_user_model

from audit.actions import refusals


@shared_task
def forget_old_refusals() -> None:
    """Delete refused attempts that are kept no longer."""
    refusals.forget_old_refusals(actor=get_user_model().objects.system())
