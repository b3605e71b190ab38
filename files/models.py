"""Files that people put somewhere."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from files.places import kind_called, readable_by

if TYPE_CHECKING:
    from accounts.models import User

MAX_NAME_CHARACTERS = 150


class Status(models.TextChoices):
    """What a scanner for viruses said of it."""

    PENDING = "pending", "Pending"
    CLEAN = "clean", "Clean"
    INFECTED = "infected", "Infected"
    NOT_SCANNED = "not_scanned", "Not scanned"


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    """Files, restricted to what somebody may see."""

    def visible_to(self, user: "User") -> "StoredFileQuerySet":
        """Those in places that the person may read; what was deleted is gone for everybody."""
        return self.kept().filter(readable_by(user))

    def kept(self) -> "StoredFileQuerySet":
        """Those not deleted."""
        return self.filter(deleted_at__isnull=True)

    def waiting(self) -> "StoredFileQuerySet":
        """Uploaded, and nowhere to be seen yet but by who did it."""
        return self.kept().filter(attached_at__isnull=True)

    def unread(self) -> "StoredFileQuerySet":
        """Documents whose words nobody has read, of the last week: after that nobody tries."""
        recent = Now() - timedelta(days=7)
        return self.kept().filter(text__state=TextState.WAITING, created_at__gt=recent)


class StoredFile(models.Model):
    """A file in a place; that of kind ``conversation`` is named by the conversation's id.

    Until it is attached to something there, only who uploaded it sees it. Once deleted, nothing is
    left of it but this row without its name. What was forwarded has a row for each place, and
    one ``content``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="files"
    )
    place_kind = models.CharField(max_length=16)
    place_id = models.UUIDField()
    name = models.CharField(max_length=MAX_NAME_CHARACTERS, blank=True)
    size = models.BigIntegerField(help_text="In bytes.")
    mime_type = models.CharField(max_length=127, help_text="As its content says.")
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True, help_text="Of pictures, in pixels.")
    height = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.NOT_SCANNED)
    version = models.PositiveIntegerField(default=1)
    content = models.FileField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    attached_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["place_id", "place_kind"], name="file_place"),
            models.Index(fields=["content"], name="file_content"),
            models.Index(
                fields=["created_at"],
                name="file_waiting",
                condition=models.Q(attached_at__isnull=True, deleted_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def find_place(self, user: "User") -> Any:
        """Where it is; raises `Http404` where the person may not see that."""
        return kind_called(self.place_kind).find(user, self.place_id)

    @property
    def is_picture(self) -> bool:
        """Whether browsers may show it; what else they are given they save."""
        return self.width is not None


class TextState(models.TextChoices):
    """What became of reading a document's words."""

    WAITING = "waiting", "Waiting"
    READ = "read", "Read"
    NONE = "none", "No document"
    UNREADABLE = "unreadable", "Unreadable"


class FileText(models.Model):
    """The words by which a file is found: its name and what is in it.

    Apart from the file, which is fetched often and without them. The column ``words`` that the
    database makes of both is added by messaging, which searches (migration 0013_search_files).
    """

    file = models.OneToOneField(
        StoredFile, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    place_id = models.UUIDField(db_index=True, help_text="As of the file.")
    name = models.CharField(max_length=MAX_NAME_CHARACTERS)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=TextState.choices)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["file"],
                name="filetext_waiting",
                condition=models.Q(state=TextState.WAITING),
            )
        ]

    def __str__(self) -> str:
        return f"Words of {self.file_id}"
