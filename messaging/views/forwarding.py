"""Forwarding a message to another conversation."""

from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from core.limits import spend_for
from core.requests import person
from messaging.actions.forwarding import forward_message
from messaging.models import Message
from messaging.queries.forwarding import forward_targets
from messaging.views.base import conversation_for, message_for

MAX_SEARCH_CHARACTERS = 100


@require_http_methods(["GET", "POST"])
@login_required
def forward(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """GET: where it can be forwarded to (`q` searches). POST: do it (`conversation`)."""
    message = message_for(request, message_id)
    if request.method == "POST":
        return _forward(request, message)
    text = request.GET.get("q")
    targets = forward_targets(person(request), (text or "")[:MAX_SEARCH_CHARACTERS])
    context = {
        "message": message,
        # Each entry makes one message, however often it is pressed.
        "targets": [(target, uuid4()) for target in targets],
    }
    template = "forward" if text is None else "forward_targets"
    return render(request, f"messaging/{template}.html", context)


def _forward(request: HttpRequest, message: Message) -> HttpResponse:
    spend_for(request, "message")
    forward_message(
        actor=person(request),
        message=message,
        conversation=conversation_for(request, _id(request, "conversation")),
        client_id=_id(request, "client_id"),
    )
    return HttpResponse(status=204)


def _id(request: HttpRequest, name: str) -> UUID:
    """Raises `Http404` for what is no id."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None
