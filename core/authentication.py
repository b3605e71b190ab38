"""Who is behind a socket: the session cookie, or the subprotocol ``token.<token>``."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.contrib.auth.models import AnonymousUser
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from core.hub import in_database

Application = Callable[[dict[str, Any], Any, Any], Awaitable[Any]]

PREFIX = "token."


class SocketAuthentication:
    """A token authenticates by itself; a session only from an allowed Origin.

    A browser always sends Origin and cookies, also for other sites' pages, so the cookie needs
    the check; a token is never sent by a browser on its own.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        self.by_session = AllowedHostsOriginValidator(AuthMiddlewareStack(application))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Put the person into the scope, then run the consumer."""
        protocol = next((p for p in scope.get("subprotocols", ()) if p.startswith(PREFIX)), None)
        if protocol is None:
            return await self.by_session(scope, receive, send)
        user = await in_database(_person_of_token, protocol.removeprefix(PREFIX))
        return await self.application(
            {**scope, "user": user, "token_protocol": protocol}, receive, send
        )


def _person_of_token(token: str) -> Any:
    try:
        user, _ = TokenAuthentication().authenticate_credentials(token.encode())
    except AuthenticationFailed:
        return AnonymousUser()
    return user
