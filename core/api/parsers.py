"""Reading bodies."""

from collections.abc import Mapping
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """JSON up to ``DATA_UPLOAD_MAX_MEMORY_SIZE``: DRF alone reads bodies of any size."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `ParseError` (400) or `RequestDataTooBig` (413)."""
        try:
            return super().parse(cast(IO[Any], _Limited(stream)), media_type, parser_context)
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None


class _Limited:
    """A stream that refuses to be longer than the limit."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        content = self._stream.read(limit + 1 if size < 0 else size)
        if len(content) > limit:
            raise RequestDataTooBig
        return content
