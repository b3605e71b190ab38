"""Who looked at my data."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.queries import receipts_of
from core.requests import person

PAGE_SIZE = 25


@require_safe
@login_required
def receipts(request: HttpRequest) -> HttpResponse:
    """Each time that staff opened something of mine: who, when, what and why."""
    page = Paginator(receipts_of(person(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "previous": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "next": f"?page={page.next_page_number()}" if page.has_next() else "",
    }
    return render(request, "audit/receipts.html", context)
