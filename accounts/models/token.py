"""A secret with which a program acts for a person."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken

from core.context import session_digest


class Scope(models.TextChoices):
    """What a token may do of what its person may."""

    READ = "read", "Read only"
    WRITE = "write", "Read and write"
    ADMIN = "admin", "Read, write and administer"


class ApiToken(AbstractAuthToken):  # type: ignore[misc]
    """knox keeps a hash of the secret; its first characters (``token_key``) tell tokens apart."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=128, unique=True, editable=False)
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.WRITE)
    is_sign_in = models.BooleanField(
        default=False, db_default=False, help_text="The person proved who they are to get it."
    )
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API token"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(scope__in=Scope.values), name="api_token_scope_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key[:8]})"

    @property
    def may_write(self) -> bool:
        """Whether it may do more than read."""
        return self.scope != Scope.READ

    @property
    def may_administer(self) -> bool:
        """Whether it may use `/api/admin/` at any time, so far as its person may."""
        return self.scope == Scope.ADMIN

    @property
    def proved_at(self) -> float:
        """When its person proved by it who they are, in seconds; 0 for never."""
        return self.created.timestamp() if self.is_sign_in else 0

    @property
    def session(self) -> str:
        """What events call it; `core.authentication.Credentials.digest` of its sockets."""
        return session_digest(self.digest)
