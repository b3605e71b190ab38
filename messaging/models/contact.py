"""Somebody who shares nothing with a consultant yet asks for a conversation."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

if TYPE_CHECKING:
    from accounts.models import User

MAX_NOTE_CHARACTERS = 500


class RequestStatus(models.TextChoices):
    """What became of a request."""

    WAITING = "waiting", "Waiting"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ContactRequestQuerySet(models.QuerySet["ContactRequest"]):
    """Requests, restricted to whom they concern."""

    def visible_to(self, user: "User") -> "ContactRequestQuerySet":
        """Those that the person made or is asked by."""
        if not user.is_active:
            return self.none()
        return self.filter(models.Q(requester=user) | models.Q(consultant=user))

    def waiting(self) -> "ContactRequestQuerySet":
        """Those without an answer."""
        return self.filter(status=RequestStatus.WAITING)


class ContactRequest(models.Model):
    """A consultant is asked for a conversation. One at a time waits between two people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact_requests"
    )
    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="contact_requests_received",
    )
    note = models.TextField(max_length=MAX_NOTE_CHARACTERS)
    status = models.CharField(
        max_length=16, choices=RequestStatus.choices, default=RequestStatus.WAITING
    )
    created_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ContactRequestQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["requester", "consultant"],
                condition=models.Q(status="waiting"),
                name="contact_request_waits_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["consultant", "status", "-created_at"]),
            models.Index(fields=["requester", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.requester_id} asks {self.consultant_id}"

    @property
    def is_waiting(self) -> bool:
        """Nobody has answered or withdrawn it."""
        return self.status == RequestStatus.WAITING
