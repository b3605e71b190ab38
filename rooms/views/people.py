"""Who takes part: the panel, adding, roles, leaving."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.actions.invitations import OnItsWay
from core.errors import ActionError
from core.limits import limited
from core.permissions import require
from core.requests import number, person, show_refusal
from rooms.actions.invitations import (
    add_or_invite,
    resend_invitation,
    revoke_invitation,
    send_guest_link,
)
from rooms.actions.participants import change_role, remove_participant
from rooms.forms import AddPersonForm
from rooms.models import Participant, Role, Room, RoomInvitation
from rooms.queries.invitations import open_invitation, open_invitations
from rooms.queries.people import PANEL_SHOWN, participant_of, people_in, people_who_left
from rooms.queries.rooms import next_together
from rooms.views.room import RoomView, load

MAX_START = 1_000_000
"""Beyond it no room has people; PostgreSQL refuses what is no integer of its own."""


@require_GET
@login_required
def panel(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """The side panel's list of people."""
    view = load(request, room_id)
    context = {
        "room": view.room,
        "may": view.may,
        "people": people_in(view.room, limit=PANEL_SHOWN),
        "invitations": _invitations(view),
    }
    return render(request, "rooms/people_panel.html", context)


@require_POST
@login_required
@limited("invitation")
def add(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Add a person by e-mail, or invite them."""
    view = load(request, room_id)
    require(view.user, "rooms.invite", view.room)  # before the form says what is wrong with it
    form = AddPersonForm(request.POST)
    if form.is_valid():
        try:
            add_or_invite(actor=view.user, room=view.room, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error, other="email")
        else:
            form = AddPersonForm()
            view = load(request, room_id)  # whoever is new may be among the first, with a colour
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


@require_POST
@login_required
@limited("invitation")
def guest_link(request: HttpRequest, room_id: UUID, user_id: UUID) -> HttpResponse:
    """Mail a guest a new link."""
    view = load(request, room_id)
    send_guest_link(actor=view.user, participant=_participant(view, user_id))
    return _people(request, view, AddPersonForm())


@require_POST
@login_required
@limited("invitation")
def resend(request: HttpRequest, room_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Mail a new link of an invitation."""
    view = load(request, room_id)
    invitation = _invitation(view, invitation_id)
    try:
        resend_invitation(actor=view.user, invitation=invitation)
    except OnItsWay as error:
        if not getattr(request, "htmx", False):
            raise
        context = people_context(request, view, AddPersonForm())
        context |= {"refused": invitation, "refusal": error.detail}
        return render(request, "rooms/stage_people.html", context, status=422)
    return _people(request, view, AddPersonForm())


@require_POST
@login_required
def revoke(request: HttpRequest, room_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Take an invitation back."""
    view = load(request, room_id)
    revoke_invitation(actor=view.user, invitation=_invitation(view, invitation_id))
    return _people(request, view, AddPersonForm())


def people_context(request: HttpRequest, view: RoomView, form: AddPersonForm) -> dict[str, Any]:
    """What the stage's people pane shows, from person number ``start`` on.

    Everything in the pane sends ``start`` along, so that nobody is put back to the first page.
    """
    start = number(request.POST or request.GET, "start") or 0
    return {
        "room": view.room,
        "may": view.may,
        "people": people_in(view.room, min(start, MAX_START)),
        "former": people_who_left(view.room),
        "invitations": _invitations(view),
        "form": form,
        "roles": Role.choices,
    }


def _people(request: HttpRequest, view: RoomView, form: AddPersonForm) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect("rooms:room", view.room.pk)
    status = 422 if form.errors else 200
    context = people_context(request, view, form)
    return render(request, "rooms/stage_people.html", context, status=status)


def _invitations(view: RoomView) -> list[RoomInvitation]:
    """The open ones, for who may invite."""
    if "invite" not in view.may or view.room.is_over:
        return []
    return list(open_invitations(view.room).order_by("-created_at", "pk"))


def _invitation(view: RoomView, invitation_id: UUID) -> RoomInvitation:
    require(view.user, "rooms.invite", view.room)
    return get_object_or_404(open_invitation(view.room, invitation_id))


def _participant(view: RoomView, user_id: UUID) -> Participant:
    return get_object_or_404(participant_of(view.user, view.room, user_id))


@require_GET
@login_required
def of_conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """From a conversation to its room."""
    rooms = Room.objects.visible_to(person(request))
    return redirect("rooms:room", get_object_or_404(rooms, conversation=conversation_id).pk)


@require_GET
@login_required
def together(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """The next consultations that one has with somebody, for the details of a conversation."""
    rooms = next_together(person(request), user_id)
    return render(request, "rooms/together.html", {"rooms": rooms})
