"""The people of an organisation, and who is invited into it."""

from typing import ClassVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.members import (
    change_member_role,
    invite_member,
    remove_member_of_organisation,
    resend_member_invitation,
    revoke_member_invitation,
)
from accounts.models import Membership, Organisation, OrganisationInvitation
from accounts.queries import (
    administers,
    member_invitations,
    members_of,
    organisations_seen_by,
)
from accounts.serializers import (
    InviteMemberSerializer,
    MemberInvitationSerializer,
    MemberRoleSerializer,
    MemberSerializer,
)
from core.api.schema import listing, operation
from core.api.views import ApiView
from core.errors import NotAllowed


class OrganisationView(ApiView):
    """A view of the people of one organisation, for who manages them."""

    def organisation(self, organisation_id: UUID) -> Organisation:
        """It; raises `Http404` for who does not belong to it, `NotAllowed` for its others."""
        organisation = get_object_or_404(organisations_seen_by(self.person), pk=organisation_id)
        if not administers(self.person, organisation):
            raise NotAllowed
        return organisation

    def member(self, organisation_id: UUID, user_id: UUID) -> Membership:
        """One of its members; raises `Http404`."""
        return get_object_or_404(members_of(self.organisation(organisation_id)), user=user_id)

    def invitation(self, organisation_id: UUID, invitation_id: UUID) -> OrganisationInvitation:
        """One of its open invitations; raises `Http404`."""
        rows = member_invitations(self.organisation(organisation_id))
        return get_object_or_404(rows, pk=invitation_id)


class Members(OrganisationView):
    """All members."""

    @listing("members_list", MemberSerializer, refuses=[403])
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Who belongs to the organisation, newest first."""
        return self.page(
            members_of(self.organisation(organisation_id)),
            lambda page: MemberSerializer(page, many=True).data,
        )


class MemberDetail(OrganisationView):
    """One member."""

    @operation("members_read", MemberSerializer, refuses=[403])
    def get(self, request: Request, organisation_id: UUID, user_id: UUID) -> Response:
        """Somebody's place."""
        return Response(MemberSerializer(self.member(organisation_id, user_id)).data)

    @operation("members_change", MemberSerializer, body=MemberRoleSerializer)
    def patch(self, request: Request, organisation_id: UUID, user_id: UUID) -> Response:
        """Give somebody another role. 409 for the last administrator."""
        changed = change_member_role(
            actor=self.person,
            membership=self.member(organisation_id, user_id),
            **self.body(MemberRoleSerializer),
        )
        return Response(MemberSerializer(changed).data)

    @operation("members_remove", status=204)
    def delete(self, request: Request, organisation_id: UUID, user_id: UUID) -> Response:
        """Remove somebody, who keeps account and rooms. 409 for the last administrator."""
        member = self.member(organisation_id, user_id)
        remove_member_of_organisation(actor=self.person, membership=member)
        return Response(status=204)


class MemberInvitations(OrganisationView):
    """Open invitations."""

    limits: ClassVar = {"POST": "invitation"}

    @listing("member_invitations_list", MemberInvitationSerializer, refuses=[403])
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Open invitations, also the expired, newest first."""
        return self.page(
            member_invitations(self.organisation(organisation_id)),
            lambda page: MemberInvitationSerializer(page, many=True).data,
        )

    @operation(
        "member_invitations_make", MemberInvitationSerializer, body=InviteMemberSerializer,
        status=201, creates=True,
    )  # fmt: skip
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Invite an address, whoever it belongs to. 409 if it is invited or belongs to it."""
        organisation = self.organisation(organisation_id)

        def make() -> Response:
            made = invite_member(
                actor=self.person, organisation=organisation, **self.body(InviteMemberSerializer)
            )
            return Response(MemberInvitationSerializer(made).data, status=201)

        return self.once(make)


class MemberInvitationDetail(OrganisationView):
    """One open invitation."""

    @operation("member_invitations_read", MemberInvitationSerializer, refuses=[403])
    def get(self, request: Request, organisation_id: UUID, invitation_id: UUID) -> Response:
        """An open invitation."""
        found = self.invitation(organisation_id, invitation_id)
        return Response(MemberInvitationSerializer(found).data)

    @operation("member_invitations_revoke", status=204)
    def delete(self, request: Request, organisation_id: UUID, invitation_id: UUID) -> Response:
        """Revoke it; its link stops working at once."""
        revoke_member_invitation(
            actor=self.person, invitation=self.invitation(organisation_id, invitation_id)
        )
        return Response(status=204)


class ResendMemberInvitation(OrganisationView):
    """A new link."""

    limits: ClassVar = {"POST": "invitation"}

    @operation("member_invitations_resend", MemberInvitationSerializer)
    def post(self, request: Request, organisation_id: UUID, invitation_id: UUID) -> Response:
        """Mail a new link; the earlier one stops working. 409 within a minute of the last."""
        renewed = resend_member_invitation(
            actor=self.person, invitation=self.invitation(organisation_id, invitation_id)
        )
        return Response(MemberInvitationSerializer(renewed).data)
