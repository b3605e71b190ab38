"""A person who signs in, by e-mail."""

import uuid
import zoneinfo
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.timezone import now

from core.colours import colour_of
from core.events import StreamKey

SYSTEM_EMAIL = "system@consultsuite.invalid"


def validate_timezone(value: str) -> None:
    """Refuse a name that is not in the IANA time zone database."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError("Choose a time zone from the list, for example Europe/Copenhagen.")


class UserManager(BaseUserManager["User"]):
    """Makes users for commands and tests; people come through `accounts.actions`."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with the e-mail in lower case; no password means none works."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user who may do everything in the admin."""
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find by e-mail, whatever its case."""
        return self.get(email__iexact=username)

    def system(self) -> "User":
        """The user that background work acts as. It cannot sign in."""
        user, _ = self.get_or_create(
            email=SYSTEM_EMAIL,
            defaults={"name": "Consult Suite", "is_system": True, "password": "!"},
        )
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person: client, consultant or staff. Roles are groups (`accounts.permissions`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    picture = models.ImageField(upload_to="pictures/", blank=True)
    timezone = models.CharField(
        "time zone", max_length=64, default="UTC", validators=[validate_timezone]
    )
    locale = models.CharField(
        "language", max_length=16, default=settings.LANGUAGE_CODE, choices=settings.LANGUAGES
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May enter the admin.")
    is_system = models.BooleanField(default=False, editable=False)
    is_guest = models.BooleanField(
        default=False,
        editable=False,
        help_text="Came by a link and has no password; the account is not kept yet.",
    )
    is_administrator = models.BooleanField(
        default=False,
        editable=False,
        help_text="Holds the business role that manages everything; kept with it.",
    )
    date_joined = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
        ]
        permissions: ClassVar = [
            ("read_own_projects", "Read projects one takes part in"),
            ("read_account_projects", "Read all projects of one's organisation"),
            ("read_all_projects", "Read every project"),
            ("update_project_status", "Change the status of a project"),
            ("read_own_invoices", "Read invoices addressed to oneself"),
            ("read_account_invoices", "Read all invoices of one's organisation"),
            ("read_all_invoices", "Read every invoice"),
            ("upload_files", "Upload files"),
            ("download_files", "Download files"),
            ("access_technical_data", "See technical data"),
            ("manage_account_users", "Manage the people of one's organisation"),
            ("manage_all_users", "Manage all people"),
            ("view_account_analytics", "See the analytics of one's organisation"),
            ("view_all_analytics", "See all analytics"),
            ("manage_system", "Manage the system"),
            ("view_audit_logs", "Read the audit log"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name, as Django's admin asks for it."""
        return self.name

    @property
    def needs_second_factor(self) -> bool:
        """Whether so much depends on the account that a password is not enough for it.

        Staff, and who manages all people by their business role. Asked at every request: known
        without a query.
        """
        return self.is_staff or self.is_superuser or self.is_administrator

    @property
    def stream(self) -> StreamKey:
        """What happens to the person."""
        return StreamKey("user", self.pk)

    @property
    def short_name(self) -> str:
        """The first word of the name, as people say it in passing."""
        return self.name.split(" ")[0] if self.name else self.email

    @property
    def initials(self) -> str:
        """One or two capital letters for the avatar."""
        words = [word for word in (self.name or self.email).split() if word[0].isalnum()]
        if not words:
            return "?"
        letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
        return letters.upper()

    @property
    def person_colour(self) -> int:
        """1 to 8: which of the theme's person colours is theirs, from the id."""
        return colour_of(self.id)
