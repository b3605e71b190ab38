"""Access receipts: that staff looked at somebody's data, and why."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

MIN_REASON, MAX_REASON = 10, 500


class AccessReceiptQuerySet(models.QuerySet["AccessReceipt"]):
    """Receipts, restricted to what somebody may see."""

    def visible_to(self, user: Any) -> "AccessReceiptQuerySet":
        """Those about the person's own data."""
        return self.filter(people=user)


class AccessReceipt(models.Model):
    """A member of staff gave a reason and may look at one thing, or one list, for a while.

    ``people`` are those whose data it is; each got a `StaffLooked` event that names the receipt,
    whose words stand here. Of a list, which has no ``object_id``, they are those whom it has shown
    so far. ``title`` says what in their words ("the conversation ..."). A trigger refuses UPDATE
    and DELETE (migration 0002).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=32)
    object_id = models.UUIDField(null=True)
    title = models.CharField(max_length=250)
    reason = models.TextField(max_length=MAX_REASON)
    session = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField(db_default=Now())
    ends_at = models.DateTimeField(help_text="Until then the reason counts.")
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="access_receipts")

    objects = AccessReceiptQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["staff", "object_id", "-at"], name="receipt_by_staff"),
        ]

    def __str__(self) -> str:
        return f"{self.staff}, {self.object}"

    @property
    def object(self) -> str:
        """What: ``<kind>:<id>``, or a list's kind alone."""
        return f"{self.kind}:{self.object_id}" if self.object_id else self.kind
