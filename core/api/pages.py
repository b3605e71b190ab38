"""Lists: `{"results": [...], "next": url|null, "previous": url|null}`, `?limit=` up to 200."""

from typing import Any

from django.core import signing
from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

MAX_PAGE_SIZE = 200
PAGE_SIZE = 50


def page_limit(request: Request) -> int:
    """How many results are asked for; more than 200 are 200. Raises `ValidationError`."""
    text = request.query_params.get("limit", str(PAGE_SIZE))
    if not text.isdecimal() or not text.isascii() or not int(text[:9]):
        raise ValidationError({"limit": ["A whole number from 1."]})
    return min(int(text[:9]), MAX_PAGE_SIZE)


class CursorPagination(pagination.CursorPagination):
    """Pages by cursor; the rows are never counted."""

    page_size_query_param = "limit"
    max_page_size = MAX_PAGE_SIZE
    ordering = ("-created_at", "-pk")

    def encode_cursor(self, cursor: Any) -> str:
        """The address of a page. It is signed: only what we have said is ever looked up."""
        text = signing.dumps([*cursor], salt=self._salt())
        return replace_query_param(self.base_url or "", self.cursor_query_param, text)

    def decode_cursor(self, request: Request) -> Any:
        """Where the page begins, None at the start; raises `ValidationError`."""
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            return pagination.Cursor(*signing.loads(text, salt=self._salt()))
        except signing.BadSignature:
            raise ValidationError({"cursor": ["Take it from `next` or `previous`."]}) from None

    def _salt(self) -> str:
        """A position among names means nothing among times."""
        return f"core.api.pages {' '.join(self.ordering)}"

    def get_page_size(self, request: Request) -> int:
        """As `?limit=` asks."""
        return page_limit(request)
