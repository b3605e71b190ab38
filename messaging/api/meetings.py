"""Meetings over HTTP."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.meetings import cancel_meeting, move_meeting, schedule_meeting
from messaging.fragments import meeting_resource
from messaging.models import Meeting
from messaging.queries.conversations import visible_conversation
from messaging.queries.meetings import meetings_of
from messaging.serializers.meetings import (
    ChangeMeetingSerializer,
    MeetingSerializer,
    MeetingsQuery,
    ScheduleMeetingSerializer,
)


class Meetings(ApiView):
    """Meetings of one's conversations."""

    @listing("meetings_list", MeetingSerializer, parameters=[MeetingsQuery, CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """What is to come, the next first; with `when=past`, what was, the last first."""
        is_past = self.query(MeetingsQuery).get("when") == "past"
        return self.page(
            meetings_of(self.person, past=is_past),
            lambda page: [meeting_resource(row) for row in page],
            ordering=("-starts_at", "-pk") if is_past else ("starts_at", "pk"),
        )


class ConversationMeetings(ApiView):
    """Calling a meeting in a conversation."""

    limits = {"POST": "message"}

    @operation(
        "conversation_meetings_schedule", MeetingSerializer, body=ScheduleMeetingSerializer,
        status=201, creates=True,
    )  # fmt: skip
    def post(self, request: Request, conversation_id: UUID) -> Response:
        """Call a meeting; everybody there sees it as a card. The link's host has to be Google
        Meet's, Zoom's, Teams' or this site's."""
        talk = visible_conversation(self.person, conversation_id)
        return self.once(lambda: self._schedule(talk))

    def _schedule(self, talk: Any) -> Response:
        fields = self.body(ScheduleMeetingSerializer)
        made = schedule_meeting(actor=self.person, conversation=talk, **fields)
        return Response(meeting_resource(made), status=201)


class MeetingDetail(ApiView):
    """One meeting."""

    limits = {"PATCH": "message"}

    @operation("meetings_read", MeetingSerializer)
    def get(self, request: Request, meeting_id: UUID) -> Response:
        """A meeting."""
        return Response(meeting_resource(self._load(meeting_id)))

    @operation("meetings_move", MeetingSerializer, body=ChangeMeetingSerializer)
    def patch(self, request: Request, meeting_id: UUID) -> Response:
        """Give it another time, length, title or link. 409 once it is over or cancelled."""
        row = self._load(meeting_id)
        stands: dict[str, Any] = {
            "title": row.title,
            "starts_at": row.starts_at,
            "duration_minutes": row.duration_minutes,
            "link": row.link,
        }
        fields = stands | self.body(ChangeMeetingSerializer)
        return Response(meeting_resource(move_meeting(actor=self.person, meeting=row, **fields)))

    def _load(self, meeting_id: UUID) -> Meeting:
        return load(self, meeting_id)


class CancelMeeting(ApiView):
    """Calling off."""

    @operation("meetings_cancel", MeetingSerializer)
    def post(self, request: Request, meeting_id: UUID) -> Response:
        """Call it off; its card stays and says so. 409 once it is over or cancelled."""
        row = cancel_meeting(actor=self.person, meeting=load(self, meeting_id))
        return Response(meeting_resource(row))


def load(view: ApiView, meeting_id: UUID) -> Meeting:
    """The meeting, if the person may see it; raises `Http404`."""
    rows = Meeting.objects.visible_to(view.person).select_related("conversation", "organiser")
    return get_object_or_404(rows, pk=meeting_id)
