"""Messages that are sent later: above the composer, and on a page of their own."""

from typing import Any
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ActionError
from core.limits import spend_for
from core.requests import pages_beside, person, show_refusal
from messaging.actions.scheduled import (
    cancel_scheduled,
    change_scheduled,
    schedule_message,
    send_now,
)
from messaging.forms import ScheduledForm, SendLaterForm
from messaging.models import Conversation, ScheduledMessage
from messaging.queries.conversations import visible_conversation
from messaging.queries.later import choices
from messaging.queries.scheduled import open_scheduled, other_of_two, scheduled_by
from messaging.views.messages import client_id_of, reply_of

PAGE_SIZE = 25
SHOWN_ABOVE = 20
"""Of those that wait in one conversation; the page has them all."""


def _context(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Whom one writes to where it is one person, whose zone then counts too."""
    me = person(request)
    other = other_of_two(me, conversation)
    has_zone = other is not None and other.timezone != me.timezone
    return {"conversation": conversation, "elsewhere": other if has_zone else None}


@require_GET
@login_required
def later(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The times that are offered for sending later; with `send_at`, that moment in words."""
    conversation = visible_conversation(person(request), conversation_id)
    context = _context(request, conversation) | {"choices": choices(timezone.now())}
    if "send_at" not in request.GET:
        return render(request, "messaging/later_menu.html", context)
    form = SendLaterForm(request.GET)
    context["at"] = form.cleaned_data["send_at"] if form.is_valid() else None
    return render(request, "messaging/later_words.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def waiting(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """GET: what waits in this conversation. POST: one more (`body`, `send_at`, `client_id`)."""
    conversation = visible_conversation(person(request), conversation_id)
    if request.method == "POST":
        return _schedule(request, conversation)
    rows = open_scheduled(person(request), conversation)
    found = list(rows[: SHOWN_ABOVE + 1])
    context = _context(request, conversation) | {
        "rows": found[:SHOWN_ABOVE],
        "has_more": len(found) > SHOWN_ABOVE,
    }
    return render(request, "messaging/scheduled_strip.html", context)


def _schedule(request: HttpRequest, conversation: Conversation) -> HttpResponse:
    spend_for(request, "message")
    form = SendLaterForm(request.POST)
    if not form.is_valid():
        raise ActionError(str(form.errors["send_at"][0]), field="send_at")
    schedule_message(
        actor=person(request),
        conversation=conversation,
        body=request.POST.get("body", ""),
        send_at=form.cleaned_data["send_at"],
        client_id=client_id_of(request),
        reply_to=reply_of(request),
    )
    return HttpResponse(status=204)


@require_GET
@login_required
def scheduled_page(request: HttpRequest) -> HttpResponse:
    """Everything of mine that waits or was not sent, the next first."""
    page = Paginator(open_scheduled(person(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "messages",
        "page": page,
        **pages_beside(request, page),
    }
    return render(request, "messaging/scheduled.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def change(request: HttpRequest, scheduled_id: UUID) -> HttpResponse:
    """Other words or another time."""
    row = _load(request, scheduled_id)
    initial = {"body": row.body, "send_at": row.send_at}
    form = ScheduledForm(request.POST or None, initial=initial)
    form.fields["send_at"].stored = row.send_at  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        spend_for(request, "message")
        try:
            change_scheduled(actor=person(request), scheduled=row, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return redirect("messaging:scheduled")
    context = _context(request, row.conversation) | {
        "section": "messages",
        "form": form,
        "row": row,
    }
    status = 422 if form.errors else 200
    return render(request, "messaging/scheduled_form.html", context, status=status)


@require_POST
@login_required
def cancel(request: HttpRequest, scheduled_id: UUID) -> HttpResponse:
    """Do not send it."""
    cancel_scheduled(actor=person(request), scheduled=_load(request, scheduled_id))
    return _done(request, "That message is not sent.")


@require_POST
@login_required
def send(request: HttpRequest, scheduled_id: UUID) -> HttpResponse:
    """Send it now."""
    row = _load(request, scheduled_id)
    spend_for(request, "message")
    send_now(actor=person(request), scheduled=row)
    return _done(request, "Sent.")


def _done(request: HttpRequest, words: str) -> HttpResponse:
    """Pages that are live see it by their events."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    notices.success(request, words)
    return redirect("messaging:scheduled")


def _load(request: HttpRequest, scheduled_id: UUID) -> ScheduledMessage:
    return get_object_or_404(scheduled_by(person(request)), pk=scheduled_id)
