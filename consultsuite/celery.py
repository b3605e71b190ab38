"""The Celery application; its tasks load ids and call one action each."""

import os

from celery import Celery, Task
from django.db import InterfaceError, OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")


class PatientTask(Task):  # type: ignore[type-arg] # takes any arguments
    """Tries again while PostgreSQL is away: after seconds first, after a minute later."""

    autoretry_for = (OperationalError, InterfaceError)
    retry_backoff = True
    retry_backoff_max = 60
    max_retries = 30


app = Celery("consultsuite", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
