"""Who can be named in a conversation, and the page of where one was."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.permissions import granted
from core.requests import number, person
from messaging.queries.conversations import visible_conversation
from messaging.queries.mentions import mentions_of, people_to_name, with_messages

PAGE_SIZE = 25
MOST_PAGES = 10_000


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


@require_GET
@login_required
def mentions(request: HttpRequest) -> HttpResponse:
    """Where the person was named, the newest first; each leads to its message."""
    page = max(1, min(number(request.GET, "page") or 1, MOST_PAGES))
    start = (page - 1) * PAGE_SIZE
    rows = mentions_of(person(request)).order_by("-created_at", "-pk")
    found = list(rows[start : start + PAGE_SIZE + 1])
    context = {
        "section": "messages",
        "mentions": with_messages(found[:PAGE_SIZE]),
        "previous": f"?page={page - 1}" if page > 1 else "",
        "next": f"?page={page + 1}" if len(found) > PAGE_SIZE else "",
    }
    return render(request, "messaging/mentions.html", context)
