"""Files as they are sent to a browser or program."""

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header

from files.models import Status, StoredFile
from files.sniffing import UNKNOWN
from files.storage import storage_at_hand

# Whatever is in it, it can load nothing, run nothing and be framed by nobody.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def file_answer(request: HttpRequest, file: StoredFile, *, shows: bool) -> HttpResponseBase:
    """The file to save under its name; with ``shows`` pictures are shown instead.

    Browsers ask each time whether they may still have it. Raises `Http404` for what is infected or
    whose content is gone.
    """
    if file.status == Status.INFECTED:
        raise Http404
    etag = f'"{file.sha256}"'
    not_modified = get_conditional_response(request, etag=etag)
    response: Any = not_modified or _content(file, shows=shows and file.is_picture)
    response["ETag"] = etag
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, no_cache=True)
    answer: HttpResponseBase = response
    return answer


def _content(file: StoredFile, *, shows: bool) -> FileResponse:
    try:
        with storage_at_hand():
            opened = file.content.open("rb")
    except (FileNotFoundError, ValueError):
        raise Http404 from None
    response = FileResponse(opened, content_type=file.mime_type if shows else UNKNOWN)
    response["Content-Length"] = str(file.size)
    response["Content-Disposition"] = content_disposition_header(not shows, file.name) or ""
    return response
