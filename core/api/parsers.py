"""Reading bodies."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """JSON; one that would exhaust the parser's stack is malformed, not a fault of ours.

    Django refuses bodies over ``DATA_UPLOAD_MAX_MEMORY_SIZE`` before they come here.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; raises `ParseError` (400)."""
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("This JSON is nested too deeply.") from None
