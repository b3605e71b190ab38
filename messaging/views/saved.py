"""Messages that one keeps for oneself."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.limits import limited
from core.requests import number, person
from messaging.actions.saved import save_message, unsave_message
from messaging.queries.kept import saved_page
from messaging.views.base import message_for


@require_GET
@login_required
def saved(request: HttpRequest) -> HttpResponse:
    """The page: the last one first, older ones by `before` (the id of one's entry)."""
    page = saved_page(person(request), before=number(request.GET, "before"))
    return render(request, "messaging/saved.html", {"section": "messages", "page": page})


@require_POST
@login_required
@limited("reaction")
def save(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Keep a message."""
    save_message(actor=person(request), message=message_for(request, message_id))
    return HttpResponse(status=204)


@require_POST
@login_required
@limited("reaction")
def unsave(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """No longer keep it: from a menu (htmx), or from the page, which is shown again."""
    unsave_message(actor=person(request), message=message_for(request, message_id))
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    return redirect("messaging:saved")
