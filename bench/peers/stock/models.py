"""What the peer stores."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class Message(models.Model):
    """A message in the one room."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(default=uuid.uuid4, unique=True)
    client_id = models.UUIDField(unique=True)
    body = models.TextField()
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["Message"]] = models.Manager()

    class Meta:
        db_table = "bench_stock_message"

    def __str__(self) -> str:
        return self.body
