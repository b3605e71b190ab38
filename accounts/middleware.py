"""Every request: the person's own time zone, their session, and the second factor of staff."""

import time
import zoneinfo
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.actions.sessions import NO_ADDRESS, note_session_seen
from core.addresses import address_of_request
from core.api.problems import CONTENT_TYPE, problem
from core.database import DATABASE_AWAY
from core.permissions import lacks_second_factor
from core.requests import person

SEEN_EVERY_SECONDS = 300.0
"""How exactly it is kept when a session was used last: a write at every request would be dear."""

MAX_REMEMBERED = 10_000

# Where staff without a second factor may go: to set one up, to what that may need first, and out.
OPEN_TO_STAFF = (
    "/accounts/2fa/",
    "/accounts/email/",
    "/accounts/confirm-email/",
    "/accounts/reauthenticate/",
    "/accounts/password/",
    "/accounts/logout/",
    "/api/auth/signout/",
    "/media/pictures/",
    "/static/",
    "/healthz",
    "/readyz",
)
SET_UP_FIRST = "Staff sign in with two steps here. Set up an authenticator app or a passkey first."


class TimeZoneMiddleware:
    """Activate the signed-in person's time zone; before signing in, the browser's cookie's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the view in the person's time zone."""
        name = getattr(request.user, "timezone", "") or request.COOKIES.get("timezone", "")
        with timezone.override(_zone(name)):
            return self.get_response(request)


class SessionSeenMiddleware:
    """Keep when and from where a session was used, at most once in five minutes per process.

    Nothing is asked of PostgreSQL or Redis in between: each process remembers what it has kept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._kept: OrderedDict[str, float] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the view; note the session that is there afterwards."""
        response = self.get_response(request)
        key = request.session.session_key
        # A token in the header may be somebody else's than the cookie that comes with it.
        if key and request.session.get(SESSION_KEY) == str(request.user.pk) and self._is_due(key):
            self._note(request, key)
        return response

    def _is_due(self, key: str) -> bool:
        now = time.monotonic()
        if now - self._kept.get(key, -SEEN_EVERY_SECONDS) < SEEN_EVERY_SECONDS:
            return False
        self._kept[key] = now
        self._kept.move_to_end(key)
        while len(self._kept) > MAX_REMEMBERED:
            self._kept.popitem(last=False)
        return True

    def _note(self, request: HttpRequest, key: str) -> None:
        try:
            note_session_seen(
                actor=person(request),
                session_key=key,
                ip=address_of_request(request) or NO_ADDRESS,
                user_agent=request.META.get("HTTP_USER_AGENT", ""),
            )
        except DATABASE_AWAY:
            self._kept.pop(key, None)  # the page is worth more than this note


class StaffSecondFactorMiddleware:
    """Lead staff without a second factor to where they set one up, from whatever page they ask.

    What they may do is decided in `core.permissions`; this tells them, and guards the admin and
    other views that ask only for ``is_staff``.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as usual, or with the way to setting one up (403 under `/api/`)."""
        if request.path.startswith(OPEN_TO_STAFF) or not request.user.is_authenticated:
            return self.get_response(request)
        if not lacks_second_factor(person(request)):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            return JsonResponse(problem(403, SET_UP_FIRST), status=403, content_type=CONTENT_TYPE)
        messages.warning(request, SET_UP_FIRST)
        return redirect("mfa_index")


class GuestMiddleware:
    """What belongs to an account (addresses, passwords, keys, tokens) waits until it is kept.

    Below these paths a guest finds what is named here and nothing else, whatever is added later.
    Rooms need no such rule: a guest holds no permission but that of the place in a room.
    """

    RESERVED = ("/accounts/", "/profile/")
    FOR_GUESTS = frozenset(
        {
            "account_login",
            "account_logout",
            "account_inactive",
            "account_confirm_email",
            "account_email_verification_sent",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key",
            "account_reset_password_from_key_done",
            "accounts:profile",
            "accounts:keep",
            "accounts:sessions",
            "accounts:end_other_sessions",
            "accounts:end_session",
            "audit:receipts",
        }
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Run the view."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Lead a guest to the page that keeps the account."""
        if not request.path.startswith(self.RESERVED) or not getattr(
            request.user, "is_guest", False
        ):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in self.FOR_GUESTS:
            return None
        return redirect("accounts:keep")


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
