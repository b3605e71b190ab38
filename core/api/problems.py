"""Every error as `application/problem+json` (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from core.errors import ActionError, NotAllowed, RateLimited
from core.outages import RETRY_AFTER_SECONDS, UNAVAILABLE, note_away
from core.refusals import tell_of_request

CONTENT_TYPE = "application/problem+json"
KEPT_HEADERS = ("Retry-After", "WWW-Authenticate", "Allow")

AWAY = "A part of the server is away for a moment. Try again."

TITLES = {
    400: "Not valid",
    401: "Sign in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Key used for another request",
    429: "Too many requests",
    500: "Something went wrong",
    503: "Unavailable",
}

REFUSALS = (
    NotAllowed,
    PermissionDenied,
    exceptions.PermissionDenied,
    exceptions.AuthenticationFailed,
)
"""What is kept in the audit log. Not having signed in is no attempt."""
REASONS: dict[type[Exception], str] = {exceptions.AuthenticationFailed: "invalid_token"}


class ProblemResponse(Response):
    """A problem document, in JSON whatever else the view speaks (YAML, HTML)."""

    @property
    def rendered_content(self) -> bytes:  # type: ignore[override]  # bytes, as DRF itself answers
        """The JSON text."""
        self["Content-Type"] = CONTENT_TYPE
        content: bytes = JSONRenderer().render(self.data)
        return content


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the problem document of an error, None for a fault of ours."""
    if isinstance(error, REFUSALS) and "request" in context:
        tell_of_request(context["request"]._request, error, REASONS.get(type(error), ""))
    return _answer_to(error, context)


def _answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, ActionError):
        return _refusal(error)
    if isinstance(error, UNAVAILABLE):
        note_away(error)
        response = _answer(503, AWAY)
        response["Retry-After"] = RETRY_AFTER_SECONDS
        response._has_been_logged = True  # type: ignore[attr-defined] # one line for the outage, not one for each request
        return response
    if isinstance(error, exceptions.ValidationError):
        return _answer(400, "Some fields are not valid.", _fields(error.detail))
    if isinstance(error, RequestDataTooBig):
        return _answer(413, "This request is over 1 MiB. Send less at once.")
    if isinstance(error, Http404):
        return _answer(404, "There is nothing here that you may see.")
    if isinstance(error, PermissionDenied):
        return _answer(403, "You do not have the permission to do that here.")
    response_of_drf = exception_handler(error, context)
    if response_of_drf is None:
        return None
    answer = _answer(response_of_drf.status_code, str(getattr(error, "detail", error)))
    for name in KEPT_HEADERS:
        if name in response_of_drf:
            answer[name] = response_of_drf[name]
    return answer


def problem(
    status: int,
    detail: str,
    errors: Mapping[str, list[str]] | None = None,
    *,
    code: str = "",
) -> dict[str, Any]:
    """A problem document: `type, title, status, detail, errors` (field -> list of sentences)."""
    return {
        "type": f"urn:consultsuite:{code}" if code else "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": _writable(detail),
        "errors": {field: [*map(_writable, lines)] for field, lines in (errors or {}).items()},
    }


def _writable(line: str) -> str:
    """Without lone surrogates, which a sentence may quote and no answer can carry."""
    return line.encode(errors="replace").decode()


def _refusal(error: ActionError) -> Response:
    errors = {error.field: [error.detail]} if error.field else {}
    answer = _answer(error.status, error.detail, errors, code=error.code)
    if error.status == 401:
        answer["WWW-Authenticate"] = "Token"  # HTTP wants a 401 to say how to sign in
    if isinstance(error, RateLimited):
        answer["Retry-After"] = str(error.retry_after)
    return answer


def _answer(
    status: int, detail: str, errors: Mapping[str, list[str]] | None = None, *, code: str = ""
) -> Response:
    document = problem(status, detail, errors, code=code)
    return ProblemResponse(document, status=status)


def _fields(detail: Any) -> dict[str, list[str]]:
    """A serializer's errors: field -> sentences."""
    if isinstance(detail, list):
        return {"non_field_errors": [str(line) for line in detail]}
    return {
        str(name): [*map(_sentence, value if isinstance(value, list) else [value])]
        for name, value in detail.items()
    }


def _sentence(line: Any) -> str:
    """An item of a list has errors of its own, numbered: `{1: ["..."]}`."""
    if isinstance(line, dict):
        return " ".join(f"{place}: {' '.join(map(str, said))}" for place, said in line.items())
    return str(line)
