"""Files over HTTP."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import operation
from core.api.views import ApiView
from files.actions.uploads import delete_file, upload_file
from files.answers import file_answer
from files.models import StoredFile
from files.places import kind_called
from files.serializers import FileSerializer, UploadSerializer, file_resource
from files.sniffing import UNKNOWN


class FileView(ApiView):
    """A view of one file that the person may see."""

    def file(self, file_id: UUID) -> StoredFile:
        """Raises `Http404`."""
        return get_object_or_404(StoredFile.objects.visible_to(self.person), pk=file_id)


class Uploads(FileView):
    """Where files are put."""

    limits = {"POST": "upload"}
    parser_classes = [MultiPartParser]

    @operation(
        "files_upload", FileSerializer, body=UploadSerializer, status=201, creates=True,
        refuses=[404, 409],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Upload a file into a conversation. Only you see it until you send a message with it,
        which must be within a day."""
        return self.once(self._upload, again=self._shown)

    def _upload(self) -> Response:
        fields = self.body(UploadSerializer)
        kind = "conversation"
        file = upload_file(
            actor=self.person,
            kind=kind,
            place=kind_called(kind).find(self.person, fields[kind]),
            upload=fields["file"],
            title=fields.get("title", ""),
        )
        return Response(file_resource(file), status=201)

    def _shown(self, file_id: str) -> Any:
        return file_resource(self.file(UUID(file_id)))


class FileDetail(FileView):
    """One file."""

    @operation("files_read", FileSerializer)
    def get(self, request: Request, file_id: UUID) -> Response:
        """What a file is."""
        return Response(file_resource(self.file(file_id)))

    @operation("files_delete", status=204)
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Throw away a file that you have uploaded and not sent."""
        delete_file(actor=self.person, file=self.file(file_id))
        return Response(status=204)


class FileDownload(FileView):
    """The content of a file."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whatever is accepted: a file is what it is."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        operation_id="files_download",
        responses={(200, UNKNOWN): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, file_id: UUID) -> HttpResponseBase:
        """The content, to be saved under its name."""
        return file_answer(request._request, self.file(file_id), shows=False)
