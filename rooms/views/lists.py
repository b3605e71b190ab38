"""Home, the list of consultations, and making a new one."""

from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import ActionError, RateLimited
from core.limits import spend_for
from core.requests import form_too_often, pages_beside, person, show_refusal
from rooms.actions.lifecycle import create_room
from rooms.forms import RoomForm
from rooms.models import Mode, Status
from rooms.queries import rooms as queries

PAGE_SIZE = 25


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """What is next, live, waiting and past."""
    context = {"section": "home", "home": queries.home(person(request)), "now": timezone.now()}
    return render(request, "rooms/home.html", context)


@require_GET
@login_required
def room_list(request: HttpRequest) -> HttpResponse:
    """All my consultations, by status, mode and words."""
    status = request.GET.get("status", "")
    mode = request.GET.get("mode", "")
    text = request.GET.get("q", "").strip()[:200]
    if text:
        spend_for(request, "search")
    rooms = queries.filtered_rooms(person(request), status=status, mode=mode, text=text)
    page = Paginator(rooms.order_by("-created_at", "pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    context = {
        "section": "consultations",
        "page": page,
        **pages_beside(request, page),
        "status": status,
        "mode": mode,
        "text": text,
        "statuses": Status.choices,
        "modes": Mode.choices,
    }
    return render(request, "rooms/list.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required("rooms.add_room", raise_exception=True)
def create(request: HttpRequest) -> HttpResponse:
    """Make a consultation; one for now starts at once."""
    form = RoomForm(request.POST or None)
    context = {"section": "new", "form": form, "back": reverse("rooms:list")}
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        actor = person(request)
        try:
            if values["client_email"]:
                spend_for(request, "invitation")
            room = create_room(
                actor=actor,
                name=values["name"],
                room_type=values["room_type"],
                mode=Mode(values["mode"]),
                description=values["description"],
                scheduled_at=values["scheduled_at"],
                duration_minutes=values["duration_minutes"],
                client_email=values["client_email"],
                start=values["mode"] != Mode.SCHEDULED,
            )
        except RateLimited as error:
            return form_too_often(request, error, "rooms/create.html", context)
        except ActionError as error:
            show_refusal(form, error)
        else:
            return redirect("rooms:room", room.pk)
    return render(request, "rooms/create.html", context, status=422 if form.errors else 200)
