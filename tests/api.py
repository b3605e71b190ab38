"""A client of the HTTP API that holds every answer against docs/openapi.yaml."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import yaml
from django.urls import get_resolver
from rest_framework.test import APIClient

from accounts.models import ApiToken, Scope, User

SCHEMA = Path(__file__).resolve().parent.parent / "docs" / "openapi.yaml"
SAID_OF_ALL = (405, 406)
"""Not a matter of one operation: every address answers so to a wrong method or `Accept`."""
PROBLEM = "application/problem+json"
REASON = "Ticket 4711: to see whether it works"
"""Why a program that administers looks at lists of people."""
FORMATS = jsonschema.FormatChecker(["uuid"])


@FORMATS.checks("date-time", raises=ValueError)  # type: ignore[untyped-decorator]
def is_utc(value: object) -> bool:
    """ISO 8601 and in UTC."""
    return not isinstance(value, str) or (
        value.endswith("Z") and datetime.fromisoformat(value) is not None
    )


@cache
def schema() -> dict[str, Any]:
    """The checked-in OpenAPI schema."""
    document: dict[str, Any] = yaml.safe_load(SCHEMA.read_text())
    return document


class CheckedClient(APIClient):
    """Fails on an answer that the schema does not describe."""

    def request(self, **request: Any) -> Any:
        """Send, then compare the answer with the schema."""
        response = super().request(**request)
        described = schema()["paths"].get(_path(request["PATH_INFO"]))
        if described is not None:
            _compare(described.get(request["REQUEST_METHOD"].lower()), response)
        return response


def signed_in(user: User | None) -> CheckedClient:
    """A client with a token of the person; None is nobody. Who administers says why."""
    client = CheckedClient()
    if user is not None:
        administers = user.is_staff or user.has_perm("accounts.view_audit_logs")
        scope = Scope.ADMIN if administers else Scope.WRITE
        _, token = ApiToken.objects.create(user, scope=scope)
        reason = {"HTTP_X_REASON": REASON} if administers else {}
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}", **reason)
    return client


def _path(address: str) -> str:
    route = get_resolver().resolve(address).route
    for converter in ("uuid:", "str:"):
        route = route.replace(f"<{converter}", "<")
    return "/" + route.replace("<", "{").replace(">", "}")


def _compare(operation: dict[str, Any] | None, response: Any) -> None:
    if response.status_code >= 400:
        assert response["Content-Type"] == PROBLEM, response.content
        _validate({"$ref": "#/components/schemas/Problem"}, response.json())
        assert response.json()["status"] == response.status_code
        if operation is not None and response.status_code not in SAID_OF_ALL:
            assert str(response.status_code) in operation["responses"], response.content
        return
    assert operation is not None, "a method that the schema does not know"
    answer = operation["responses"].get(str(response.status_code))
    assert answer is not None, f"{response.status_code} is not in the schema"
    if "content" not in answer:
        assert response.content == b""
        return
    assert response["Content-Type"] in answer["content"]
    if response["Content-Type"] != "application/json":
        return  # a file
    _validate(answer["content"]["application/json"]["schema"], response.json())


def _validate(shape: dict[str, Any], body: Any) -> None:
    whole = {**_closed(shape), "components": _closed(schema()["components"])}
    jsonschema.validate(body, whole, format_checker=FORMATS)


def _closed(node: Any) -> Any:
    """The schema with objects that allow no field beside those described."""
    if isinstance(node, list):
        return [_closed(value) for value in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _closed(value) for name, value in node.items()}
    if "properties" in node and node.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
