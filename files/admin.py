"""Files in the admin: who uploaded what kind of file, where and when; never its name or content."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import account_of
from audit.admin import PersonalAdmin
from audit.queries import Subject
from core.admin import ReadOnlyAdmin
from files.models import FileText, StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(PersonalAdmin, ReadOnlyAdmin):
    """What is stored."""

    list_display = ["id", "uploaded_by", "mime_type", "size", "status", "created_at", "deleted_at"]
    list_filter = ["status", "place_kind", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["uploaded_by"]
    search_fields = ["uploaded_by__email", "uploaded_by__name", "=id", "=place_id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    ordering = ["-created_at"]
    fields = [
        "id", "uploaded_by", "place_kind", "place_id", "mime_type", "size", "status", "version",
        "created_at", "attached_at", "deleted_at",
    ]  # fmt: skip

    def subject_of(self, row: Any) -> Subject:
        """The account of who uploaded it."""
        return account_of(row.uploaded_by)


@admin.register(FileText)
class FileTextAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Of which files the words were read; never the words."""

    list_display = ["file", "state", "place_id"]
    list_filter = ["state"]
    list_select_related = ["file"]
    search_fields = ["=file__id", "=place_id"]
    show_full_result_count = False
    ordering = ["-pk"]
    fields = ["file", "state", "place_id"]

    def subject_of(self, row: Any) -> Subject:
        """The account of who uploaded it."""
        return account_of(row.file.uploaded_by)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FileText]:
        """Without the words."""
        return super().get_queryset(request).defer("text", "name")
