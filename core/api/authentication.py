"""Who asks, by a token in the header. (Pages ask with their session: DRF's own class.)"""

from typing import Any

from knox import auth as knox
from rest_framework.exceptions import AuthenticationFailed

from core.authentication import live_token
from core.context import come_by, session_digest
from core.permissions import lacks_second_factor


class TokenAuthentication(knox.TokenAuthentication):  # type: ignore[misc]
    """`Authorization: Token <token>`; anything that is no token of a person answers 401."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        """The token's person and its row; raises `AuthenticationFailed`. One query.

        A token of staff works only while its person has the second factor that they must have:
        otherwise a password alone, or a token from before, would do what the pages refuse.
        """
        row = live_token(token.decode("latin-1"))
        if row is None:
            raise AuthenticationFailed("Invalid token.")
        if lacks_second_factor(row.user):
            raise AuthenticationFailed("Set up two-step sign-in on the site first: staff need it.")
        come_by(session_digest(row.digest))
        return row.user, row
