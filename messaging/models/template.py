"""Replies that are kept to be sent again."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower, Now

from accounts.models import Membership, Organisation
from core.events import StreamKey
from messaging.models.message import MAX_BODY_CHARACTERS

if TYPE_CHECKING:
    from accounts.models import User

MAX_TITLE_CHARACTERS = 80
MAX_SHORTCUT_CHARACTERS = 32


class ReplyTemplateQuerySet(models.QuerySet["ReplyTemplate"]):
    """Templates, restricted to what somebody may use."""

    def visible_to(self, user: "User") -> "ReplyTemplateQuerySet":
        """One's own, and those that one's organisation shares."""
        if not user.is_active:
            return self.none()
        shared = Membership.objects.filter(user=user).values("organisation")
        return self.filter(models.Q(owner=user) | models.Q(organisation__in=shared))


class ReplyTemplate(models.Model):
    """A reply with places to fill in, of one person or shared by an organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reply_templates",
    )
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reply_templates",
    )
    title = models.CharField(max_length=MAX_TITLE_CHARACTERS)
    shortcut = models.CharField(max_length=MAX_SHORTCUT_CHARACTERS, blank=True)
    body = models.TextField(max_length=MAX_BODY_CHARACTERS)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(null=True, blank=True)

    objects = ReplyTemplateQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(owner__isnull=True) ^ models.Q(organisation__isnull=True),
                name="template_of_one_or_shared",
            ),
            models.UniqueConstraint(
                "owner",
                Lower("shortcut"),
                condition=~models.Q(shortcut=""),
                name="template_shortcut_own",
            ),
            models.UniqueConstraint(
                "organisation",
                Lower("shortcut"),
                condition=~models.Q(shortcut=""),
                name="template_shortcut_shared",
            ),
        ]
        permissions: ClassVar = [
            ("share_replytemplate", "Manage the templates that one's organisation shares"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_shared(self) -> bool:
        """Whether it is the organisation's."""
        return self.organisation_id is not None

    @property
    def stream(self) -> StreamKey:
        """Where what happens to it is told: to its owner, or in the organisation."""
        if self.organisation_id is not None:
            return StreamKey("organisation", self.organisation_id)
        assert self.owner_id is not None  # noqa: S101 - the constraint says so
        return StreamKey("user", self.owner_id)
