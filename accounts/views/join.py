"""The page that the link into an organisation opens. Looking never uses the link."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.actions.members import join_organisation, join_organisation_with_account
from accounts.adapter import sign_in_by_link, zone_of
from accounts.forms import KeepAccountForm, NewAccountForm
from accounts.models import User
from accounts.queries import Way, member_landing
from core.errors import ActionError, NotAllowed
from core.refusals import tell_of_request
from core.requests import show_refusal, viewer


@require_safe
@never_cache
def landing(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites into which organisation, and how to join."""
    return _page(request, token)


@require_POST
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Join with the account that one is signed in with."""
    me = viewer(request)
    if me is None:
        return redirect("accounts:join", token)
    try:
        membership = join_organisation(actor=me, token=token)
    except ActionError as error:
        if isinstance(error, NotAllowed):  # the page says what to do; the log keeps the attempt
            tell_of_request(request, error)
        return _page(request, token)
    messages.success(request, f"You belong to {membership.organisation.name} now.")
    return redirect("home")


@require_POST
@never_cache
def account(request: HttpRequest, token: str) -> HttpResponse:
    """Join with an account that is made, kept or finished here."""
    found = member_landing(token, viewer(request))
    if found is None or found.way not in (Way.NEW, Way.KEEP):
        return _page(request, token)
    form = (KeepAccountForm if found.way == Way.KEEP else NewAccountForm)(request.POST)
    if not form.is_valid():
        return _page(request, token, form)
    try:
        membership = join_organisation_with_account(
            actor=User.objects.system(),
            token=token,
            name=form.cleaned_data.get("name", ""),
            password=form.cleaned_data["password1"],
            timezone=zone_of(request),
        )
    except ActionError as error:
        error.field = {"password": "password1"}.get(error.field, error.field)
        show_refusal(form, error)
        return _page(request, token, form)
    messages.success(request, f"You belong to {membership.organisation.name} now.")
    return sign_in_by_link(request, membership.user, reverse("home"))


def _page(request: HttpRequest, token: str, form: Form | None = None) -> HttpResponse:
    found = member_landing(token, viewer(request))
    if found is None:
        response = render(request, "accounts/join_over.html", status=404)
    else:
        fresh = KeepAccountForm() if found.way == Way.KEEP else NewAccountForm()
        context: dict[str, Any] = {
            "token": token,
            "invitation": found.invitation,
            "organisation": found.invitation.organisation,
            "by": found.invitation.invited_by,
            "way": found.way,
            "form": form or fresh,
        }
        is_wrong = form is not None and bool(form.errors)
        response = render(request, "accounts/join.html", context, status=422 if is_wrong else 200)
    response["X-Robots-Tag"] = "noindex"
    return response
