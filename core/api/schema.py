"""Describing operations for the OpenAPI schema."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    inline_serializer,
)
from rest_framework import serializers

from core.api.pages import MAX_PAGE_SIZE, PAGE_SIZE
from core.api.problems import CONTENT_TYPE, TITLES

REFUSES = "x-refuses"
"""Carries an operation's own problems to `add_problems`, which takes it out again."""

DESCRIBED = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
SAYS_WHEN = (429, 503)

Answer = type[serializers.BaseSerializer[Any]] | None

LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "default": PAGE_SIZE},
    description=f"How many; more than {MAX_PAGE_SIZE} are {MAX_PAGE_SIZE}.",
)
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` or `previous`.")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Sent again with the same key, the request has no second effect and gets the "
    "first answer. Another request with the key answers 422.",
)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a token is sent."""

    target_class = "core.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """`Authorization: Token <token>`."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token <token>`, with a token of `POST /api/auth/signin/`.",
        }


def operation(
    name: str,
    answer: Answer = None,
    *,
    body: Answer = None,
    status: int = 200,
    also: dict[int, str] | None = None,
    others: dict[int, Answer] | None = None,
    parameters: Sequence[Any] = (),
    creates: bool = False,
    public: bool = False,
    refuses: Sequence[int] = (),
) -> Callable[[Any], Any]:
    """Describe a method: its id, what it takes and answers.

    ``also`` names further statuses with the same answer, ``others`` with another; ``creates``
    says that an `Idempotency-Key` is honoured; ``public`` that nobody has to be signed in;
    ``refuses`` names problems beyond those that `add_problems` knows by itself.
    """
    responses = {status: OpenApiResponse(answer, description="")}
    for code, description in (also or {}).items():
        responses[code] = OpenApiResponse(answer, description=description)
    for code, other in (others or {}).items():
        responses[code] = OpenApiResponse(other, description="")
    return extend_schema(
        operation_id=name,
        request=body,
        responses=responses,
        parameters=[*parameters, *([IDEMPOTENCY_KEY] if creates else [])],
        auth=[] if public else None,  # None means the view's own
        extensions={REFUSES: [*refuses]},
    )


def listing(
    name: str,
    item: type[serializers.Serializer[Any]],
    *,
    body: Answer = None,
    parameters: Sequence[Any] = (CURSOR, LIMIT),
    refuses: Sequence[int] = (),
) -> Callable[[Any], Any]:
    """Describe a method that answers one page of a list."""
    return extend_schema(
        operation_id=name,
        request=body,
        responses={200: OpenApiResponse(_page_of(item), description="")},
        parameters=[*parameters],
        extensions={REFUSES: [*refuses]},
    )


@cache
def _page_of(item: type[serializers.Serializer[Any]]) -> Any:
    return inline_serializer(
        name=f"{item.__name__.removesuffix('Serializer')}Page",
        fields={
            "results": item(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )


def add_problems(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """drf-spectacular hook: which problem documents every operation may answer.

    `default` stands for what any address answers to a wrong method or `Accept`, and for faults.
    """
    for path, operations in result["paths"].items():
        for method, described in operations.items():
            for status in sorted(_problems(path, method, described)):
                described["responses"][str(status)] = {
                    "$ref": f"#/components/responses/Problem{status}"
                }
            described["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    result["components"]["responses"] = {
        "Problem": _problem_response("A problem: see its `status`."),
        **{f"Problem{status}": _problem_response(TITLES[status], status) for status in DESCRIBED},
    }
    result["components"]["schemas"]["Problem"] = {
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "detail", "errors"],
        "properties": {
            "type": {
                "type": "string",
                "description": "`urn:consultsuite:<code>`, or `about:blank`.",
            },
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened and what to do."},
            "errors": {
                "type": "object",
                "description": "Sentences for each field that is not valid.",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
    }
    result["components"]["schemas"] = dict(sorted(result["components"]["schemas"].items()))
    return result


def _problems(path: str, method: str, described: Any) -> set[int]:
    """The statuses of the problems that an operation may answer."""
    names = {parameter["name"]: parameter["in"] for parameter in described.get("parameters", [])}
    is_write, is_about_one = method != "get", "{" in path
    may = {
        400: "requestBody" in described or bool(set(names.values()) - {"path"}),
        401: bool(described.get("security")),
        403: bool(described.get("security")) and is_write,
        404: is_about_one,
        409: is_write and is_about_one,
        413: "requestBody" in described,
        415: "requestBody" in described,
        422: "Idempotency-Key" in names,
        429: True,
        503: True,
    }
    return {status for status in DESCRIBED if may[status]} | set(described.pop(REFUSES, []))


def _problem_response(description: str, status: int = 0) -> Any:
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    response: dict[str, Any] = {"description": description, "content": {CONTENT_TYPE: shape}}
    if status in SAYS_WHEN:
        response["headers"] = {
            "Retry-After": {
                "description": "Seconds to wait before asking again.",
                "schema": {"type": "integer", "minimum": 0},
            }
        }
    return response
