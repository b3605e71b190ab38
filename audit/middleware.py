"""The admin has a session of its own inside the product's: shorter, and begun by a proof."""

import time
from collections.abc import Callable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from audit.actions.receipts import note_entry
from core.requests import person, proved_at

SEEN = "admin_seen_at"
"""Session key: when the last request to the admin came, in seconds since 1970."""

KEPT_EVERY_SECONDS = 30
OPEN = frozenset({"login", "logout"})


class AdminSessionMiddleware:
    """Asks staff to prove who they are, again and again.

    To enter the admin, and to change something there, the last proof is at most
    `ADMIN_ENTRY_MINUTES` old; after `ADMIN_IDLE_MINUTES` without a request a new one is needed, and
    after `ADMIN_SESSION_HOURS` in any case. Who is sent to prove it comes back to where they
    were; a form that they had sent is sent on then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """See `process_view`."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Send staff to prove who they are, if it is time."""
        match = request.resolver_match
        if match is None or match.app_name != "admin" or match.url_name in OPEN:
            return None
        if not request.user.is_authenticated or not request.user.is_staff:
            return None  # the admin itself refuses them
        now, seen_at = time.time(), _seen_at(request)
        is_entering = now - seen_at > settings.ADMIN_IDLE_MINUTES * 60
        if proved_at(request) < _needed(request, now, seen_at, is_entering=is_entering):
            methods = get_adapter().get_reauthentication_methods(request.user)
            # Without a password or a second factor one has to sign in anew.
            address = methods[0]["url"] if methods else reverse("account_logout")
            suspended: HttpResponse = suspend_request(request, address)
            return suspended
        if is_entering:
            note_entry(actor=person(request))
        if now - seen_at > KEPT_EVERY_SECONDS:
            request.session[SEEN] = now
        return None


def _needed(request: HttpRequest, now: float, seen_at: float, *, is_entering: bool) -> float:
    """The moment since when a proof counts."""
    if is_entering:
        return max(now - settings.ADMIN_ENTRY_MINUTES * 60, seen_at)
    if request.method != "GET":
        return now - settings.ADMIN_ENTRY_MINUTES * 60
    return now - settings.ADMIN_SESSION_HOURS * 3600


def _seen_at(request: HttpRequest) -> float:
    return float(request.session.get(SEEN, 0))
