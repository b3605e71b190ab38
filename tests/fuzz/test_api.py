"""Whatever the schema allows, and whatever it forbids, sent to every operation by several people.

No answer may be a fault of ours, each must be one that the schema describes, and what is not valid
must be refused. The same cases come each time; `FUZZ=20 make fuzz` tries 20 times as many, others.
"""

import os
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.checks import (
    content_type_conformance,
    negative_data_rejection,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.models import ApiToken, Scope
from tests.api import REASON, SAID_OF_ALL
from tests.permissions.cast import Cast

ROLES = ("owner", "client", "manager", "outsider", "superuser", "anonymous")
TIMES = int(os.environ.get("FUZZ", "1"))
EXAMPLES, EXAMPLES_OF_OTHERS = 16 * TIMES, 8 * TIMES
"""For an operation by the owner, and by each of the others: most of theirs end at the door."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
def in_process(db: None) -> Iterator[Any]:
    """The WSGI application, which shares the test's own connection and transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    application = get_wsgi_application()

    def closing(environ: Any, start: Any) -> list[bytes]:
        answer = application(environ, start)
        try:
            return [*answer]
        finally:
            answer.close()  # files, too, which nobody else closes

    yield closing
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.parametrize("who", ROLES)
def test_the_schema_tells_the_truth(who: str, cast: Cast, in_process: Any) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/schema/", in_process)
    headers, wrong = _headers(cast, who), []
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # raises what is not one
        try:
            _try(
                operation, _known(cast), headers, EXAMPLES if who == "owner" else EXAMPLES_OF_OTHERS
            )
        except Exception as error:  # everything that is wrong is told at once
            wrong.append(f"{who} {operation.label}\n{error}")
    assert not wrong, "\n\n".join(["", *wrong])


def _try(operation: Any, known: dict[str, Any], headers: dict[str, str], examples: int) -> None:
    """Send one operation's cases, each taken back."""
    ids = {
        place.name: known[place.name] for place in operation.path_parameters if place.name in known
    }
    cases = st.one_of(
        operation.as_strategy(GenerationMode.POSITIVE, path_parameters=ids).flatmap(
            lambda case: _with(case, known)
        ),
        *(operation.as_strategy(mode, path_parameters=ids) for mode in GenerationMode),
        *(operation.as_strategy(mode) for mode in GenerationMode if ids),
    )

    @settings(
        max_examples=examples,
        derandomize=TIMES == 1,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=cases)
    def send(case: Case[Any]) -> None:
        cache.clear()  # limits count there
        with transaction.atomic():
            response = case.call(headers=headers)
            transaction.set_rollback(True)
        case.validate_response(response, checks=[*CHECKS, _named], headers=headers)

    send()


def _named(context: Any, response: Response, case: Case[Any]) -> None:
    """A problem's status stands in the schema by its number, and no limit hides the others."""
    assert response.status_code != 429, "the fuzz is limited"
    named = case.operation.definition.raw["responses"]
    assert response.status_code in SAID_OF_ALL or str(response.status_code) in named, (
        f"{response.status_code} is not named"
    )


def _with(case: Case[Any], known: dict[str, Any]) -> st.SearchStrategy[Case[Any]]:
    """The case with values that exist, in some of the places that have such a name."""
    places = [
        (part, name)
        for part in (case.query, case.body, case.headers)
        if isinstance(part, MutableMapping)
        for name in part.keys() & known.keys()
    ]

    def fill(chosen: list[tuple[MutableMapping[str, Any], str]]) -> Case[Any]:
        for part, name in chosen:
            part[name] = known[name]
        return case

    if not places:
        return st.just(case)
    return st.sets(st.integers(0, len(places) - 1)).map(lambda n: fill([places[i] for i in n]))


def _known(cast: Cast) -> dict[str, Any]:
    """By the names of parameters and fields."""
    things = cast.things
    return {
        "room_id": str(things["room"]),
        "conversation_id": str(things["conversation"]),
        "message_id": str(things["message"]),
        "conversation": str(things["conversation"]),
        "file_id": str(things["file"]),
        "attachments": [str(things["waiting_file"])],
        "user_id": str(things["client"]),
        "item_id": str(things["item"]),
        "invitation_id": str(things["invitation"]),
        "organisation_id": str(things["organisation"]),
        "stream": f"room:{things['room']}",
        "room_type": "review",
        "client_email": "tomas@demo.test",
        "email": "helen@demo.test",
        "item": str(things["item"]),
        "items": [str(item) for item in things["items"]],
        "reply_to": str(things["message"]),
        "timezone": "Europe/Copenhagen",
        "password": "consult-demo",
        "X-Reason": REASON,
    }


def _headers(cast: Cast, who: str) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}  # the in-process client unpacks nothing
    person = cast.people[who]
    if person is not None:
        scope = Scope.ADMIN if person.is_superuser else Scope.WRITE
        headers["Authorization"] = f"Token {ApiToken.objects.create(person, scope=scope)[1]}"
    return headers
