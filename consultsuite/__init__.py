"""The project: composes the apps; nobody imports it."""

from consultsuite.celery import app as celery_app

__all__ = ["celery_app"]
