"""Reading event logs by polling: the same events as a socket sends."""

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pages import page_limit
from core.api.schema import LIMIT, operation
from core.api.views import ApiView
from core.events import StreamKey
from core.kinds import begins_at, stream_visible
from core.queries import events_after, head
from core.rendering import resources
from core.serializers import AfterQuery, EventsQuery, EventsSerializer


def events_answer(request: Request, stream: StreamKey, after: int) -> Response:
    """`{"results": [...], "head": seq}`: what is above ``after``, as much as `?limit=` asks."""
    events = events_after(stream, after, page_limit(request))
    # The head is read last: it is never below a number in the results.
    return Response({"results": resources(events), "head": head(stream)})


class Events(ApiView):
    """Events of one stream."""

    @operation("events_list", EventsSerializer, parameters=[EventsQuery, LIMIT], refuses=[404])
    def get(self, request: Request) -> Response:
        """What happened in a stream that you may follow, after a number."""
        query = self.query(EventsQuery)
        if not stream_visible(self.person, query["stream"]):
            raise Http404
        begins = begins_at(self.person, query["stream"])
        return events_answer(request, query["stream"], max(query["after"], begins))


class StreamEvents(ApiView):
    """Base of views that show the events of one object's stream."""

    def events(self, request: Request, stream: StreamKey) -> Response:
        """The stream's events as `?after=` and `?limit=` ask."""
        return events_answer(request, stream, self.query(AfterQuery)["after"])
