"""What reads outside input takes anything without a fault: the small parsers, one by one."""

import json
import os
import re
from contextlib import suppress
from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.middleware import _zone
from accounts.models import User
from core.api.pages import MAX_PAGE_SIZE, CursorPagination, page_limit
from core.api.problems import problem_response
from core.context import page
from core.errors import ActionError
from core.events import StreamKey, UnknownStream
from core.frames import FrameError
from core.models import Event
from core.requests import number
from core.sockets import uuid_of
from messaging.markdown import ALLOWED_ATTRIBUTES, ALLOWED_TAGS, render_markdown
from rooms.models import Room
from tests.api import signed_in

TIMES = int(os.environ.get("FUZZ", "1"))
quick = settings(
    max_examples=200 * TIMES,
    derandomize=TIMES == 1,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
few = settings(quick, max_examples=40 * TIMES)

texts = st.text(st.characters())
"""Any character, lone surrogates and NUL among them."""
sendable = st.text(st.characters(codec="utf-8"))
markup = st.lists(
    st.sampled_from(
        [
            *("<script>", "</", "javascript:", "[a](", ")", "![", "](data:text/html,", "onerror="),
            *("`", "```", "~~~", "**", "_", "> ", "- ", "1. ", "\n", "\n\n", "&#x6a;", "&lt;", "<"),
            *("http://", "//x.test", "<a href=", '"', "'", "\x00", "\u202e", "```python\n", "\\"),
        ]
    )
    | sendable,
    max_size=25,
).map("".join)


def asked(**query: str) -> Request:
    """A request of the API with this query string."""
    return Request(RequestFactory().get("/api/rooms/", query))


@quick
@given(sendable)
@example("9" * 5_000)
@example("²")
@example("٣")
def test_a_limit_is_a_number_or_refused(text: str) -> None:
    try:
        assert 1 <= page_limit(asked(limit=text)) <= MAX_PAGE_SIZE
    except ValidationError:
        assert not re.fullmatch(r"0*[1-9][0-9]*", text)


@quick
@given(sendable | st.from_regex(r"[\w=-]+:[\w=-]{43}", fullmatch=True))
def test_a_cursor_that_we_have_not_said_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        CursorPagination().decode_cursor(asked(cursor=text))


@quick
@given(texts)
@example("9" * 18)
@example("٣")
def test_a_number_of_a_page_fits_the_database(text: str) -> None:
    values = QueryDict(mutable=True)
    values["seq"] = text
    found = number(values, "seq")
    assert found is None or 0 <= found < 10**18


@quick
@given(st.one_of(texts, st.builds(lambda kind, key: f"{kind}:{key}", texts, st.uuids()), st.none()))
@example("room:{12345678123456781234567812345678}")
@example("room:urn:uuid:12345678123456781234567812345678")
def test_a_streams_name_is_read_the_same_once_written(text: object) -> None:
    with suppress(UnknownStream):
        stream = StreamKey.parse(text)
        assert stream.kind.isidentifier()
        assert StreamKey.parse(str(stream)) == stream


@quick
@given(st.one_of(texts, st.integers(), st.floats(), st.none(), st.lists(texts), st.booleans()))
def test_an_id_in_a_frame_is_a_uuid_or_refused(value: Any) -> None:
    with suppress(FrameError):
        assert isinstance(uuid_of({"client_id": value}, "client_id"), UUID)


@quick
@given(texts)
@example("Europe")
@example("America/Argentina")
@example("a" * 5_000)
@example("../../etc/passwd")
@example("a\x00b")
@example("\udcff")
@example(".")
@example("Europe/Copenhagen/x")
def test_a_time_zone_of_a_cookie_is_one_or_none(name: str) -> None:
    zone = _zone(name)
    with timezone.override(zone):
        assert timezone.localtime() is not None


@quick
@given(texts)
def test_a_theme_of_a_cookie_is_one_of_two_or_none(name: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = name
    assert page(request)["theme"] in {"", "suite-light", "suite-dark"}


@few
@given(st.dictionaries(st.sampled_from(["theme", "timezone", "sessionid", "csrftoken"]), sendable))
@example({"timezone": "Europe"})
@example({"timezone": "a" * 1_000})
def test_no_cookie_breaks_a_page(db: None, cookies: dict[str, str]) -> None:
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    wire = header.encode().decode("latin-1")  # as a server hands it on
    answer = Client().get("/accounts/login/", headers={"Cookie": wire})
    assert answer.status_code == 200


class Elements(HTMLParser):
    """Every element and attribute of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


@quick
@given(markup | sendable)
def test_markdown_becomes_safe_html(body: str) -> None:
    elements = Elements(render_markdown(body))
    assert elements.tags <= ALLOWED_TAGS
    for tag, name, value in elements.attributes:
        allowed = ALLOWED_ATTRIBUTES.get(tag, set()) | ({"rel", "target"} if tag == "a" else set())
        assert name in allowed, (tag, name)
        if name == "href":
            assert re.match(r"(https?|mailto):|[^:]*$|[/#?]", value), value


@few
@given(st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=300))
@example("x" * 256)
@example("\x00")
def test_any_idempotency_key_is_taken_or_refused(consultant: User, key: str) -> None:
    before = Room.objects.count()
    body = {"name": "Room", "room_type": "review"}
    send = signed_in(consultant).post
    first = send("/api/rooms/", body, headers={"Idempotency-Key": key})
    assert first.status_code in (201, 400)
    again = send("/api/rooms/", body, headers={"Idempotency-Key": key})
    assert again.status_code == first.status_code
    made = Room.objects.count() - before
    expected = 0 if first.status_code == 400 else 1 if key else 2
    assert made == expected


@few
@given(st.recursive(st.none() | st.integers() | texts, lambda inner: st.lists(inner, max_size=3)))
def test_any_client_id_and_body_of_a_message_is_taken_or_refused(
    client_user: User, room: Room, value: Any
) -> None:
    before, client = Event.objects.count(), signed_in(client_user)
    address = f"/api/rooms/{room.pk}/messages/"
    for fields in ({"body": "Hello", "client_id": value}, {"body": value}):
        answer = client.generic("POST", address, json.dumps(fields), "application/json")
        assert answer.status_code in (200, 201, 400)
        if answer.status_code == 400:
            assert Event.objects.count() == before
        before = Event.objects.count()


@quick
@given(texts)
def test_a_refusal_can_always_be_told(text: str) -> None:
    answer: Any = problem_response(ActionError(text, field="name"), {})
    assert json.loads(answer.rendered_content)["status"] == 400
