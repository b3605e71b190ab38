"""The inbox: the list of conversations, the one that is open, and what stands beside it."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import User
from core.limits import spend_for
from core.permissions import granted
from core.requests import page_url, person
from messaging.models import Category, ConversationKind, Priority
from messaging.queries.contacts import present_members, requests_for
from messaging.queries.inbox import (
    PAGE_SIZE,
    Filters,
    Order,
    Show,
    listed,
    number_unread,
    rows_of,
)
from messaging.queries.opening import Opened, opened
from messaging.queries.threads import thread_at

MORE_FILTERS = {
    Show.ACTIVE: "Can be written in",
    Show.PINNED: "Pinned",
    Show.MUTED: "Muted",
    Show.ARCHIVED: "Archived",
}
ORDERS = {
    Order.NEWEST: "Newest first",
    Order.OLDEST: "Oldest first",
    Order.UNREAD: "Unread first",
    Order.PRIORITY: "Most urgent first",
}


@require_GET
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """The list, and no conversation open."""
    context = _list_context(request, person(request))
    return render(request, "messaging/inbox.html", context | {"pane": "list"})


@require_GET
@login_required
def inbox_list(request: HttpRequest) -> HttpResponse:
    """The list alone, after something changed. `open` names the conversation beside it."""
    context = _list_context(request, person(request))
    context["open_id"] = request.GET.get("open", "")
    return render(request, "messaging/inbox_list.html", context)


@require_GET
@login_required
def count(request: HttpRequest) -> HttpResponse:
    """In how many conversations something waits, for the rail."""
    return render(request, "messaging/count.html", {"number": number_unread(person(request))})


@require_GET
@login_required
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The list and one conversation, at its newest or at a `message`."""
    user = person(request)
    view = opened(user, conversation_id, _uuid(request.GET.get("message", "")))
    context = _list_context(request, user, view)
    talk, may = view.conversation, granted(user, view.conversation)
    context |= {
        "open_id": str(talk.pk),
        "pane": "details" if request.GET.get("pane") == "details" else "thread",
        "thread": thread_at(user, talk, view.linked_seq),
        "conversation_head": view.head,
        "may": may,
        "may_post": "post" in may and talk.closed_at is None,
        "may_triage": view.is_consultant and "post" in may,
    }
    return render(request, "messaging/inbox.html", context)


@require_GET
@login_required
def members(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Who takes part, for the details of a conversation of several. A group's people are changed
    here, those of a consultation in its room."""
    user = person(request)
    talk = opened(user, conversation_id).conversation
    context = {
        "conversation": talk,
        "members": present_members(talk.pk)[:100],
        "may": granted(user, talk) if talk.kind == ConversationKind.GROUP else (),
    }
    return render(request, "messaging/members.html", context)


def _list_context(request: HttpRequest, user: User, view: Opened | None = None) -> dict[str, Any]:
    """What the list shows, and with an open conversation its row, in the same queries."""
    filters = Filters.parse(request.GET)
    if filters.text:
        spend_for(request, "search")
    number = _page_number(request)
    places = list(listed(user, filters)[(number - 1) * PAGE_SIZE : number * PAGE_SIZE + 1])
    has_more, places = len(places) > PAGE_SIZE, places[:PAGE_SIZE]
    rows = rows_of(user, [*places, *([view.place] if view else [])])
    row = rows.pop() if view else None
    query = request.GET.copy()
    for name in ("open", "message", "pane"):
        query.pop(name, None)
    return {
        "section": "messages",
        "filters": filters,
        "pinned": [row for row in rows if row.place.pinned_at],
        "recent": [row for row in rows if not row.place.pinned_at],
        "row": row,
        "query": query.urlencode(),
        "previous": page_url(request, number - 1) if number > 1 else "",
        "next": page_url(request, number + 1) if has_more else "",
        "requests": list(requests_for(user)[:5]) if number == 1 and filters.is_plain else [],
        "more_filters": MORE_FILTERS.items(),
        "orders": ORDERS.items(),
        "categories": Category.choices,
        "priorities": Priority.choices,
        "is_choosing": filters.category or filters.priority or filters.show in MORE_FILTERS,
    }


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and text.isascii() and len(text) < 5 else 1


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
