"""Reports of the content security policy: anybody may send them, so little of them is kept."""

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from core.actions import violations
from core.actions.violations import count_violation
from core.errors import NotAllowed
from core.models import Event, PolicyViolation
from core.violations import MAX_REPORT_BYTES, Violation
from tests.fixtures import prove
from tests.races import Racer
from tests.sockets import COMMITTED

ROOM = "11111111-2222-4333-8444-555555555555"
PAGE = f"https://suite.example/rooms/{ROOM}/?message=marker-of-a-query#marker-of-a-place"
INLINE = Violation(
    directive="script-src-elem", blocked="inline", route="rooms/<uuid:room_id>/", source=""
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public(settings: Settings) -> None:
    """Where the product says that it is."""
    settings.PUBLIC_URL = "https://suite.example"


def old(**changed: Any) -> dict[str, Any]:
    """A report of `report-uri`."""
    report = {
        "document-uri": PAGE,
        "referrer": "https://suite.example/marker-of-a-referrer",
        "violated-directive": "script-src-elem 'self'",
        "effective-directive": "script-src-elem",
        "blocked-uri": "inline",
        "script-sample": "marker-of-a-sample",
    }
    return {"csp-report": report | changed}


def new(**changed: Any) -> list[dict[str, Any]]:
    """A report of the Reporting API."""
    body = {
        "documentURL": PAGE,
        "effectiveDirective": "script-src-elem",
        "blockedURL": "inline",
        "sample": "marker-of-a-sample",
    }
    return [{"type": "csp-violation", "url": PAGE, "body": body | changed}]


def send(content: Any, **options: Any) -> int:
    """The status that a report gets."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    client = Client(enforce_csrf_checks=True)
    options = {"content_type": "application/csp-report"} | options
    return client.post("/reports/", body, **options).status_code


def kept() -> list[tuple[Any, ...]]:
    fields = ("directive", "blocked", "route", "source", "count")
    return [*PolicyViolation.objects.order_by("pk").values_list(*fields)]


@pytest.mark.parametrize("report", [old(), new()], ids=["report-uri", "reporting API"])
def test_a_report_is_counted_with_its_like(report: Any) -> None:
    assert [send(report) for _ in range(3)] == [204] * 3
    assert kept() == [("script-src-elem", "inline", "rooms/<uuid:room_id>/", "", 3)]
    everything = str(PolicyViolation.objects.values())
    assert "marker" not in everything
    assert ROOM not in everything
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("blocked", "stored"),
    [
        ("https://evil.example/path?marker=1", "https://evil.example"),
        ("https://user:marker@evil.example:8443/", "https://evil.example"),
        ("data:text/html,marker", "data"),
        ("blob", ""),
        ("eval", "eval"),
        ("marker of something else", ""),
        ("https://suite.example/static/build/app.js?marker", "/static/build/app.js"),
        (f"https://suite.example/rooms/{ROOM}/", "self"),
        ("https://[marker", ""),
        ({"marker": 1}, ""),
        (None, ""),
        ("x" * 5000 + "://host", ""),
    ],
)
def test_what_is_kept_of_what_was_refused(blocked: Any, stored: str) -> None:
    assert send(new(blockedURL=blocked, sourceFile=blocked)) == 204
    ((_, what, _, source, _),) = kept()
    assert (what, source) == (stored, stored)


@pytest.mark.parametrize(
    "report",
    [
        old(**{"document-uri": "https://elsewhere.example/"}),
        old(**{"document-uri": "about:blank"}),
        old(**{"document-uri": None}),
        old(**{"document-uri": "https://[suite"}),
        old(**{"effective-directive": "marker of <b>"}),
        old(**{"effective-directive": "", "violated-directive": ""}),
        old(**{"effective-directive": "x" * 41}),
        [],
        ["report", {"type": "deprecation", "body": {}}, {"type": "csp-violation"}],
    ],
)
def test_what_is_of_no_page_of_ours_is_not_kept(report: Any) -> None:
    assert send(report) == 204
    assert kept() == []


def test_an_unknown_page_has_no_route() -> None:
    assert send(old(**{"document-uri": "https://suite.example/marker/of/nothing"})) == 204
    assert kept() == [("script-src-elem", "inline", "", "", 1)]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b'"text"', b"{}", b'{"csp-report": []}', b"\xff", b"[" * 10_000]
)
def test_what_is_no_report(body: bytes) -> None:
    assert send(body) == 400
    assert kept() == []


def test_a_report_is_small() -> None:
    assert send(b"[" + b" " * MAX_REPORT_BYTES + b"]") == 413
    assert send(new() * 30) == 204
    ((*_, count),) = kept()
    assert count == 10


def test_reports_are_limited_by_address(settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"report": {"address": "2/m"}}
    assert [send(old()) for _ in range(3)] == [204, 204, 429]
    assert send(old(), REMOTE_ADDR="203.0.113.9") == 204


def test_only_post() -> None:
    assert Client().get("/reports/").status_code == 405


def test_so_many_kinds_at_most(system: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(violations, "MOST_KINDS", 3)
    for directive in ("img-src", "font-src", "style-src", "img-src", "media-src"):
        count_violation(
            actor=system,
            violation=Violation(directive=directive, blocked="inline", route="", source=""),
        )
    assert {row[0] for row in kept()} == {"style-src", "img-src", "media-src"}


@COMMITTED
def test_two_browsers_report_the_same_at_one_moment(system: User) -> None:
    with transaction.atomic():
        count_violation(actor=system, violation=INLINE)
        other = Racer(lambda: count_violation(actor=system, violation=INLINE))
    other.result()
    assert [count for *_, count in kept()] == [2]


def test_only_the_system_counts(consultant: User) -> None:
    with pytest.raises(NotAllowed):
        count_violation(actor=consultant, violation=INLINE)


def test_staff_see_them(client: Client, staff: User, system: User) -> None:
    count_violation(actor=system, violation=INLINE)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    prove(client, staff, is_in_admin=True)
    html = client.get("/admin/core/policyviolation/").content.decode()
    assert "script-src-elem" in html
    assert "rooms/&lt;uuid:room_id&gt;/" in html
