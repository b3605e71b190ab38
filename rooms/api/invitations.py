"""Invitations to a room by e-mail."""

from typing import ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from core.permissions import require
from rooms.actions.invitations import invite, resend_invitation, revoke_invitation
from rooms.api.base import RoomView
from rooms.models import RoomInvitation
from rooms.queries.invitations import open_invitation, open_invitations
from rooms.serializers import InvitationSerializer, InviteSerializer


class Invitations(RoomView):
    """The open invitations of a room."""

    limits: ClassVar = {"POST": "invitation"}

    @listing("invitations_list", InvitationSerializer, refuses=[403])
    def get(self, request: Request, room_id: UUID) -> Response:
        """Open invitations, also the expired, newest first; for who may add people."""
        room = self.room(room_id)
        require(self.person, "rooms.invite", room)
        return self.page(
            open_invitations(room), lambda page: InvitationSerializer(page, many=True).data
        )

    @operation(
        "invitations_make", InvitationSerializer, body=InviteSerializer, status=201, creates=True
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        """Invite an address, whoever it belongs to. 409 if it is invited or takes part."""
        room = self.room(room_id)

        def make() -> Response:
            require(self.person, "rooms.invite", room)  # before the body says whose address it is
            made = invite(actor=self.person, room=room, **self.body(InviteSerializer))
            return Response(InvitationSerializer(made).data, status=201)

        return self.once(make)


class InvitationView(RoomView):
    """A view of one open invitation."""

    def invitation(self, room_id: UUID, invitation_id: UUID) -> RoomInvitation:
        """It; raises `Http404`, `NotAllowed`."""
        room = self.room(room_id)
        require(self.person, "rooms.invite", room)
        return get_object_or_404(open_invitation(room, invitation_id))


class InvitationDetail(InvitationView):
    """One open invitation."""

    @operation("invitations_read", InvitationSerializer, refuses=[403])
    def get(self, request: Request, room_id: UUID, invitation_id: UUID) -> Response:
        """An open invitation."""
        return Response(InvitationSerializer(self.invitation(room_id, invitation_id)).data)

    @operation("invitations_revoke", status=204)
    def delete(self, request: Request, room_id: UUID, invitation_id: UUID) -> Response:
        """Revoke it; its link stops working at once."""
        revoke_invitation(actor=self.person, invitation=self.invitation(room_id, invitation_id))
        return Response(status=204)


class ResendInvitation(InvitationView):
    """A new link."""

    limits: ClassVar = {"POST": "invitation"}

    @operation("invitations_resend", InvitationSerializer)
    def post(self, request: Request, room_id: UUID, invitation_id: UUID) -> Response:
        """Mail a new link; the earlier one stops working. 409 within a minute of the last."""
        invitation = self.invitation(room_id, invitation_id)
        renewed = resend_invitation(actor=self.person, invitation=invitation)
        return Response(InvitationSerializer(renewed).data)
