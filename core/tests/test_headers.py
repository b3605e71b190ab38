"""Every kind of answer says what browsers may do with it."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path, reverse

from accounts.models import User
from consultsuite.urls import handler400, handler403, handler404, handler500, urlpatterns
from core.middleware import ContentPolicyMiddleware
from rooms.models import Room
from tests.fixtures import prove

pytestmark = pytest.mark.django_db

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Reporting-Endpoints": 'policy="/reports/"',
}


def broken(request: HttpRequest) -> HttpResponse:
    """A view with a fault."""
    raise ZeroDivisionError


class WithAFault:
    """The product's own addresses, and one that fails."""

    urlpatterns: ClassVar = [*urlpatterns, path("broken/", broken)]
    handler400, handler403 = handler400, handler403
    handler404, handler500 = handler404, handler500


Ask = Callable[[Client, Room], Any]

KINDS: dict[str, tuple[int, Ask]] = {
    "page": (200, lambda c, r: c.get(reverse("home"))),
    "room": (200, lambda c, r: c.get(reverse("rooms:room", args=[r.pk]))),
    "fragment": (
        200,
        lambda c, r: c.get(
            reverse("messaging:messages", args=[r.conversation_id]), headers={"HX-Request": "true"}
        ),
    ),
    "redirect": (302, lambda c, r: Client().get(reverse("home"))),
    "sign-in": (200, lambda c, r: Client().get(reverse("account_login"))),
    "API": (200, lambda c, r: c.get("/api/rooms/")),
    "API, refused": (401, lambda c, r: Client().get("/api/rooms/")),
    "API, unknown": (404, lambda c, r: c.get("/api/nothing/")),
    "API schema": (200, lambda c, r: c.get("/api/schema/")),
    "API docs": (200, lambda c, r: c.get("/api/docs/")),
    "static file": (200, lambda c, r: c.get("/static/favicon.svg")),
    "health": (200, lambda c, r: c.get("/readyz")),
    "report": (400, lambda c, r: c.post("/reports/", "x", content_type="text/plain")),
    "admin": (200, lambda c, r: c.get(reverse("admin:index"))),
    "admin list": (200, lambda c, r: c.get(reverse("admin:core_stream_changelist"))),
    "not found": (404, lambda c, r: c.get("/nothing/")),
    "wrong method": (405, lambda c, r: c.delete(reverse("home"))),
    "wrong host": (400, lambda c, r: c.get("/", headers={"host": "evil.example"})),
    "wrong token": (403, lambda c, r: Client(enforce_csrf_checks=True).post("/accounts/login/")),
    "too often": (429, lambda c, r: [c.get("/go/?q=x") for _ in range(2)][-1]),
    "fault": (500, lambda c, r: c.get("/broken/")),
}


def policy_of(answer: Any) -> dict[str, list[str]]:
    directives = answer["Content-Security-Policy"].split("; ")
    return {name: words for name, *words in (directive.split(" ") for directive in directives)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_all_policies(kind: str, staff: User, room: Room) -> None:
    status, ask = KINDS[kind]
    browser = Client(raise_request_exception=False)
    person = room.participants.first() if kind in {"room", "fragment"} else None
    browser.force_login(
        person.user if person else staff, backend="django.contrib.auth.backends.ModelBackend"
    )
    if person is None:
        prove(browser, staff, is_in_admin=True)
    limits = settings.RATE_LIMITS | {"search": {"person": "1/m"}}
    with override_settings(ROOT_URLCONF=WithAFault, RATE_LIMITS=limits):
        answer = ask(browser, room)
    assert answer.status_code == status
    assert {name: answer.get(name) for name in HEADERS} == HEADERS
    features = answer["Permissions-Policy"]
    for feature in ("camera", "microphone", "display-capture"):
        assert f"{feature}=(self)" in features
    for feature in ("geolocation", "payment", "usb"):
        assert f"{feature}=()" in features
    policy = policy_of(answer)
    assert policy["default-src"] == ["'none'"]
    if kind.startswith("admin"):  # Django's templates mark no script
        assert policy["script-src"] == ["'self'"]
    else:
        # Without a script of ours there is no nonce, so nothing at all may run.
        assert [w for w in policy["script-src"] if "nonce" not in w] == ["'strict-dynamic'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == policy["connect-src"] == ["'self'"]
    assert (policy["report-uri"], policy["report-to"]) == (["/reports/"], ["policy"])
    assert not re.search("unsafe|\\*|https?:", answer["Content-Security-Policy"])
    if hasattr(answer, "streaming_content"):
        list(answer.streaming_content)


def test_a_nonce_is_used_once(client: Client, client_user: User) -> None:
    client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    answers = [client.get(reverse("home")) for _ in range(2)]
    nonces = [word for a in answers for word in policy_of(a)["script-src"] if "nonce" in word]
    assert len(nonces) == len(set(nonces)) == 2
    for answer, nonce in zip(answers, nonces, strict=True):
        scripts = re.findall(r"<script\b[^>]*>", answer.content.decode())
        assert scripts
        assert all(f'nonce="{nonce[7:-1]}"' in script for script in scripts)


def test_answers_that_mark_no_script_have_the_policy_that_others_have(
    client: Client, staff: User, client_user: User
) -> None:
    """It is built once for them; what the admin or a page has of its own stays theirs."""
    fragment = reverse("rooms:list") + "?page=2"
    client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/readyz").status_code == 200
    kept = policy_of(client.get("/readyz"))
    assert kept["script-src"] == ["'strict-dynamic'"]
    page = policy_of(client.get(fragment))
    assert any("nonce" in word for word in page["script-src"])
    assert {**page, "script-src": 0, "style-src": 0} == {**kept, "script-src": 0, "style-src": 0}
    assert policy_of(client.get("/readyz")) == kept


def test_a_policy_that_a_view_has_set_itself_stays_its_own(rf: RequestFactory) -> None:
    """Also if its answer is the first of the process."""

    def answer(request: HttpRequest) -> HttpResponse:
        is_own = request.path == "/own/"
        return HttpResponse(headers={"Content-Security-Policy": "sandbox"} if is_own else {})

    middleware: Any = ContentPolicyMiddleware(answer)
    asked = ("/own/", "/", "/own/", "/")
    policies = [middleware(rf.get(path))["Content-Security-Policy"] for path in asked]
    assert policies[0] == policies[2] == "sandbox"
    assert policies[1] == policies[3]
    assert policies[1].count("'none'") >= 3


# Hosts and forms ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80@evil"])
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/api/rooms/"])
def test_a_host_that_is_not_ours_is_refused(host: str, address: str) -> None:
    assert Client().get(address, headers={"host": host}).status_code == 400
    # Nothing in the answer or a mail is made of what a proxy or stranger claims.
    assert Client().get(address, headers={"x-forwarded-host": host}).status_code != 400


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_a_form_of_another_site_is_refused(origin: str, client_user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    browser.get(reverse("accounts:profile"))
    token = browser.cookies[settings.CSRF_COOKIE_NAME].value
    fields = {"csrfmiddlewaretoken": token, "name": "Changed"}
    answer = browser.post(reverse("accounts:profile"), fields, headers={"origin": origin})
    assert answer.status_code == 403
    client_user.refresh_from_db()
    assert client_user.name != "Changed"
    assert browser.post("/api/rooms/", {}, headers={"origin": origin}).status_code == 403


def test_scripts_cannot_read_the_cookies(client: Client) -> None:
    client.get(reverse("account_login"))
    cookie = client.cookies[settings.CSRF_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["domain"] == ""
