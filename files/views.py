"""The content of files, for pages."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from core.requests import person
from files.answers import file_answer
from files.models import StoredFile


@login_required
@require_safe
def content(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """A picture to be shown, anything else to be saved."""
    file = get_object_or_404(StoredFile.objects.visible_to(person(request)), pk=file_id)
    return file_answer(request, file, shows=True)
