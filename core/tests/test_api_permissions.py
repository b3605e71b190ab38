"""Who may do what over HTTP: one table of every route and method, for everybody in the cast."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.utils.encoders import JSONEncoder

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.api import signed_in

WHO = ("owner", "colleague", "client", "manager", "outsider", "staff", "anonymous")
"""Owner is the host of the room; colleague another consultant; manager the client's
administrator; staff a superuser. Only owner and client take part in the room."""


def inside(owner: int, client: int) -> tuple[int, ...]:
    """Who does not take part does not find it."""
    return (owner, 404, client, 404, 404, 404, 401)


def signed_in_only(status: int) -> tuple[int, ...]:
    """Everybody with an account."""
    return (*[status] * 6, 401)


def everybody(status: int) -> tuple[int, ...]:
    """Signed in or not."""
    return (status,) * 7


SAY: dict[str, Any] = {"body": "Hello"}
ITEM: dict[str, Any] = {"title": "Risks", "minutes": 5}

TABLE: dict[tuple[str, str], tuple[dict[str, Any] | None, tuple[int, ...]]] = {
    ("POST", "auth/signin/"): ({}, everybody(400)),
    ("POST", "auth/signup/"): ({}, everybody(400)),
    ("POST", "auth/signout/"): (None, signed_in_only(204)),
    ("GET", "auth/session/"): (None, signed_in_only(200)),
    ("GET", "profile/"): (None, signed_in_only(200)),
    ("PATCH", "profile/"): ({"name": "New name"}, signed_in_only(200)),
    ("GET", "room-types/"): (None, signed_in_only(200)),
    ("GET", "rooms/"): (None, signed_in_only(200)),
    # A superuser holds every permission in general, so also that of opening a room of one's own.
    ("POST", "rooms/"): (
        {"name": "Room", "room_type": "review"}, (201, 201, 403, 403, 403, 201, 401),
    ),
    ("GET", "rooms/{room}/"): (None, inside(200, 200)),
    ("PATCH", "rooms/{room}/"): ({"name": "New name"}, inside(200, 403)),
    ("POST", "rooms/{waiting}/start/"): (None, inside(200, 403)),
    ("POST", "rooms/{room}/complete/"): (None, inside(200, 403)),
    ("POST", "rooms/{room}/cancel/"): (None, inside(200, 403)),
    ("GET", "rooms/{room}/messages/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/messages/"): (SAY, inside(201, 201)),
    ("GET", "rooms/{room}/timeline/"): (None, inside(200, 200)),
    ("GET", "rooms/{room}/participants/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/participants/"): ({"email": "helen@demo.test"}, inside(201, 403)),
    ("GET", "rooms/{room}/participants/{client}/"): (None, inside(200, 200)),
    ("PATCH", "rooms/{room}/participants/{client}/"): ({"role": "observer"}, inside(200, 403)),
    ("DELETE", "rooms/{room}/participants/{client}/"): (None, inside(204, 204)),
    ("GET", "rooms/{room}/agenda/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/agenda/"): (ITEM, inside(201, 403)),
    ("POST", "rooms/{room}/agenda/current/"): ({"item": None}, inside(200, 403)),
    ("POST", "rooms/{room}/agenda/order/"): ({"items": "{items}"}, inside(200, 403)),
    ("POST", "rooms/{room}/agenda/clock/"): ({"follows_clock": True}, inside(200, 403)),
    ("PATCH", "rooms/{room}/agenda/{item}/"): ({"minutes": 7}, inside(200, 403)),
    ("DELETE", "rooms/{room}/agenda/{item}/"): (None, inside(204, 403)),
    ("GET", "conversations/"): (None, signed_in_only(200)),
    ("GET", "conversations/{conversation}/"): (None, inside(200, 200)),
    ("GET", "conversations/{conversation}/messages/"): (None, inside(200, 200)),
    ("POST", "conversations/{conversation}/messages/"): (SAY, inside(201, 201)),
    ("POST", "conversations/{conversation}/read/"): ({"seq": 1}, inside(200, 200)),
    ("GET", "messages/{message}/"): (None, inside(200, 200)),
    ("PATCH", "messages/{message}/"): (SAY, inside(403, 200)),
    # The host moderates.
    ("DELETE", "messages/{message}/"): (None, inside(204, 204)),
    ("GET", "messages/{message}/revisions/"): (None, inside(200, 200)),
    ("GET", "events/?stream=room:{room}"): (None, inside(200, 200)),
    ("GET", "events/?stream=conversation:{conversation}"): (None, inside(200, 200)),
    ("GET", "events/?stream=user:{client}"): (None, inside(404, 200)),
    ("GET", "schema/"): (None, everybody(200)),
    ("GET", "docs/"): (None, everybody(200)),
    ("GET", "nothing/"): (None, everybody(404)),
}  # fmt: skip

ANY_ADDRESS = "the route that answers 404 to every other address"


@dataclass(frozen=True)
class World:
    """What stands in the table's braces."""

    room: Room
    waiting: Room
    message: Message
    client: User

    def filled(self, text: str) -> str:
        """An address with ids."""
        last_item = self.room.agenda.order_by("-position").first()
        assert last_item is not None
        return text.format(
            room=self.room.pk,
            waiting=self.waiting.pk,
            conversation=self.room.conversation_id,
            message=self.message.pk,
            client=self.client.pk,
            item=last_item.pk,
        )

    def body(self, fields: dict[str, Any] | None) -> dict[str, Any] | None:
        """A body with ids."""
        if fields is None or fields.get("items") != "{items}":
            return fields
        return {"items": [*self.room.agenda.order_by("-position").values_list("pk", flat=True)]}


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says(
    consultant: User, colleague: User, client_user: User, manager: User,
    outsider: User, staff: User, room: Room, make_room: Any, say: Any,
) -> None:  # fmt: skip
    world = World(room, make_room("Waiting"), say(client_user, room, "Hello"), client_user)
    people = (consultant, colleague, client_user, manager, outsider, staff, None)
    clients = dict(zip(WHO, map(signed_in, people), strict=True))
    wrong = []
    for (method, address), (fields, expected) in TABLE.items():
        for who, status in zip(WHO, expected, strict=True):
            with transaction.atomic():
                found = clients[who].generic(
                    method, *_request(world, address, fields), content_type="application/json"
                )
                transaction.set_rollback(True)
            if found.status_code != status:
                wrong.append(f"{who} {method} {address}: {found.status_code}, not {status}")
    assert wrong == []


def test_the_table_names_every_route_and_method() -> None:
    patterns = {_shape(address) for _, address in TABLE} | {ANY_ADDRESS}
    described = {(method, _shape(address)) for method, address in TABLE}
    missing = sorted(
        f"{method} {route}"
        for route, methods in _routes()
        for method in methods
        if (method, route) not in described and route != ANY_ADDRESS
    )
    assert missing == []
    assert {route for route, _ in _routes()} >= patterns - {"nothing/"}


def _request(world: World, address: str, fields: dict[str, Any] | None) -> tuple[str, Any]:
    body = world.body(fields)
    text = "" if body is None else json.dumps(body, cls=JSONEncoder)
    return f"/api/{world.filled(address)}", text


def _shape(address: str) -> str:
    """`rooms/{}/` for `rooms/{room}/` and for `rooms/<uuid:room_id>/`."""
    parts = address.partition("?")[0].split("/")
    return "/".join("{}" if part[:1] in ("{", "<") else part for part in parts)


def _routes() -> list[tuple[str, list[str]]]:
    """Every route of the URLconf below /api/ with the methods that its view has."""
    (api,) = (
        pattern
        for pattern in get_resolver().url_patterns
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "api/"
    )
    routes = []
    for pattern in api.url_patterns:
        assert isinstance(pattern, URLPattern), "nested routes need a walk here"
        view = pattern.callback.cls  # type: ignore[attr-defined]
        methods = [
            name.upper()
            for name in ("get", "post", "put", "patch", "delete")
            if hasattr(view, name)
        ]
        routes.append((_shape(str(pattern.pattern)) or ANY_ADDRESS, methods))
    return routes
