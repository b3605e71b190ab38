"""What the console says of a failure: where and of which kind, never what somebody wrote.

An exception's words may quote anything (a row that is there already, a value that is no number),
and an address may be a link that signs somebody in.
"""

import logging
import traceback
from types import TracebackType

from django.http import HttpRequest
from django.urls import Resolver404, resolve

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutWords(logging.Formatter):
    """A line, and for an exception its places in the code with the kinds of errors alone."""

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's own name
        """The traceback of the exception and of those it came of, without their words."""
        if ei[1] is None:
            return ""
        lines: list[str] = []
        told: set[int] = set()
        error: BaseException | None = ei[1]
        while error is not None and id(error) not in told:
            told.add(id(error))
            places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
            kind = type(error)
            lines.insert(0, f"{places}{kind.__module__}.{kind.__qualname__}")
            hidden = error.__suppress_context__
            error = error.__cause__ or (None if hidden else error.__context__)
        return "\nwhich led to\n".join(lines)


class RouteForAddress(logging.Filter):
    """Says `invitations/<str:token>/` where Django would say the address itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass; change what Django says of a request."""
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            known = {request.path, request.path_info, request.get_full_path()}
            record.args = tuple(
                _route(request) if isinstance(part, str) and part in known else part
                for part in record.args
            )
        return True


def _route(request: HttpRequest) -> str:
    try:
        return f"{request.method} {resolve(request.path_info).route}"
    except Resolver404:
        return f"{request.method} an unknown address"
