"""Which form an answer has: JSON, the only one that there is."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

ANYTHING = frozenset({"*/*", "application/json"})
"""What nearly every client accepts: there is nothing to negotiate."""


class Negotiation(DefaultContentNegotiation):
    """As DRF's, without its work for who accepts the only form in the plainest words."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        """The renderer and its media type; raises `NotAcceptable` (406)."""
        is_plain = request.META.get("HTTP_ACCEPT", "*/*") in ANYTHING
        if is_plain and not format_suffix and "format" not in request.query_params:
            (renderer,) = renderers
            return renderer, renderer.media_type
        return super().select_renderer(request, renderers, format_suffix)
