"""Small things that views share."""

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.core.paginator import Page
from django.forms import BaseForm, Form
from django.forms.utils import ErrorDict
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic.base import TemplateResponseMixin

from core.errors import ActionError, NotAllowed, RateLimited


def person(request: HttpRequest) -> Any:
    """The signed-in person (views behind `login_required`), as the user model's instance."""
    user = request.user
    return getattr(user, "_wrapped", user)


def viewer(request: HttpRequest) -> Any:
    """The signed-in person, or None: for pages that are open to everybody."""
    return person(request) if request.user.is_authenticated else None


def proved_at(request: HttpRequest) -> float:
    """When this session's person last gave a password or a second factor; 0 for never."""
    records = get_authentication_records(request, request.user)
    return max((float(record["at"]) for record in records), default=0)


def number(values: QueryDict, name: str) -> int | None:
    """A number from 0 in a query string or form, at most 18 digits; None for anything else."""
    value = values.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 19 else None


def page_url(request: HttpRequest, number: int) -> str:
    """The address of another page of the list that was asked for, its other choices kept."""
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def pages_beside(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    """The addresses of the pages before and after, as ``components/pagination.html`` takes them."""
    return {
        "previous": page_url(request, page.number - 1) if page.has_previous() else "",
        "next": page_url(request, page.number + 1) if page.has_next() else "",
    }


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
    """429 with `Retry-After`: the form again with what was typed, else a page of its own.

    To htmx it is a problem document.
    """
    if getattr(request, "htmx", False):
        response: HttpResponse = _problem(error)
    else:
        response = _form_again(request, error) or render(
            request, "429.html", {"when": error.when}, status=error.status
        )
    response["Retry-After"] = str(error.retry_after)
    return response


def form_too_often(
    request: HttpRequest, error: RateLimited, template: str, context: dict[str, Any]
) -> HttpResponse:
    """429 with `Retry-After`: the page with its ``form``, what was typed, and what stopped it."""
    context["form"].add_error(None, error.detail)
    response = render(request, template, context, status=error.status)
    response["Retry-After"] = str(error.retry_after)
    return response


def _form_again(request: HttpRequest, error: ActionError) -> HttpResponse | None:
    """The page of the form that was posted, with what was typed and what stopped it above.

    None where the view is no class that shows a form. The form is not validated: that may count
    attempts, too. Secrets are not shown again, as ever; those are widgets that say so.
    """
    match = request.resolver_match
    shows = getattr(match and match.func, "view_class", object)
    if match is None or request.method != "POST" or not issubclass(shows, TemplateResponseMixin):
        return None
    request.method = "GET"
    try:
        page = match.func(request, *match.args, **match.kwargs)
    finally:
        request.method = "POST"
    form = (getattr(page, "context_data", None) or {}).get("form")
    if not isinstance(page, TemplateResponse) or not isinstance(form, BaseForm):
        return None
    if form.add_prefix(next(iter(form.fields), "")) in request.POST:
        form.data, form.is_bound = request.POST, True
    form._errors = ErrorDict({NON_FIELD_ERRORS: form.error_class([error.detail])})  # type: ignore[attr-defined]
    page.context_data = {**(page.context_data or {}), "refusal": error}
    page.status_code = error.status
    return page


def _problem(error: ActionError) -> JsonResponse:
    body = {"title": "Not done", "status": error.status, "detail": error.detail}
    return JsonResponse(body, status=error.status, content_type="application/problem+json")


def _previous_page(request: HttpRequest) -> str:
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return referer if is_ours else "/"
