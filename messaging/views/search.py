"""Finding what was said, and going where it stands."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from core.limits import spend_for
from core.requests import number, person
from messaging.fragments import conversation_address
from messaging.queries.search.results import search as find

MAX_TEXT = 1_000
"""More is not even carried on in links; the language says what it looks at."""


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """A page of what was found, to htmx its results alone; without words, how to search."""
    text = request.GET.get("q", "").strip()[:MAX_TEXT]
    if text:
        spend_for(request, "search")
    results = find(person(request), text, page=max(1, number(request.GET, "page") or 1))
    context = {
        "section": "messages",
        "text": text,
        "results": results,
        "hits": [(hit, conversation_address(hit.conversation)) for hit in results.hits],
        "filters": [_filter(text, words, token) for words, token in _filters()],
        "previous": _address(text, results.page - 1) if results.page > 1 else "",
        "next": _address(text, results.page + 1) if results.has_next else "",
        "today": timezone.localdate(),
    }
    is_part = getattr(request, "htmx", False)
    template = "messaging/search_results.html" if is_part else "messaging/search.html"
    response = render(request, template, context)
    # The address is put into the history: going back must not show the part alone.
    patch_vary_headers(response, ["HX-Request"])
    return response


def _filters() -> list[tuple[str, str]]:
    """What the row of filters offers: its words, and what it writes into the field."""
    week = timezone.localdate() - timedelta(days=7)
    return [
        ("From me", "from:me"),
        ("With a link", "has:link"),
        ("With a file", "has:file"),
        ("Last 7 days", f"after:{week.isoformat()}"),
    ]


def _filter(text: str, words: str, token: str) -> dict[str, object]:
    """A filter that is a link: on, it takes its token out again."""
    tokens = text.split(" ")
    is_on = token in tokens
    rest = [each for each in tokens if each != token] if is_on else [*tokens, token]
    return {"words": words, "is_on": is_on, "address": _address(" ".join(rest).strip())}


def _address(text: str, page: int = 1) -> str:
    query = {"q": text} | ({"page": page} if page > 1 else {})
    return f"{reverse('messaging:search')}?{urlencode(query)}"
