"""Files in the API."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from files.models import MAX_NAME_CHARACTERS, Status, StoredFile


class FileSerializer(serializers.Serializer[Any]):
    """A stored file."""

    # Describes what file_resource makes.
    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="In bytes.")
    mime_type = serializers.CharField(help_text="As its content says.")
    sha256 = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()
    width = serializers.IntegerField(allow_null=True, help_text="Of pictures, in pixels.")
    height = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(help_text="Where its content is, a path below this address.")


class UploadSerializer(serializers.Serializer[Any]):
    """A file to store, and where."""

    file = serializers.FileField()
    conversation = serializers.UUIDField(help_text="One in which you may write.")
    title = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MAX_NAME_CHARACTERS,
        help_text="A name in place of the file's own, whose ending stays.",
    )


def file_resource(file: StoredFile) -> dict[str, Any]:
    """The JSON of a file."""
    return {
        "id": file.pk,
        "name": file.name,
        "size": file.size,
        "mime_type": file.mime_type,
        "sha256": file.sha256,
        "status": file.status,
        "version": file.version,
        "width": file.width,
        "height": file.height,
        "url": content_address(file.pk),
    }


def content_address(file_id: UUID | str) -> str:
    """Where a program gets the content."""
    return reverse("api:file-download", args=[file_id])
