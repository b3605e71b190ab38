"""Invitations by e-mail: what every kind of them has, and those to an organisation."""

import re
import uuid
from datetime import datetime, timedelta
from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.core import signing
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models.organisation import BusinessRole, Organisation

NONCE_CHARACTERS = 22
"""Of 62 letters and digits: 131 bits."""

TOKEN = re.compile(r"[0-9a-f]{32}[A-Za-z0-9]{22}\.[A-Za-z0-9_-]{43}")


PAUSE = timedelta(minutes=1)
"""Between two mails of one invitation, so that nobody's mailbox is filled by a button."""

GIVE_UP_AFTER = timedelta(minutes=15)
"""When who invited is told that no mail server takes the mail: the next attempt after this."""


MAX_OPEN_OF_ORGANISATION = 100


def new_end() -> datetime:
    """When the link of an invitation that is made now ends."""
    return timezone.now() + timedelta(days=settings.INVITATION_DAYS)


def new_nonce() -> str:
    """What makes the next link differ from every earlier one."""
    return get_random_string(NONCE_CHARACTERS)


Kind = TypeVar("Kind", bound="Invitation")


class InvitationQuerySet(models.QuerySet[Kind]):
    """Invitations of one kind."""

    def open(self) -> Self:
        """Neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def waiting(self) -> Self:
        """Those whose present link is still to be mailed."""
        return self.filter(
            sent_at__isnull=True,
            failed_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=Now(),
        ).exclude(nonce="")

    def of_link(self, token: str) -> Self:
        """The invitation whose link ever had this token; none for what we have not signed.

        Whether the link still works is another question: `Invitation.is_link`.
        """
        if not TOKEN.fullmatch(token):
            return self.none()
        try:
            value = _signer(self.model).unsign(token)
        except signing.BadSignature:
            return self.none()
        return self.filter(pk=uuid.UUID(value[:32]))


class Invitation(models.Model):
    """Somebody is asked in, at an address, until a time.

    The link in the mail is a signature, made with SECRET_KEY, over the invitation's id and its
    present ``nonce``. The table holds no link and nothing that is one: who reads it cannot make
    one without the key, nor with the key alone. A new nonce ends the earlier link, an empty one
    ends every link.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField()
    nonce = models.CharField(max_length=NONCE_CHARACTERS, default=new_nonce, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    renewed_at = models.DateTimeField(default=timezone.now, help_text="Beginning of the link.")
    expires_at = models.DateTimeField(default=new_end)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="When the present link was mailed; empty while it waits."
    )
    failed_at = models.DateTimeField(
        null=True, blank=True, help_text="When we gave up mailing the present link."
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Invitation of {self.email}"

    @property
    def id_text(self) -> str:
        """The id, to make element ids from."""
        return str(self.pk)

    @property
    def token(self) -> str:
        """The secret part of the present link's address."""
        return _signer(type(self)).sign(f"{self.pk.hex}{self.nonce}")

    def is_link(self, token: str) -> bool:
        """Whether this is the token of the present link, and the link still works."""
        return (
            bool(self.nonce)
            and self.revoked_at is None
            and not self.is_expired
            and token.startswith(f"{self.pk.hex}{self.nonce}.")
        )

    @property
    def is_expired(self) -> bool:
        """Its time is over."""
        return self.expires_at <= timezone.now()

    @property
    def is_recent(self) -> bool:
        """Its link is on its way, or has only just been mailed."""
        return self.failed_at is None and self.renewed_at > timezone.now() - PAUSE

    @property
    def is_open(self) -> bool:
        """Neither accepted nor revoked."""
        return self.accepted_at is None and self.revoked_at is None

    @property
    def status(self) -> str:
        """accepted, revoked, expired, failed (no mail server took it), sent or waiting."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        if self.is_expired:
            return "expired"
        if self.failed_at is not None:
            return "failed"
        return "sent" if self.sent_at is not None else "waiting"


def _signer(model: type[models.Model]) -> signing.Signer:
    """A link of one kind of invitation is no link of another."""
    return signing.Signer(sep=".", salt=f"invitation.{model._meta.label_lower}")


class OrganisationInvitationQuerySet(InvitationQuerySet["OrganisationInvitation"]):
    """Invitations to organisations."""


class OrganisationInvitation(Invitation):
    """Somebody is asked into an organisation."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="invitations"
    )
    role = models.CharField(max_length=32, choices=BusinessRole.choices)

    objects = OrganisationInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="organisation_invitation_open_once",
            ),
        ]
