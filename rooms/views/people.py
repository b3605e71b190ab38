"""Who takes part: the panel, adding, roles, leaving."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.queries import person_by_email
from core.errors import ActionError
from core.permissions import require
from rooms.actions.participants import add_participant, change_role, remove_participant
from rooms.forms import AddPersonForm
from rooms.models import Participant, Role
from rooms.queries.people import participant_of, people_in, people_who_left
from rooms.views.room import RoomView, load


@require_GET
@login_required
def panel(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """The side panel's list of people."""
    view = load(request, room_id)
    context = {"room": view.room, "may": view.may, "people": people_in(view.room)}
    return render(request, "rooms/people_panel.html", context)


@require_POST
@login_required
def add(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Add an existing person by e-mail."""
    view = load(request, room_id)
    require(view.user, "rooms.invite", view.room)  # before an address is looked up
    form = AddPersonForm(request.POST)
    if form.is_valid():
        user = person_by_email(form.cleaned_data["email"])
        if user is None:
            form.add_error("email", "Nobody with this address has an account here yet.")
        else:
            try:
                add_participant(
                    actor=view.user, room=view.room, user=user, role=form.cleaned_data["role"]
                )
            except ActionError as error:
                form.add_error("email", error.detail)
            else:
                form = AddPersonForm()
    return _people(request, view, form)


@require_POST
@login_required
def role(request: HttpRequest, room_id: UUID, user_id: UUID) -> HttpResponse:
    """Give somebody another role."""
    view = load(request, room_id)
    change_role(
        actor=view.user,
        participant=_participant(view, user_id),
        role=request.POST.get("role", ""),
    )
    return _people(request, load(request, room_id), AddPersonForm())


@require_POST
@login_required
def remove(request: HttpRequest, room_id: UUID, user_id: UUID) -> HttpResponse:
    """Take somebody out of the room, or leave it oneself."""
    view = load(request, room_id)
    remove_participant(actor=view.user, participant=_participant(view, user_id))
    if user_id == view.user.pk:
        messages.success(request, f"You have left “{view.room.name}”.")
        return redirect("home")
    return _people(request, view, AddPersonForm())


def people_context(view: RoomView, form: AddPersonForm) -> dict[str, Any]:
    """What the stage's people pane shows."""
    return {
        "room": view.room,
        "may": view.may,
        "people": people_in(view.room),
        "former": people_who_left(view.room),
        "form": form,
        "roles": Role.choices,
    }


def _people(request: HttpRequest, view: RoomView, form: AddPersonForm) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect("rooms:room", view.room.pk)
    status = 422 if form.errors else 200
    return render(request, "rooms/stage_people.html", people_context(view, form), status=status)


def _participant(view: RoomView, user_id: UUID) -> Participant:
    return get_object_or_404(participant_of(view.user, view.room, user_id))
