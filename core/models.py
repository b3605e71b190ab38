"""The append-only event log, and the record of answered idempotent requests."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class Stream(models.Model):
    """One numbered sequence of events, for example everything in one conversation.

    ``head`` is the number of its newest event. Whoever takes the next number holds the row's
    lock until commit, so numbers have no gaps and commit order is number order.
    """

    kind = models.CharField(max_length=32)
    object_id = models.UUIDField()
    head = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="stream_unique"),
        ]
        indexes: ClassVar = [models.Index(fields=["object_id"], name="stream_by_object")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.object_id}"


class Event(models.Model):
    """Something durable that somebody did. A trigger refuses UPDATE and DELETE (migration 0002)."""

    # Without indexes of their own: those below begin with them, and each costs every write.
    stream = models.ForeignKey(
        Stream, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    seq = models.BigIntegerField(help_text="Number within the stream, from 1, without gaps.")
    name = models.CharField(max_length=64)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    data = models.JSONField(encoder=DjangoJSONEncoder)
    at = models.DateTimeField(db_default=Now())
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    session = models.CharField(
        max_length=16, blank=True, help_text="Digest of the session key, to tell sessions apart."
    )

    about: Any = None
    """The object that it is about, where the action that recorded it had it at hand."""
    audience: Sequence[uuid.UUID] = ()
    """Ids of the people who are told on their own streams, once it is committed, that it is there;
    the action that recorded it may set it until then."""

    class Meta:
        verbose_name = "entry of the audit log"
        verbose_name_plural = "audit log"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "seq"], name="event_number_unique"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["actor", "-at"], name="event_by_actor"),
            models.Index(fields=["name", "-at"], name="event_by_name"),
            models.Index(fields=["-at", "-id"], name="event_by_time"),
            # The ids inside: what else an event was about (audit.queries).
            GinIndex(fields=["data"], name="event_by_data", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.stream} {self.seq} {self.name}"


class ErrandQuerySet(models.QuerySet["Errand"]):
    """Errands by their state."""

    def waiting(self) -> "ErrandQuerySet":
        """Neither done nor given up."""
        return self.filter(due_at__isnull=False)

    def due(self) -> "ErrandQuerySet":
        """Those that should have been begun by now."""
        return self.filter(due_at__lte=Now())

    def given_up(self) -> "ErrandQuerySet":
        """Those that nobody tries any more."""
        return self.filter(due_at__isnull=True, done_at__isnull=True)


class Errand(models.Model):
    """Background work that follows an event, written with it (`core.errands`).

    ``due_at`` is when it is handed to a worker (again), empty once it is done or given up. Whoever
    begins it counts ``attempts`` up and moves ``due_at`` behind the time that it may take.
    """

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="errands")
    name = models.CharField(max_length=100, help_text="The function that does it.")
    created_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    last_failure = models.CharField(max_length=100, blank=True, help_text="The error's class.")

    objects = ErrandQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="errand_due",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["-created_at"], name="errand_by_time"),
        ]

    def __str__(self) -> str:
        return f"Errand {self.pk}"

    @property
    def status(self) -> str:
        """waiting, done or given up."""
        if self.done_at is not None:
            return "done"
        return "waiting" if self.due_at is not None else "given up"


class IdempotentAnswer(models.Model):
    """The answer given to a POST with an ``Idempotency-Key``, replayed when it is sent again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_unique"),
        ]

    def __str__(self) -> str:
        return self.key


class PolicyViolation(models.Model):
    """A kind of thing that browsers refused because of the content security policy, counted."""

    directive = models.CharField(max_length=40)
    blocked = models.CharField(max_length=200, blank=True, help_text="A keyword or an origin.")
    route = models.CharField(max_length=200, blank=True, help_text="The page's route, no address.")
    source = models.CharField(max_length=200, blank=True, help_text="The script's file or origin.")
    count = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["directive", "blocked", "route", "source"], name="policy_violation_unique"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-last_at"], name="policy_violation_by_time")]

    def __str__(self) -> str:
        return f"{self.directive} refused {self.blocked or 'something'}"
