"""Lists: `{"results": [...], "next": url|null, "previous": url|null}`, `?limit=` up to 200."""

from rest_framework import pagination
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

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

    def get_page_size(self, request: Request) -> int:
        """As `?limit=` asks."""
        return page_limit(request)
