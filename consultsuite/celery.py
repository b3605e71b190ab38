"""The Celery application; its tasks load ids and call one action each."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")

app = Celery("consultsuite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
