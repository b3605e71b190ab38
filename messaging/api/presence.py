"""Presence over HTTP."""

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import operation
from core.api.views import ApiView
from messaging.queries.presence import presence_of
from messaging.serializers.presence import PresenceQuery, PresenceSerializer


class People(ApiView):
    """Who is here."""

    @operation("presence", PresenceSerializer, parameters=[PresenceQuery])
    def get(self, request: Request) -> Response:
        """Who is here of some people, and when the others were. Left out is who shares no
        conversation with you; who hides it looks offline."""
        known = presence_of(self.person, self.query(PresenceQuery)["users"])
        people = [
            {"user": user_id, "state": state, "last_seen_at": seen_at}
            for user_id, (state, seen_at) in known.items()
        ]
        return Response(PresenceSerializer({"people": people}).data)
