"""PostgreSQL or Redis away while somebody asks for a page or the API: 503, said once in the log."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts.models import User
from core.outages import database_outage, redis_outage
from core.sessions import SessionStore

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outages_end() -> Iterator[None]:
    yield
    database_outage.over()
    redis_outage.over()


@pytest.fixture
def signed_in(client_user: User) -> Client:
    """Answered as by a server: what is raised is no failure of the test."""
    browser = Client(raise_request_exception=False)
    browser.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def is_outage(answer: Any, *, problem: bool) -> bool:
    kind = "application/problem+json" if problem else "text/html; charset=utf-8"
    said = '"status": 503' if problem else "Error 503"
    return (
        (answer.status_code, answer["Retry-After"], answer["Content-Type"]) == (503, "5", kind)
        and said in answer.content.decode()
        and "frame-ancestors" in answer["Content-Security-Policy"]
    )


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/nothing/", "/admin/", "/api/rooms/"])
@pytest.mark.parametrize("error", [OperationalError("lost"), InterfaceError("closed")])
def test_a_session_that_cannot_be_read(
    signed_in: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    path: str,
    error: Exception,
) -> None:
    def load(_: SessionStore) -> dict[str, Any]:
        raise error

    monkeypatch.setattr(SessionStore, "load", load)
    for _ in range(2):
        assert is_outage(signed_in.get(path), problem=path.startswith("/api/"))
    assert [record.getMessage() for record in caplog.records] == [
        f"PostgreSQL is away ({error}). Whoever writes is told to try again."
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/api/rooms/"])
def test_a_server_that_is_not_there(
    signed_in: Client, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """A real connection to where nobody listens."""
    known, pool = dict(connection.settings_dict), connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict.update(
        HOST="127.0.0.1", PORT="1", OPTIONS={k: v for k, v in pool.items() if k != "pool"}
    )
    try:
        answer = signed_in.get(path)
    finally:
        connection.close()
        connection.settings_dict.update(known)
    assert is_outage(answer, problem=path.startswith("/api/"))
    assert [record.name for record in caplog.records] == ["core.outages"]


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_redis_away_while_somebody_signs_in(
    signed_in: Client, client_user: User, settings: Settings, is_signed_in: bool
) -> None:
    cache = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
    settings.CACHES = {"default": {**cache, "LOCATION": "redis://127.0.0.1:1/0"}}
    if is_signed_in:
        path, sent = reverse("account_reauthenticate"), {"password": "whatever it is"}
    else:
        signed_in.logout()
        path = reverse("account_login")
        sent = {"login": client_user.email, "password": "whatever it is"}
    assert is_outage(signed_in.post(path, sent), problem=False)


def test_a_view_that_meets_an_outage(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> HttpResponse:
        raise RedisConnectionError

    monkeypatch.setattr("core.views.render", fail)
    assert is_outage(signed_in.get("/go/"), problem=False)


def test_the_theme_is_kept(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(SessionStore, "load", fail)
    signed_in.cookies["theme"] = "suite-dark"
    assert 'data-theme="suite-dark"' in signed_in.get("/").content.decode()
