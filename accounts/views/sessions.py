"""Where one is signed in, and signing out there."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import queries
from accounts.actions import sessions as actions
from core.devices import device_of
from core.requests import person

PAGE_SIZE = 25


@login_required
@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    """Every browser that one is signed in with; this one first."""
    sessions = queries.sessions_of(person(request))
    current = sessions.filter(session_key=request.session.session_key).first()
    others = sessions.exclude(session_key=request.session.session_key)
    page = Paginator(others, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "here": current if page.number == 1 else None,
        "page": page,
        "previous": f"?page={page.number - 1}" if page.has_previous() else "",
        "next": f"?page={page.number + 1}" if page.has_next() else "",
    }
    return render(request, "accounts/sessions.html", context)


@login_required
@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out one other browser."""
    session = _other_session(request, session_id)
    actions.end_session(actor=person(request), session=session)
    messages.success(request, f"Signed out: {device_of(session.user_agent).name}.")
    return redirect("accounts:sessions")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    me = person(request)
    number = actions.end_other_sessions(actor=me, user=me, keep=request.session.session_key)
    browsers = "one other browser" if number == 1 else f"{number} other browsers"
    messages.success(request, f"Signed out of {browsers}." if number else "Nothing else was open.")
    return redirect("accounts:sessions")


def _other_session(request: HttpRequest, session_id: int) -> UserSession:
    """One's own session in another browser; 404 for this one, which ends by signing out."""
    sessions = queries.sessions_of(person(request)).select_related("user")
    found = sessions.exclude(session_key=request.session.session_key).filter(pk=session_id).first()
    if found is None:
        raise Http404
    return found
