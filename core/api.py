"""What all API views share: authentication, pages, problem documents, idempotency."""

import hashlib
import json
import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import Http404
from rest_framework import authentication, exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import ActionError
from core.models import IdempotentAnswer

logger = logging.getLogger(__name__)

MAX_PAGE_SIZE = 200
PAGE_SIZE = 50

TITLES = {
    400: "Not valid",
    401: "Sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Key used for another request",
    429: "Too many requests",
    503: "Unavailable",
}


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie, with CSRF. Says 401, not 403, to who is not signed in."""

    def authenticate_header(self, request: Request) -> str:
        """Named in WWW-Authenticate, which makes DRF answer 401."""
        return "Session"


class CursorPagination(pagination.CursorPagination):
    """Pages by cursor, `?limit=` up to 200: `{results, next, previous}`."""

    page_size = PAGE_SIZE
    page_size_query_param = "limit"
    max_page_size = MAX_PAGE_SIZE
    ordering = "-created_at"


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error as `application/problem+json` (RFC 9457)."""
    if isinstance(error, ActionError):
        errors = {error.field: [error.detail]} if error.field else {}
        return _problem(error.status, error.detail, errors, code=error.code)
    if isinstance(error, OperationalError | InterfaceError):
        logger.error("Database unavailable: %s", type(error).__name__)
        response = _problem(503, "The database is away for a moment. Try again.", {})
        response["Retry-After"] = "5"
        return response
    if isinstance(error, exceptions.ValidationError):
        return _problem(400, "Some fields are not valid.", _fields(error.detail))
    if isinstance(error, Http404):
        return _problem(404, "There is nothing here that you may see.", {})
    if isinstance(error, PermissionDenied):
        return _problem(403, "You do not have the permission to do that here.", {})
    response = exception_handler(error, context)
    if response is None:
        return None
    headers = {name: response[name] for name in ("Retry-After", "WWW-Authenticate", "Allow") if name in response}
    detail = getattr(error, "detail", "") or str(error)
    answer = _problem(response.status_code, str(detail), {})
    for name, value in headers.items():
        answer[name] = value
    return answer


def _problem(
    status: int, detail: str, errors: dict[str, list[str]], *, code: str = ""
) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:consultsuite:{code}" if code else "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "errors": errors,
    }
    return Response(body, status=status, content_type="application/problem+json")


def _fields(detail: Any) -> dict[str, list[str]]:
    """A serializer's errors, nested ones with a dotted name."""
    if isinstance(detail, list):
        return {"non_field_errors": [str(line) for line in detail]}
    fields: dict[str, list[str]] = {}
    for name, value in detail.items():
        if isinstance(value, dict):
            fields |= {f"{name}.{inner}": lines for inner, lines in _fields(value).items()}
        else:
            fields[name] = [str(line) for line in (value if isinstance(value, list) else [value])]
    return fields


class KeyUsedOtherwise(ActionError):
    """An Idempotency-Key came again with another request."""

    status = 422
    code = "idempotency_key_used"
    detail = "This Idempotency-Key was used for another request. Make a new one."


class IdempotentCreate:
    """Mixin for views whose POST creates: an `Idempotency-Key` makes a repeat harmless.

    The answer is stored in the transaction that creates, so a key never outlives its effect.
    A repeat with the same body gets the same answer; with another body, 422.
    """

    def create_once(self, request: Request, create: Any) -> Response:
        """Run ``create() -> Response`` once per key of this person."""
        key = request.headers.get("Idempotency-Key", "")[:255]
        if not key:
            return create()  # type: ignore[no-any-return]
        digest = _digest(request)
        if (stored := _stored(request, key)) is not None:
            return _replay(stored, digest)
        try:
            with transaction.atomic():
                response: Response = create()
                IdempotentAnswer.objects.create(
                    user=request.user,
                    key=key,
                    request_digest=digest,
                    status=response.status_code,
                    body=response.data,
                )
        except IntegrityError:
            stored = _stored(request, key)
            if stored is None:
                raise
            return _replay(stored, digest)
        return response


def _digest(request: Request) -> str:
    text = json.dumps([request.method, request.path, request.data], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _stored(request: Request, key: str) -> IdempotentAnswer | None:
    return IdempotentAnswer.objects.filter(user=request.user, key=key).first()


def _replay(stored: IdempotentAnswer, digest: str) -> Response:
    if stored.request_digest != digest:
        raise KeyUsedOtherwise
    return Response(stored.body, status=stored.status)
