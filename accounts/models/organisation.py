"""Organisations and who belongs to them in which role."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from core.events import StreamKey


class BusinessRole(models.TextChoices):
    """What somebody is in the business; each is a group with permissions."""

    CLIENT_USER = "client_user", "Client"
    CLIENT_ADMIN = "client_admin", "Client administrator"
    INTERNAL_ENGINEER = "internal_engineer", "Consultant"
    INTERNAL_PM = "internal_pm", "Project manager"
    ADMIN = "admin", "Administrator"


INTERNAL_ROLES = frozenset(
    {BusinessRole.INTERNAL_ENGINEER, BusinessRole.INTERNAL_PM, BusinessRole.ADMIN}
)
ADMINISTRATORS = frozenset({BusinessRole.CLIENT_ADMIN, BusinessRole.ADMIN})
"""Who invites and removes the people of their own organisation; `ADMIN` those of every one."""

CONSULTANT_ROLES = frozenset({BusinessRole.INTERNAL_ENGINEER, BusinessRole.INTERNAL_PM})


class Organisation(models.Model):
    """A client's company, or the consultants' own (``is_internal``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150, unique=True)
    is_internal = models.BooleanField(
        default=False, help_text="The organisation that runs this Consult Suite."
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> StreamKey:
        """Its events."""
        return StreamKey("organisation", self.pk)

    @property
    def roles(self) -> list[BusinessRole]:
        """Those that exist in it."""
        return [role for role in BusinessRole if (role in INTERNAL_ROLES) == self.is_internal]


class Membership(models.Model):
    """Somebody's place in an organisation. One organisation for each person."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="membership"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=32, choices=BusinessRole.choices)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organisation", "role"])]

    def __str__(self) -> str:
        return f"{self.user} in {self.organisation}"
