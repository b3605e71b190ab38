"""Pinned messages of a conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from core.limits import limited
from core.permissions import granted
from core.requests import person
from messaging.actions.pins import pin_message, unpin_message
from messaging.queries.kept import pinned_messages
from messaging.views.base import conversation_for, message_for


@require_GET
@login_required
def pins(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The list, with ways to each message; it loads itself anew when a pin changes."""
    conversation = conversation_for(request, conversation_id)
    may_post = "post" in granted(person(request), conversation)
    context = {
        "conversation": conversation,
        "messages": pinned_messages(conversation),
        "may_unpin": may_post and conversation.closed_at is None,
    }
    return render(request, "messaging/pins.html", context)


@require_POST
@login_required
@limited("reaction")
def pin(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Pin a message; everybody's page learns it from the event."""
    pin_message(actor=person(request), message=message_for(request, message_id))
    return HttpResponse(status=204)


@require_POST
@login_required
@limited("reaction")
def unpin(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Take its pin out; everybody's page learns it from the event."""
    unpin_message(actor=person(request), message=message_for(request, message_id))
    return HttpResponse(status=204)
