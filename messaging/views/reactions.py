"""Reacting to messages."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from core.limits import limited
from core.requests import person
from messaging.actions.reactions import add_reaction, remove_reaction
from messaging.models import Message
from messaging.queries.kept import own_reactions
from messaging.queries.threads import PAGE_SIZE
from messaging.views.base import conversation_for, message_for


@require_POST
@login_required
@limited("reaction")
def react(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """React with an emoji; everybody's page learns it from the event."""
    emoji = request.POST.get("emoji", "")
    add_reaction(actor=person(request), message=message_for(request, message_id), emoji=emoji)
    return HttpResponse(status=204)


@require_POST
@login_required
@limited("reaction")
def unreact(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """Take one's emoji back; everybody's page learns it from the event."""
    emoji = request.POST.get("emoji", "")
    remove_reaction(actor=person(request), message=message_for(request, message_id), emoji=emoji)
    return HttpResponse(status=204)


@require_GET
@login_required
def own(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One's own emoji on some messages (`message`, at most a page of them): where more people
    reacted than are named. `{"reactions": [[message, emoji], ...]}`."""
    conversation = conversation_for(request, conversation_id)
    asked = [text for text in request.GET.getlist("message")[:PAGE_SIZE] if _is_id(text)]
    here = Message.objects.filter(conversation=conversation, pk__in=asked)
    found = own_reactions(person(request), list(here.values_list("pk", flat=True)))
    return JsonResponse({"reactions": found})


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
