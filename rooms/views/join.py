"""The page that the link of an invitation opens, and the ways in from there.

Looking never uses the link: mail programs and scanners look before people do.
"""

from contextlib import suppress
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.invitations import LinkOver, OnItsWay
from accounts.actions.people import AddressTaken
from accounts.adapter import sign_in_by_link, zone_of
from accounts.forms import KeepAccountForm, NameForm, NewAccountForm
from accounts.models import User
from accounts.queries import organisation_name
from core.errors import ActionError, NotAllowed
from core.limits import limited
from core.refusals import tell_of_request
from core.requests import show_refusal, viewer
from rooms.actions.invitations import (
    accept_invitation,
    join_as_guest,
    join_with_account,
    send_guest_link,
)
from rooms.models import Participant
from rooms.queries import invitations as queries
from rooms.queries.invitations import Landing, Way

SENT = "sent"
"""In the query of a link that does not work: a new one was asked for."""


@require_safe
@never_cache
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites, and how to come in; who is in already goes to the room."""
    me = viewer(request)
    room_id = queries.room_of_link(token, me) if me else None
    if room_id is not None:
        return redirect("rooms:room", room_id)
    return _page(request, token)


@require_POST
@never_cache
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """Come in without an account; a guest who comes back is known."""
    found = _found(request, token, Way.NEW, Way.GUEST, Way.BACK)
    form = NameForm(request.POST)
    if found is None:
        return _page(request, token)
    if found.way == Way.NEW and not form.is_valid():
        return _page(request, token, guest_form=form)
    system = User.objects.system()
    try:
        there = join_as_guest(
            actor=system,
            token=token,
            name=request.POST.get("name", ""),
            timezone=zone_of(request),
        )
    except ActionError as error:
        return _refused(request, token, error, guest_form=form)
    return _let_in(request, there)


@require_POST
@never_cache
def account(request: HttpRequest, token: str) -> HttpResponse:
    """Come in with an account that is made, kept or finished here."""
    found = _found(request, token, Way.NEW, Way.GUEST, Way.FINISH)
    if found is None:
        return _page(request, token)
    form = (KeepAccountForm if found.way == Way.GUEST else NewAccountForm)(request.POST)
    if not form.is_valid():
        return _page(request, token, account_form=form)
    try:
        there = join_with_account(
            actor=User.objects.system(),
            token=token,
            name=form.cleaned_data.get("name", ""),
            password=form.cleaned_data["password1"],
            timezone=zone_of(request),
        )
    except ActionError as error:
        return _refused(request, token, error, account_form=form)
    return _let_in(request, there)


@require_POST
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Come in with the account that one is signed in with."""
    me = viewer(request)
    if me is None:
        return redirect("rooms:join", token)
    try:
        there = accept_invitation(actor=me, token=token)
    except ActionError as error:
        return _refused(request, token, error)
    return redirect("rooms:room", there.room_id)


@require_POST
@never_cache
@limited("invitation")
def again(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a guest a new link, to the address that was invited. Everybody reads the same."""
    participant = queries.guest_who_may_return(token)
    if participant is not None:
        with suppress(OnItsWay):  # then it is in the mailbox already
            send_guest_link(actor=User.objects.system(), participant=participant)
    return redirect(f"{reverse('rooms:join', args=[token])}?{SENT}")


def _found(request: HttpRequest, token: str, *ways: Way) -> Landing | None:
    """The landing, if it leads in by one of these ways for who asks."""
    found = queries.landing(token, viewer(request))
    return found if found is not None and found.way in ways else None


def _let_in(request: HttpRequest, there: Participant) -> HttpResponse:
    return sign_in_by_link(request, there.user, reverse("rooms:room", args=[there.room_id]))


def _refused(request: HttpRequest, token: str, error: ActionError, **forms: Form) -> HttpResponse:
    """The page again: with the error at its field, or as things stand now."""
    if isinstance(error, NotAllowed):  # the page says what to do; the log keeps the attempt
        tell_of_request(request, error)
    if isinstance(error, LinkOver | AddressTaken | NotAllowed):
        return _page(request, token)
    error.field = {"password": "password1"}.get(error.field, error.field)
    for form in forms.values():
        show_refusal(form, error)
    return _page(request, token, **forms)


def _page(request: HttpRequest, token: str, **forms: Form) -> HttpResponse:
    found = queries.landing(token, viewer(request))
    if found is None and SENT in request.GET:
        response = render(request, "rooms/join_sent.html")
    elif found is None:
        response = render(request, "rooms/join_over.html", {"token": token}, status=404)
    else:
        is_wrong = any(form.errors for form in forms.values())
        response = render(
            request,
            "rooms/join.html",
            _context(request, token, found, forms),
            status=422 if is_wrong else 200,
        )
    response["X-Robots-Tag"] = "noindex"
    return response


def _context(
    request: HttpRequest, token: str, found: Landing, forms: dict[str, Form]
) -> dict[str, Any]:
    known = found.way in (Way.GUEST, Way.BACK)
    inviter = found.invitation.invited_by
    knows_zone = request.user.is_authenticated or zone_of(request)
    return {
        "token": token,
        "invitation": found.invitation,
        "room": found.invitation.room,
        "by": inviter,
        "zone": "" if knows_zone else inviter.timezone,
        "organisation": organisation_name(inviter),
        "way": found.way,
        "guest": found.guest,
        "guest_form": forms.get("guest_form") or NameForm(auto_id="id_guest_%s"),
        "account_form": forms.get("account_form")
        or (KeepAccountForm if known else NewAccountForm)(),
        "has_account_form_errors": "account_form" in forms,
    }
