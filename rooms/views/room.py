"""The room's page, its header, and the steps of its life."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from core.errors import ActionError
from core.permissions import granted
from core.queries import heads
from core.requests import person, show_refusal
from messaging.queries.threads import thread
from rooms.actions.lifecycle import cancel_room, complete_room, start_room, update_room
from rooms.forms import AgendaItemForm, RoomSettingsForm
from rooms.models import Room
from rooms.queries.people import PANEL_SHOWN, others_in, people_in
from rooms.queries.rooms import room_for_page
from rooms.queries.ruler import ruler


@dataclass(frozen=True)
class RoomView:
    """A room together with who looks at it and what they may do there."""

    room: Room
    user: User
    may: frozenset[str]


def load(request: HttpRequest, room_id: UUID) -> RoomView:
    """The room as the signed-in person sees it; 404 for everybody else."""
    user = person(request)
    room = get_object_or_404(room_for_page(user, room_id))
    return RoomView(room, user, granted(user, room))


def header_context(view: RoomView) -> dict[str, Any]:
    """What header and ruler show."""
    items = list(view.room.agenda.order_by("position"))
    return {
        "room": view.room,
        "may": view.may,
        "items": items,
        "ruler": ruler(view.room, items),
    }


def agenda_context(view: RoomView, form: AgendaItemForm) -> dict[str, Any]:
    """What the stage's agenda pane shows."""
    return header_context(view) | {
        "form": form,
        "may_edit": "manage" in view.may and not view.room.is_over,
    }


@require_GET
@login_required
def room_page(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """The whole room: header, people, agenda, stage and chat."""
    view = load(request, room_id)
    room = view.room
    people = people_in(room, limit=PANEL_SHOWN)
    numbers = heads([room.stream, room.conversation.stream])
    context = agenda_context(view, AgendaItemForm()) | {
        "section": "consultations",
        "people": people,
        "others": others_in(room, view.user, people),
        "room_head": numbers.get(room.stream, 0),
        "thread": thread(view.user, room.conversation, around=request.GET.get("message", "")),
        "conversation_head": numbers.get(room.conversation.stream, 0),
        "may_post": "chat" in view.may and not room.is_over,
    }
    return render(request, "rooms/room.html", context)


@require_GET
@login_required
def header(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Header and ruler again, after something changed."""
    view = load(request, room_id)
    context = header_context(view) | {"others": others_in(view.room, view.user)}
    return render(request, "rooms/header.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def settings(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Name, description, time and planned minutes; for who leads, 403 for the others."""
    view = load(request, room_id)
    if "manage" not in view.may:
        raise PermissionDenied
    room = view.room
    initial = {
        "name": room.name,
        "description": room.description,
        "scheduled_at": room.scheduled_at,
        "duration_minutes": room.duration_minutes,
    }
    form = RoomSettingsForm(request.POST or None, initial=initial, room=room)
    if request.method == "POST" and form.is_valid():
        try:
            update_room(actor=view.user, room=room, changes=form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return redirect("rooms:room", room.pk)
    context = {"section": "consultations", "form": form, "room": room}
    return render(request, "rooms/settings.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def start(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Begin the consultation."""
    start_room(actor=person(request), room=load(request, room_id).room)
    return redirect("rooms:room", room_id)


@require_POST
@login_required
def complete(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """End the consultation."""
    complete_room(actor=person(request), room=load(request, room_id).room)
    return redirect("rooms:room", room_id)


@require_POST
@login_required
def cancel(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Call the consultation off."""
    cancel_room(actor=person(request), room=load(request, room_id).room)
    return redirect("rooms:room", room_id)
