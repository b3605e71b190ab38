"""Which form an answer has: nearly everywhere there is one, JSON."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

ANYTHING = frozenset({"*/*", "application/json"})
"""What nearly every client accepts: there is nothing to negotiate."""


class Negotiation(DefaultContentNegotiation):
    """As DRF's, without its work where there is one form, asked for in the plainest words."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        """The renderer and its media type; raises `NotAcceptable` (406)."""
        first, *others = renderers
        is_only = not others and first.media_type == "application/json"
        is_plain = request.META.get("HTTP_ACCEPT", "*/*") in ANYTHING
        if is_only and is_plain and not format_suffix and "format" not in request.query_params:
            return first, first.media_type
        return super().select_renderer(request, [first, *others], format_suffix)
