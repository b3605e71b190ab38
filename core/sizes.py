"""How large a request may be, looked at before its body is written to a file.

Django reads a body whole before any of its own limits is asked. Here it is cut off, and
`core.middleware.SizeLimitMiddleware` answers 413 with everything that an answer has.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

Application = Callable[[Any, Any, Any], Awaitable[Any]]

TOO_LARGE = "consultsuite.too_large"
"""In the scope of a request whose body was over the limit, and was dropped."""


class SizeLimit:
    """Gives the application an empty body in place of one over `MAX_REQUEST_BYTES`, or over
    `MAX_UPLOAD_BYTES` where files are uploaded."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Run the application with a body that is small enough."""
        if scope["type"] != "http":
            return await self.application(scope, receive, send)
        most = limit(scope["path"])
        length = next((v for n, v in scope["headers"] if n == b"content-length"), b"0")
        scope = {**scope, TOO_LARGE: not length.isdigit() or int(length) > most}
        received, is_dropped = 0, False

        async def limited() -> Any:
            nonlocal received, is_dropped
            while not (scope[TOO_LARGE] and not is_dropped):
                message = await receive()
                if message["type"] != "http.request":
                    return message
                received += len(message.get("body", b""))
                scope[TOO_LARGE] = scope[TOO_LARGE] or received > most
                if not scope[TOO_LARGE]:
                    return message
            is_dropped = True
            return {"type": "http.request", "body": b"", "more_body": False}

        return await self.application(scope, limited, send)


def limit(path: str) -> int:
    """In bytes, of a request to this address."""
    takes_files = path in settings.UPLOAD_PATHS
    return int(settings.MAX_UPLOAD_BYTES if takes_files else settings.MAX_REQUEST_BYTES)
