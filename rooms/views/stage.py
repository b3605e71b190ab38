"""The panes of the stage that rooms itself brings; later apps add their own by URL."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.requests import number
from rooms.forms import AddPersonForm, AgendaItemForm
from rooms.queries.timeline import timeline
from rooms.views.people import people_context
from rooms.views.room import agenda_context, load


@require_GET
@login_required
def agenda(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """What it is about, and the agenda, editable for who leads."""
    context = agenda_context(load(request, room_id), AgendaItemForm())
    return render(request, "rooms/stage_agenda.html", context)


@require_GET
@login_required
def people(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Who takes part, since when, how long; roles and removal for who leads."""
    context = people_context(request, load(request, room_id), AddPersonForm())
    return render(request, "rooms/stage_people.html", context)


@require_GET
@login_required
def timeline_pane(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """What happened, newest first, from the room's event log."""
    view = load(request, room_id)
    before = number(request.GET, "before")
    page = timeline(view.room, before=before)
    is_older = before is not None
    template = "rooms/timeline_entries.html" if is_older else "rooms/stage_timeline.html"
    return render(request, template, {"room": view.room, "timeline": page})
