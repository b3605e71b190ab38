"""The agenda: the panel, editing, moving on."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from core.errors import ActionError
from core.permissions import require
from core.requests import show_refusal
from rooms.actions.agenda import (
    add_agenda_item,
    change_agenda_item,
    go_to_item,
    order_agenda,
    remove_agenda_item,
    set_agenda_clock,
)
from rooms.forms import AgendaItemForm
from rooms.models import AgendaItem
from rooms.views.room import RoomView, agenda_context, header_context, load


@require_GET
@login_required
def panel(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """The side panel's agenda."""
    return render(request, "rooms/agenda_panel.html", header_context(load(request, room_id)))


@require_POST
@login_required
def add(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Add an item at the end."""
    view = load(request, room_id)
    require(view.user, "rooms.manage", view.room)  # a refusal is no fault of a field
    form = AgendaItemForm(request.POST)
    if form.is_valid():
        try:
            add_agenda_item(actor=view.user, room=view.room, **form.cleaned_data)
        except ActionError as error:
            show_refusal(form, error)
        else:
            form = AgendaItemForm()
    return _agenda(request, view, form)


@require_POST
@login_required
def change(request: HttpRequest, room_id: UUID, item_id: UUID) -> HttpResponse:
    """Change an item's title and minutes."""
    view = load(request, room_id)
    form = AgendaItemForm(request.POST)
    if form.is_valid():
        change_agenda_item(actor=view.user, item=_item(view, item_id), **form.cleaned_data)
        form = AgendaItemForm()
    return _agenda(request, view, form)


@require_POST
@login_required
def remove(request: HttpRequest, room_id: UUID, item_id: UUID) -> HttpResponse:
    """Remove an item."""
    view = load(request, room_id)
    remove_agenda_item(actor=view.user, item=_item(view, item_id))
    return _agenda(request, view, AgendaItemForm())


@require_POST
@login_required
def move(request: HttpRequest, room_id: UUID, item_id: UUID) -> HttpResponse:
    """Move an item one place up or down (``direction``)."""
    view = load(request, room_id)
    ids = [item.pk for item in view.room.agenda.order_by("position")]
    item = _item(view, item_id)
    place = ids.index(item.pk)
    target = place + (1 if request.POST.get("direction") == "down" else -1)
    if 0 <= target < len(ids):
        ids[place], ids[target] = ids[target], ids[place]
        order_agenda(actor=view.user, room=view.room, item_ids=ids)
    return _agenda(request, view, AgendaItemForm())


@require_POST
@login_required
def go(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Make an item (``item``, empty for none) the current one."""
    view = load(request, room_id)
    item_id = request.POST.get("item", "")
    item = _item(view, item_id) if item_id else None
    go_to_item(actor=view.user, room=view.room, item=item)
    return _agenda(request, load(request, room_id), AgendaItemForm())


@require_POST
@login_required
def clock(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Let the agenda follow the clock (``follow=on``), or move by hand."""
    view = load(request, room_id)
    set_agenda_clock(
        actor=view.user, room=view.room, follows_clock=request.POST.get("follow") == "on"
    )
    return _agenda(request, load(request, room_id), AgendaItemForm())


def _agenda(request: HttpRequest, view: RoomView, form: AgendaItemForm) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect("rooms:room", view.room.pk)
    status = 422 if form.errors else 200
    return render(request, "rooms/stage_agenda.html", agenda_context(view, form), status=status)


def _item(view: RoomView, item_id: UUID | str) -> AgendaItem:
    try:
        return get_object_or_404(view.room.agenda.select_related("room"), pk=item_id)
    except ValidationError:
        raise Http404 from None
