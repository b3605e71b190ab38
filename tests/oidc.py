"""A stand-in for Google and Microsoft: an OpenID provider on loopback that speaks the protocol.

Authorization code flow with PKCE (RFC 6749, RFC 7636, OpenID Connect Core 1.0); it refuses what a
real one refuses. ``claims`` is who is signed in there.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import requests
from django.test import Client
from pytest_django import Settings

CLIENTS = {"google-client", "microsoft-client"}
SECRET = "suite-secret"
KEY = "a key that is used for nothing else, as the client need not check it"


class Provider(ThreadingHTTPServer):
    """Running while used as a context."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        super().__init__(address, _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.faults: dict[str, int] = {}
        """Path -> status: how it fails."""

    def issue(self, asked: dict[str, str]) -> str:
        """A code for somebody who said yes."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return code

    def redeem(self, form: dict[str, str]) -> dict[str, str] | None:
        """Tokens for a code, once; None where anything is not as it was asked for."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = asked is not None and (
            form.get("client_id") == asked["client_id"]
            and form.get("client_secret") == SECRET
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge == asked["code_challenge"]
        )
        if not fits:
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": form["client_id"], "iat": now, "exp": now + 600}
        token = jwt.encode(claims | self.claims, KEY, algorithm="HS256")
        return {"access_token": secrets.token_urlsafe(), "token_type": "Bearer", "id_token": token}


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        path, query = self._parts()
        if path == "/.well-known/openid-configuration":
            url = self.server.url
            self._json(
                {
                    "issuer": url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "jwks_uri": f"{url}/jwks",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif path == "/authorize":
            self._authorize(query)
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self._parts()
        length = int(self.headers.get("Content-Length", 0))
        form = {
            name: value[0] for name, value in parse_qs(self.rfile.read(length).decode()).items()
        }
        tokens = self.server.redeem(form)
        self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def _authorize(self, query: dict[str, str]) -> None:
        wanted = {"client_id", "redirect_uri", "response_type", "scope", "state"}
        wanted |= {"code_challenge", "code_challenge_method"}
        is_right = wanted <= query.keys() and (
            query["client_id"] in CLIENTS
            and query["response_type"] == "code"
            and query["code_challenge_method"] == "S256"
            and "openid" in query["scope"].split()
        )
        if not is_right:
            self.send_error(400)
            return
        answer = {"code": self.server.issue(query)} if self.server.claims else _DENIED
        self.send_response(302)
        back = urlencode(answer | {"state": query["state"]})
        self.send_header("Location", f"{query['redirect_uri']}?{back}")
        self.end_headers()

    def _parts(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, _single(parts.query)

    def _json(self, body: dict[str, Any], status: int = 200) -> None:
        status = self.server.faults.get(urlsplit(self.path).path, status)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Silence: tests say what they need."""


def _single(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


_DENIED = {"error": "access_denied"}


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a port of its own."""
    with Provider() as provider:
        thread = threading.Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()


@pytest.fixture
def provider(db: None, settings: Settings) -> Iterator[Provider]:
    """Both providers, at one place on loopback."""
    with running() as stand_in:
        options = {
            "server_url": stand_in.url, "oauth_pkce_enabled": True, "fetch_userinfo": False,
        }  # fmt: skip
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "APPS": [
                    {
                        "provider_id": name,
                        "name": name.title(),
                        "client_id": f"{name}-client",
                        "secret": SECRET,
                        "settings": options | more,
                    }
                    for name, more in (
                        ("google", {"email_authentication": True}),
                        ("microsoft", {}),
                    )
                ]
            }
        }
        yield stand_in


def leave(client: Client, name: str = "google", **form: str) -> Any:
    """Press the button."""
    return client.post(f"/accounts/oidc/{name}/login/", {"process": "login"} | form)


def arrive(client: Client, answer: Any) -> Any:
    """Say yes at the provider, and come back."""
    assert answer.status_code == 302, answer.content.decode()
    there = requests.get(answer["Location"], allow_redirects=False, timeout=5)
    assert there.status_code == 302, there.text
    return client.get(there.headers["Location"].partition("testserver")[2])


def sign_in(client: Client, name: str = "google", **form: str) -> Any:
    return arrive(client, leave(client, name, **form))
