"""Who takes part in a room."""

from typing import ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import CURSOR, LIMIT, listing, operation
from core.permissions import require
from rooms.actions.invitations import add_or_invite
from rooms.actions.participants import add_participant, change_role, remove_participant
from rooms.api.base import RoomView
from rooms.models import Participant
from rooms.queries.people import participant_of
from rooms.queries.resources import participants_of
from rooms.serializers import (
    AddParticipantSerializer,
    ChangeRoleSerializer,
    InvitationSerializer,
    ParticipantSerializer,
    ParticipantsQuery,
)


class Participants(RoomView):
    """The people of a room."""

    limits: ClassVar = {"POST": "invitation"}

    @listing(
        "participants_list", ParticipantSerializer, parameters=[ParticipantsQuery, CURSOR, LIMIT]
    )
    def get(self, request: Request, room_id: UUID) -> Response:
        """Who takes part, in the order in which they were added."""
        rows = participants_of(self.room(room_id), left=self.query(ParticipantsQuery)["left"])
        return self.page(
            rows,
            lambda page: ParticipantSerializer(page, many=True).data,
            ordering=("added_at", "pk"),
        )

    @operation(
        "participants_add", ParticipantSerializer, body=AddParticipantSerializer,
        status=201, creates=True, others={202: InvitationSerializer},
    )  # fmt: skip
    def post(self, request: Request, room_id: UUID) -> Response:
        """Add somebody. Who has no account is invited by mail (202). 409 if they take part."""
        room = self.room(room_id)

        def add() -> Response:
            # Before the body says whose address is known.
            require(self.person, "rooms.invite", room)
            fields = self.body(AddParticipantSerializer)
            action = add_or_invite if "email" in fields else add_participant
            made = action(actor=self.person, room=room, **fields)
            if isinstance(made, Participant):
                return Response(ParticipantSerializer(made).data, status=201)
            return Response(InvitationSerializer(made).data, status=202)

        return self.once(add)


class ParticipantDetail(RoomView):
    """One participant."""

    @operation("participants_read", ParticipantSerializer)
    def get(self, request: Request, room_id: UUID, user_id: UUID) -> Response:
        """Somebody's place."""
        return Response(ParticipantSerializer(self._load(room_id, user_id)).data)

    @operation("participants_change", ParticipantSerializer, body=ChangeRoleSerializer)
    def patch(self, request: Request, room_id: UUID, user_id: UUID) -> Response:
        """Give somebody another role. 409 for the last host."""
        participant = change_role(
            actor=self.person,
            participant=self._load(room_id, user_id),
            **self.body(ChangeRoleSerializer),
        )
        return Response(ParticipantSerializer(participant).data)

    @operation("participants_remove", status=204)
    def delete(self, request: Request, room_id: UUID, user_id: UUID) -> Response:
        """Take somebody out, or leave yourself. 409 for the last host."""
        remove_participant(actor=self.person, participant=self._load(room_id, user_id))
        return Response(status=204)

    def _load(self, room_id: UUID, user_id: UUID) -> Participant:
        return get_object_or_404(participant_of(self.person, self.room(room_id), user_id))
