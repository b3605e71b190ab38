"""Searching over HTTP."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from core.api.pages import page_limit
from core.api.schema import LIMIT, operation
from core.api.views import ApiView
from messaging.fragments import attachment_resource
from messaging.queries.search.results import Hit, search
from messaging.serializers.search import FoundSerializer, HitSerializer, SearchQuery


class Search(ApiView):
    """What one may see and what answers to a text."""

    limits = {"GET": "search"}

    @operation("search", FoundSerializer, parameters=[SearchQuery, LIMIT])
    def get(self, request: Request) -> Response:
        """Messages, files, and conversations by their name, the best first. Of many that match
        the newest are ranked; words that narrow it find older ones."""
        query = self.query(SearchQuery)
        number, size = query.get("page", 1), page_limit(request)
        found = search(self.person, query.get("q", ""), page=number, size=size)
        address = request.build_absolute_uri()
        return Response(
            {
                "results": [HitSerializer(_resource(hit)).data for hit in found.hits],
                "next": replace_query_param(address, "page", number + 1)
                if found.has_next
                else None,
                "previous": replace_query_param(address, "page", number - 1)
                if number > 1
                else None,
                "notes": found.query.notes,
            }
        )


def _resource(hit: Hit) -> dict[str, Any]:
    author = hit.message.author if hit.message else None
    return {
        "kind": hit.kind,
        "id": hit.id,
        "conversation": {"id": hit.conversation.pk, "name": hit.place},
        "seq": hit.message.seq if hit.message else None,
        "sender": {"id": author.pk, "name": str(author)} if author else None,
        "message": hit.message.pk if hit.message else None,
        "at": hit.at,
        "file": attachment_resource(hit.file) if hit.file else None,
        "excerpt": [{"text": piece.text, "is_match": piece.is_match} for piece in hit.pieces],
    }
