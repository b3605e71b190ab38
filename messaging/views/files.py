"""Files of a conversation, beside it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.requests import person
from messaging.queries.files import shared_files
from messaging.views.base import conversation_for


@require_GET
@login_required
def files(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The newest, with ways to their messages; it loads itself anew when they change."""
    conversation = conversation_for(request, conversation_id)
    context = {"conversation": conversation, "shared": shared_files(person(request), conversation)}
    return render(request, "messaging/shared_files.html", context)
