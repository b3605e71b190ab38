"""Meetings: called from a conversation, changed, and listed."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages as notices
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import ActionError
from core.limits import spend_for
from core.permissions import granted, require
from core.requests import pages_beside, person, show_refusal
from messaging.actions.meetings import cancel_meeting, move_meeting, schedule_meeting
from messaging.forms import MeetingForm
from messaging.models import Conversation, ConversationKind, Meeting
from messaging.queries.conversations import visible_conversation
from messaging.queries.meetings import meetings_of
from messaging.queries.scheduled import other_of_two
from messaging.views.messages import client_id_of

PAGE_SIZE = 25


@require_GET
@login_required
def meeting_list(request: HttpRequest) -> HttpResponse:
    """What is to come, the next first; with `when=past`, what was, the last first."""
    is_past = request.GET.get("when") == "past"
    rows = meetings_of(person(request), past=is_past)
    order = "-starts_at" if is_past else "starts_at"
    page = Paginator(rows.order_by(order, "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "messages",
        "page": page,
        "is_past": is_past,
        "now": timezone.now(),
        **pages_beside(request, page),
    }
    return render(request, "messaging/meetings.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Call a meeting."""
    actor = person(request)
    talk = visible_conversation(actor, conversation_id)
    require(actor, "messaging.post", talk)
    form = MeetingForm(request.POST or None, initial={"link": _own_room(talk)})
    if request.method == "POST" and form.is_valid():
        spend_for(request, "message")
        try:
            schedule_meeting(
                actor=actor,
                conversation=talk,
                client_id=client_id_of(request),
                **form.cleaned_data,
            )
        except ActionError as error:
            show_refusal(form, error)
        else:
            return redirect("messaging:conversation", talk.pk)
    context = _about(request, talk) | {"form": form, "client_id": client_id_of(request)}
    status = 422 if form.errors else 200
    return render(request, "messaging/meeting_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@login_required
def meeting(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """GET: the meeting, with a form where it can still be changed. POST: change it."""
    actor, row = person(request), _load(request, meeting_id)
    form = MeetingForm(
        request.POST or None,
        initial={
            "title": row.title,
            "starts_at": row.starts_at,
            "duration_minutes": row.duration_minutes,
            "link": row.link,
        },
    )
    form.fields["starts_at"].stored = row.starts_at  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        spend_for(request, "message")
        try:
            move_meeting(actor=actor, meeting=row, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return redirect("messaging:conversation", row.conversation_id)
    may = "post" in granted(actor, row.conversation) and row.conversation.closed_at is None
    context = _about(request, row.conversation) | {
        "form": form,
        "meeting": row,
        "may_change": may and not row.is_cancelled and not row.is_over(timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "messaging/meeting.html", context, status=status)


@require_POST
@login_required
def cancel(request: HttpRequest, meeting_id: UUID) -> HttpResponse:
    """Call it off."""
    row = cancel_meeting(actor=person(request), meeting=_load(request, meeting_id))
    notices.success(request, f"“{row.title}” is cancelled. Everybody in the conversation sees it.")
    return redirect("messaging:conversation", row.conversation_id)


def _about(request: HttpRequest, talk: Conversation) -> dict[str, Any]:
    """The conversation by name, and the other's zone where that is another one."""
    me = person(request)
    other = other_of_two(me, talk)
    is_elsewhere = other is not None and other.timezone != me.timezone
    return {
        "section": "messages",
        "conversation": talk,
        "name": str(other) if other else talk.title,
        "elsewhere": other if is_elsewhere else None,
    }


def _own_room(talk: Conversation) -> str:
    """A consultation's chat offers the consultation as the place."""
    if talk.kind != ConversationKind.ROOM:
        return ""
    return f"{settings.PUBLIC_URL}{reverse('rooms:of_conversation', args=[talk.pk])}"


def _load(request: HttpRequest, meeting_id: UUID) -> Meeting:
    visible = Meeting.objects.visible_to(person(request))
    rows = visible.select_related("conversation", "organiser", "cancelled_by")
    return get_object_or_404(rows, pk=meeting_id)
