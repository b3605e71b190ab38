"""Who asks: a token in the header, or the session cookie with its CSRF token."""

from typing import Any

from knox import auth as knox
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class TokenAuthentication(knox.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Token <token>`; anything that is no token of a person answers 401."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """The token's person and its row; raises `AuthenticationFailed`."""
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        person, row = super().authenticate_credentials(token)
        return person, row


class SessionAuthentication(authentication.SessionAuthentication):
    """The session cookie, with CSRF. Says 401, not 403, to who is not signed in."""

    def authenticate_header(self, request: Request) -> str:
        """Named in WWW-Authenticate, which makes DRF answer 401."""
        return "Session"
