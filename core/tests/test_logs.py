"""No secret and nothing that somebody wrote is in a log, whatever fails."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from websockets.sync.client import connect

from accounts.models import User
from tests.processes import Suite

MARKER = "marker-4711"


def failing(request: HttpRequest, token: str) -> HttpResponse:
    """A view that fails with words that it was given."""
    raise ValueError(f"cannot use {request.POST.get('body')} of {token}")


def doubling(request: HttpRequest, token: str) -> HttpResponse:
    """A view that makes a person twice: PostgreSQL quotes the address."""
    User.objects.create(email=f"{MARKER}@demo.test")
    try:
        User.objects.create(email=f"{MARKER}@demo.test")
    except IntegrityError as error:
        raise RuntimeError(MARKER) from error
    return HttpResponse()


class Failing:
    """Addresses with a secret in them."""

    urlpatterns = (
        path("invitations/<str:token>/", failing),
        path("people/<str:token>/", doubling),
    )
    handler500 = "core.views.server_error"


@pytest.fixture
def console() -> Iterator[io.StringIO]:
    """What the console would show: our own handler, written elsewhere."""
    (handler,) = (h for h in logging.root.handlers if type(h) is logging.StreamHandler)
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    handler.setStream(before)


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=Failing)
def test_a_fault_says_where_and_not_what(console: io.StringIO) -> None:
    browser = Client(raise_request_exception=False)
    headers = {"authorization": f"Token {MARKER}", "cookie": f"sessionid={MARKER}"}
    address = f"/invitations/{MARKER}/?next={MARKER}"
    assert browser.post(address, {"body": MARKER}, headers=headers).status_code == 500
    said = console.getvalue()
    assert "POST invitations/<str:token>/" in said
    assert "in failing" in said
    assert "builtins.ValueError" in said
    assert MARKER not in said.replace(repr(MARKER), "")


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=Failing)
def test_what_postgresql_quotes_is_left_out(console: io.StringIO) -> None:
    browser = Client(raise_request_exception=False)
    assert browser.get(f"/people/{MARKER}/").status_code == 500
    said = console.getvalue()
    assert "psycopg.errors.UniqueViolation" in said
    assert "which led to" in said
    assert "in doubling" in said
    assert MARKER not in said
    assert connection.in_atomic_block


def test_an_address_that_is_none_of_ours(console: io.StringIO) -> None:
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", f"/{MARKER}/", f"/{MARKER}/"
    logging.getLogger("django.request").error("Gone: %s", request.path, extra={"request": request})
    assert console.getvalue() == "ERROR django.request: Gone: GET an unknown address\n"


def test_an_error_without_an_exception(console: io.StringIO) -> None:
    logging.getLogger("core").error("Nothing was raised.", exc_info=True)  # noqa: LOG014
    assert console.getvalue().splitlines()[0] == "ERROR core: Nothing was raised."


# A real process -----------------------------------------------------------------------------


@pytest.fixture
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """Two web processes on services of their own."""
    suite = Suite(tmp_path_factory.mktemp("logs"))
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


def use_it(suite: Suite, scene: dict[str, Any]) -> None:
    """What people do and try, with the marker wherever one can write."""
    token, url = scene["tokens"][0], suite.webs[0].url
    messages = f"/api/conversations/{scene['conversation']}/messages/"
    with httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(7):
            client.post("/api/auth/signin/", json={"email": "a@demo.test", "password": MARKER})
        client.get("/accounts/login/")
        form = {"login": "a@demo.test", "password": MARKER}
        csrf = client.cookies[settings.CSRF_COOKIE_NAME]
        client.post("/accounts/login/", data={"csrfmiddlewaretoken": csrf, **form})
        client.post("/accounts/password/reset/", data={"email": f"{MARKER}@demo.test"})
        client.get(f"/accounts/password/reset/key/1-{MARKER}/")
        client.get(f"/join/{MARKER}/")
        client.get(f"/{MARKER}/?token={MARKER}", headers={"Authorization": f"Token {MARKER}"})
        client.get("/api/rooms/", headers={"Authorization": f"Token {MARKER}"})
        client.get("/", headers={"Host": "evil.example", "Cookie": f"sessionid={MARKER}"})
        client.post("/reports/", content=f'{{"csp-report": {{"sample": "{MARKER}"}}}}')
        mine = {"Authorization": f"Token {token}"}
        assert client.post(messages, json={"body": MARKER}, headers=mine).status_code == 201
        client.post(messages, json={"body": MARKER, "reply_to": MARKER}, headers=mine)
        client.post(messages, content=f"{{{MARKER}", headers=mine)
        client.post(messages, json={"body": MARKER * 2_000}, headers=mine)


def say_it(suite: Suite, scene: dict[str, Any]) -> None:
    """The same over a socket, with frames that are refused."""
    token, address = scene["tokens"][0], suite.webs[0].address
    with connect(address, subprotocols=[f"token.{token}"]) as socket:  # type: ignore[list-item]
        for frame in (
            {"type": MARKER},
            {"type": "subscribe", "stream": MARKER},
            {"type": "message.send", "id": "1", "conversation": MARKER, "body": MARKER},
            {"type": "message.send", "id": MARKER, "conversation": scene["conversation"],
             "body": MARKER},
        ):  # fmt: skip
            socket.send(json.dumps(frame))
            socket.recv(timeout=30)
        socket.send(MARKER)
        socket.recv(timeout=30)
    with connect(address, subprotocols=[f"token.{MARKER}"]) as socket:  # type: ignore[list-item]
        pass


@pytest.mark.processes
def test_the_console_of_a_real_process(suite: Suite) -> None:
    scene = suite.make_room()
    use_it(suite, scene)
    say_it(suite, scene)
    suite.redis.kill()
    use_it(suite, scene)
    suite.redis.start()
    suite.postgres.kill()
    with httpx.Client(base_url=suite.webs[0].url, timeout=30) as client:
        headers = {"Authorization": f"Token {scene['tokens'][0]}"}
        assert client.get(f"/api/rooms/?q={MARKER}", headers=headers).status_code == 503
        client.get(f"/join/{MARKER}/", headers={"Cookie": f"sessionid={MARKER}"})
    said = "".join(web.log.read_text() for web in suite.webs)
    assert "is away" in said
    secrets = [MARKER, *scene["tokens"]]
    assert [line for line in said.splitlines() if any(secret in line for secret in secrets)] == []
