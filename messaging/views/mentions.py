"""Who can be named in a conversation."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.permissions import granted
from core.requests import person
from messaging.queries.conversations import visible_conversation
from messaging.queries.mentions import people_to_name


@require_GET
@login_required
def names(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The people whom an `@` may name, as the entries of the list under it."""
    user = person(request)
    conversation = visible_conversation(user, conversation_id)
    people, are_few = people_to_name(conversation, user)
    context = {
        "people": people,
        "may_name_all": are_few and "moderate" in granted(user, conversation),
    }
    return render(request, "messaging/names.html", context)
