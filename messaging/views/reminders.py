"""Reminders: the small dialog at a message, and the page of all of them."""

from datetime import timedelta
from uuid import UUID

from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ActionError
from core.requests import pages_beside, person, show_refusal
from messaging.actions.reminders import (
    cancel_reminder,
    change_reminder,
    complete_reminder,
    set_reminder,
)
from messaging.forms import ReminderForm
from messaging.models import Message, Reminder
from messaging.queries.later import choices
from messaging.queries.reminders import open_reminders, reminder_of, reminders_of

PAGE_SIZE = 25
LATER = timedelta(hours=1)


@require_GET
@login_required
def reminders_page(request: HttpRequest) -> HttpResponse:
    """What is due and what will be."""
    page = Paginator(open_reminders(person(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "messages",
        "page": page,
        **pages_beside(request, page),
    }
    return render(request, "messaging/reminders.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def remind(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """GET: what the dialog asks. POST: be reminded of this message."""
    user = person(request)
    visible = Message.objects.visible_to(user).select_related("conversation", "author")
    message = get_object_or_404(visible, pk=message_id)
    known = reminder_of(user, message)
    initial = {"note": known.note, "remind_at": known.remind_at} if known else None
    form = ReminderForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            set_reminder(actor=user, message=message, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return HttpResponse(status=204)
    context = {
        "message": message,
        "known": known,
        "form": form,
        "choices": choices(timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "messaging/remind_form.html", context, status=status)


@require_POST
@login_required
def done(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    """It is done."""
    complete_reminder(actor=person(request), reminder=_load(request, reminder_id))
    return _answered(request, "Done.")


@require_POST
@login_required
def in_an_hour(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    """Remind again in an hour."""
    at = timezone.now() + LATER
    change_reminder(actor=person(request), reminder=_load(request, reminder_id), remind_at=at)
    return _answered(request, "You will be reminded in an hour.")


@require_POST
@login_required
def cancel(request: HttpRequest, reminder_id: UUID) -> HttpResponse:
    """Do not remind."""
    cancel_reminder(actor=person(request), reminder=_load(request, reminder_id))
    return _answered(request, "You will not be reminded of that.")


def _answered(request: HttpRequest, words: str) -> HttpResponse:
    """Pages that are live see it by their events."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204)
    notices.success(request, words)
    return redirect("messaging:reminders")


def _load(request: HttpRequest, reminder_id: UUID) -> Reminder:
    return get_object_or_404(reminders_of(person(request)), pk=reminder_id)
