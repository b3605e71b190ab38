"""Who asks, by a token in the header. (Pages ask with their session: DRF's own class.)"""

from typing import Any

from knox import auth as knox
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(knox.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Token <token>`; anything that is no token of a person answers 401."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """The token's person and its row; raises `AuthenticationFailed`."""
        if not token.isascii():
            raise AuthenticationFailed("Invalid token.")
        person, row = super().authenticate_credentials(token)
        return person, row
