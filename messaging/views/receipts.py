"""Who saw a message, and when."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.requests import person
from messaging.models import Message
from messaging.queries.receipts import seen_by as read_seen_by


@require_GET
@login_required
def seen_by(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """A fragment: who saw it and when, and who is not known to have seen it."""
    visible = Message.objects.visible_to(person(request))
    message = get_object_or_404(visible, pk=message_id)
    context = {"message": message, "receipts": read_seen_by(message)}
    return render(request, "messaging/seen_by.html", context)
