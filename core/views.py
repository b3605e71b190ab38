"""Health, where one can go, and the pages shown when something is wrong."""

import sys
from collections.abc import Callable
from typing import Any

import redis
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_POST, require_safe

from core.actions.violations import count_violation
from core.api.problems import AWAY, CONTENT_TYPE, problem
from core.context import page
from core.limits import limited, spend_for
from core.outages import RETRY_AFTER_SECONDS, UNAVAILABLE, note_away
from core.palette import destinations
from core.refusals import tell_of_request
from core.requests import person
from core.tasks import HEARTBEAT_KEY, redis_client
from core.violations import MAX_REPORT_BYTES, NoReport, violations


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def _redis() -> str:
    try:
        with redis_client() as client:
            client.ping()
    except (OSError, redis.RedisError):
        return "down"
    return "ok"


def _worker() -> str:
    """The worker counts as up until its last heartbeat (core.tasks) expires."""
    try:
        with redis_client() as client:
            return "ok" if client.exists(HEARTBEAT_KEY) else "down"
    except (OSError, redis.RedisError):
        return "unknown"


PARTS: dict[str, Callable[[], str]] = {"database": _database, "redis": _redis, "worker": _worker}


def health() -> dict[str, Any]:
    """`{"status": "ok" or "down", "parts": {name: state}}`, asked now."""
    parts = {name: check() for name, check in PARTS.items()}
    broken = any(state != "ok" for state in parts.values())
    return {"status": "down" if broken else "ok", "parts": parts}


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """How each part is; 503 while one is down. Load balancers ask `/readyz`."""
    found = health()
    response = JsonResponse(found, status=200 if found["status"] == "ok" else 503)
    response._has_been_logged = True  # type: ignore[attr-defined] # whoever asks reads the answer
    return response


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """This process answers. Cheap: no database."""
    return HttpResponse("ready", content_type="text/plain")


@require_safe
@login_required
def go(request: HttpRequest) -> HttpResponse:
    """Go to anything: a page of its own without a script, the palette's entries to htmx."""
    text = request.GET.get("q", "").strip()[:200]
    if text:
        spend_for(request, "search")
    template = "core/destinations.html" if getattr(request, "htmx", False) else "core/go.html"
    context = {"text": text, "destinations": destinations(person(request), text)}
    return render(request, template, context)


@csrf_exempt
@require_POST
@limited("report")
def reports(request: HttpRequest) -> HttpResponse:
    """Browsers report what the content security policy refused; 204, 400 or 413."""
    if len(request.body) > MAX_REPORT_BYTES:
        return HttpResponse(status=413)
    try:
        found = violations(request.body)
    except NoReport:
        return HttpResponse(status=400)
    system = get_user_model()._default_manager.system() if found else None
    for violation in found:
        count_violation(actor=system, violation=violation)
    return HttpResponse(status=204)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was open too long, or came from elsewhere."""
    tell_of_request(request, None, "csrf")
    return render(request, "403_csrf.html", status=403)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 where the request was too large."""
    if isinstance(exception, RequestDataTooBig):
        response: HttpResponse
        if request.path.startswith("/api/"):
            document = problem(413, "This request is too large. Send less at once.")
            response = JsonResponse(document, status=413, content_type=CONTENT_TYPE)
        else:
            response = HttpResponse(render_to_string("413.html"), status=413)
        response["Connection"] = "close"  # what is still on its way is not read
        return response
    return render(request, "400.html", status=400)


@requires_csrf_token
def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    tell_of_request(request, exception)
    return render(request, "403.html", status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for what the person may not know of."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: rendered without context, since anything may be broken; JSON under `/api/`.

    503 where PostgreSQL or Redis is away or too many wait, whichever middleware or view has
    noticed. Pages need Redis for the cache only, which counts the attempts to sign in: a server
    that cannot count them lets nobody try.
    """
    error = sys.exc_info()[1]
    if isinstance(error, UNAVAILABLE):
        note_away(error)
        return unavailable(request)
    if request.path.startswith("/api/"):
        document = problem(500, "Something went wrong here. It is noted; try again.")
        return JsonResponse(document, status=500, content_type=CONTENT_TYPE)
    return HttpResponse(render_to_string("500.html"), status=500)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503 with `Retry-After`. Whoever answers so has noted in the log why."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse(problem(503, AWAY), status=503, content_type=CONTENT_TYPE)
    else:
        response = HttpResponse(render_to_string("503.html", page(request)), status=503)
    response["Retry-After"] = RETRY_AFTER_SECONDS
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
