"""Small things that views share."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import ActionError, NotAllowed, RateLimited


def person(request: HttpRequest) -> Any:
    """The signed-in person (views behind `login_required`), as the user model's instance."""
    user = request.user
    return getattr(user, "_wrapped", user)


def proved_at(request: HttpRequest) -> float:
    """When this session's person last gave a password or a second factor; 0 for never."""
    records = get_authentication_records(request, request.user)
    return max((float(record["at"]) for record in records), default=0)


def number(values: QueryDict, name: str) -> int | None:
    """A number from 0 in a query string or form, at most 18 digits; None for anything else."""
    value = values.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else None


def show_refusal(form: Form, error: ActionError, *, other: str | None = None) -> None:
    """Say in a form why its action refused: beside its field, else at ``other``, else above.

    No field is to blame for a missing permission or for too many attempts: those errors are raised
    again, for `core.middleware` to answer (403, kept in the audit log, or 429).
    """
    if isinstance(error, NotAllowed | RateLimited):
        raise error
    form.add_error(error.field if error.field in form.fields else other, error.detail)


def refuse(request: HttpRequest, error: ActionError) -> HttpResponse:
    """Tell a page why an action refused: a problem document to htmx, else a message."""
    if isinstance(error, RateLimited):
        return too_often(request, error)
    if getattr(request, "htmx", False):
        return _problem(error)
    messages.error(request, error.detail)
    return redirect(_previous_page(request))


def too_often(request: HttpRequest, error: RateLimited) -> HttpResponse:
    """429 with `Retry-After`: a page, or to htmx a problem document."""
    if getattr(request, "htmx", False):
        response: HttpResponse = _problem(error)
    else:
        response = render(request, "429.html", {"when": error.when}, status=error.status)
    response["Retry-After"] = str(error.retry_after)
    return response


def _problem(error: ActionError) -> JsonResponse:
    body = {"title": "Not done", "status": error.status, "detail": error.detail}
    return JsonResponse(body, status=error.status, content_type="application/problem+json")


def _previous_page(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return referer if is_ours else "/"
