"""Signing in with an account elsewhere: allauth's views, and a page where the provider is away."""

import logging
from collections.abc import Callable

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views as allauth_views
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods
from requests import RequestException

from accounts.views.written import written

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "POST"])
def go(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider, after a press of a button; 404 for one that is not set up."""
    # allauth would let a link ask the provider for more than we need.
    query = request.GET.copy()
    for name in ("scope", "auth_params", "action"):
        query.pop(name, None)
    request.GET = query  # type: ignore[assignment]
    return _or_away(request, provider_id, allauth_views.login)


@require_http_methods(["GET"])
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the provider, with a code that says who it is."""
    return _or_away(request, provider_id, allauth_views.callback)


def _or_away(
    request: HttpRequest, provider_id: str, view: Callable[..., HttpResponse]
) -> HttpResponse:
    """The view's answer; where the provider is away or answers nonsense, a page that says so."""
    try:
        return written(view)(request, provider_id=provider_id)
    except (RequestException, KeyError, ValueError) as error:
        provider = get_adapter().get_provider(request, provider_id)
        answer: HttpResponse = render_authentication_error(request, provider, exception=error)
        return answer
