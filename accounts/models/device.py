"""A browser or program that a person has signed in with."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class KnownDevice(models.Model):
    """``digest`` is that of the mark that a browser keeps in a cookie (`accounts.adapter`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices"
    )
    digest = models.CharField(max_length=64, editable=False)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "digest"], name="known_device_unique"),
        ]

    def __str__(self) -> str:
        return str(self.pk)
