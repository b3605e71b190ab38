"""Asking as each person, over HTTP, and taking back what a request has changed."""

import json
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from rest_framework.utils.encoders import JSONEncoder

from tests.api import signed_in
from tests.fixtures import prove
from tests.permissions.admin import ADMIN_SIGN_IN
from tests.permissions.cast import SIGN_IN, WHO, Cast, Status, Table, differing, fingerprint

SAFE = ("GET", "HEAD", "OPTIONS")
BACKEND = "django.contrib.auth.backends.ModelBackend"
SIGNED_IN_AGO = 660.0  # seconds: more than REAUTHENTICATION_SECONDS, less than the admin asks


class Asks(Protocol):
    """A way to ask: by pages or over the API."""

    def ask(self, who: str, method: str, address: str, body: Any) -> Status:
        """How the server answers this person. Whatever it changed is kept."""


class Browsers:
    """A browser of each person, who has signed in."""

    def __init__(self, cast: Cast, *, htmx: bool = True, **options: Any) -> None:
        self.cast = cast
        self.options = options
        self.headers = {"HX-Request": "true"} if htmx else {}
        self.cookies: dict[str, str] = {}
        for who, person in cast.people.items():
            client = Client()
            if person is not None:
                client.force_login(person, backend=BACKEND)
                if person.is_staff:
                    # In the admin, and too long ago for changing how one signs in.
                    prove(client, person, seconds_ago=SIGNED_IN_AGO, is_in_admin=True)
            self.cookies[who] = client.cookies.output(header="", sep=";").strip()

    def ask(self, who: str, method: str, address: str, body: Any) -> Status:
        """The status, or `SIGN_IN`. Each time with the cookies from just after signing in."""
        client = Client(**self.options)
        client.cookies.load(self.cookies[who])
        address = self.cast.filled(address)
        headers: Any = {} if method in SAFE else self.headers
        if method == "POST":
            answer = client.post(address, self.cast.body(body) or {}, headers=headers)
        else:
            answer = client.generic(method, address, headers=headers)
        read_whole(answer)
        for word, page in (SIGN_IN, "account_login"), (ADMIN_SIGN_IN, "admin:login"):
            if _leads_to(page, answer, address):
                return word
        return int(answer.status_code)


class Programs:
    """A program of each person, with a token, below `/api/`."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.clients = {who: signed_in(person) for who, person in cast.people.items()}

    def ask(self, who: str, method: str, address: str, body: Any) -> Status:
        """The status."""
        body = self.cast.body(body)
        if any(isinstance(part, UploadedFile) for part in (body or {}).values()):
            for part in body.values():
                getattr(part, "seek", int)(0)  # read by whoever asked before
            answer = self.clients[who].post(f"/api/{address}", body, "multipart")
            return int(answer.status_code)
        text = "" if body is None else json.dumps(body, cls=JSONEncoder)
        answer = self.clients[who].generic(
            method, f"/api/{self.cast.filled(address)}", text, content_type="application/json"
        )
        read_whole(answer)
        return int(answer.status_code)


def assert_agrees(cast: Cast, table: Table, by: Asks) -> None:
    """Everybody gets the statuses of the table, and no refusal has changed anything.

    Each request is taken back, so that the rows do not depend on each other.
    """
    before, wrong = fingerprint(), []
    for (method, address), (body, expected) in table.items():
        found: dict[str, Status] = {}
        for who in WHO:
            cache.clear()  # limits count there
            with transaction.atomic():
                found[who] = by.ask(who, method, address, body)
                if is_refusal(found[who]) and fingerprint() != before:
                    wrong.append(f"{who} {method} {address}: refused, but something changed")
                transaction.set_rollback(True)
        wrong += differing(found, expected, f"{method} {address}")
    assert not wrong, "\n".join(["", *wrong])


def read_whole(answer: Any) -> bytes:
    """The content of a file, which is closed then."""
    return b"".join(getattr(answer, "streaming_content", ()))


def is_refusal(status: Status) -> bool:
    """True for what must not have changed anything."""
    return status in (SIGN_IN, ADMIN_SIGN_IN) or (isinstance(status, int) and status >= 400)


def _leads_to(page: str, answer: Any, address: str) -> bool:
    """True for a redirect to this page that leads back to the address."""
    if answer.status_code != 302:
        return False
    target = urlsplit(answer["Location"])
    back = parse_qs(target.query).get("next", [""])[0]
    return target.path == reverse(page) and (back == unquote(address) or _is_sign_in(address))


def _is_sign_in(address: str) -> bool:
    return address == reverse("admin:login")
