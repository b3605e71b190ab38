"""Who belongs to an organisation: invited, joined, given another role, removed.

For the organisation's own administrators, and for who manages all people. Locks are taken in one
order: the organisation, then the invitation, then (by recording) the streams.
"""

from django.db import transaction
from django.utils.timezone import now

from accounts import permissions
from accounts.actions.guests import account_at
from accounts.actions.invitations import (
    AlreadyInvited,
    LinkOver,
    NotOpen,
    TooManyInvitations,
    end_link,
    note_mailed,
    renew_link,
    use_link,
)
from accounts.actions.organisations import (
    GuestBelongsNowhere,
    LastAdministrator,
    WrongRole,
)
from accounts.events import (
    BusinessRoleChanged,
    MemberInvitationRenewed,
    MemberInvitationRevoked,
    MemberInvitationUndelivered,
    MemberInvited,
    MemberJoined,
    MemberRemoved,
    MemberRoleChanged,
)
from accounts.models import Membership, Organisation, OrganisationInvitation, User
from accounts.models.invitation import MAX_OPEN_OF_ORGANISATION, new_end
from accounts.queries import administers, is_last_administrator, member_by_email
from core.errors import Conflict, NotAllowed
from core.permissions import forget_grants, require
from core.publish import record


class AlreadyMember(Conflict):
    """Inviting somebody who belongs to the organisation."""

    code = "already_member"
    detail = "Somebody with this address belongs to the organisation already."


class BelongsElsewhere(Conflict):
    """Everybody belongs to one organisation at most."""

    code = "belongs_elsewhere"
    detail = "You belong to another organisation. Ask its administrator to remove you first."


@transaction.atomic
def invite_member(
    *, actor: User, organisation: Organisation, email: str, role: str
) -> OrganisationInvitation:
    """Invite an address, whoever it belongs to; the mail with the link follows.

    Records `MemberInvited`; an invitation that has expired is renewed, with this role. Raises
    `NotAllowed`, `WrongRole`, `AlreadyMember`, `AlreadyInvited`, `TooManyInvitations`.
    """
    _require_administrator(actor, organisation)
    _check_role(organisation, role)
    email = email.strip().lower()
    organisation = _lock(organisation)
    if member_by_email(organisation, email) is not None:
        raise AlreadyMember(field="email")
    earlier = OrganisationInvitation.objects.open().filter(organisation=organisation)
    same = earlier.filter(email__iexact=email).select_for_update(of=("self",)).first()
    if same is not None:
        return _invite_again(actor, same, role)
    if earlier.count() >= MAX_OPEN_OF_ORGANISATION:
        raise TooManyInvitations(MAX_OPEN_OF_ORGANISATION)
    invitation = OrganisationInvitation.objects.create(
        organisation=organisation, email=email, role=role, invited_by=actor
    )
    record(
        MemberInvited(invitation_id=invitation.pk, role=role),
        stream=organisation.stream,
        actor=actor,
    )
    return invitation


@transaction.atomic
def resend_member_invitation(
    *, actor: User, invitation: OrganisationInvitation
) -> OrganisationInvitation:
    """Mail a new link, for as long as a new invitation; the earlier one ends.

    Records `MemberInvitationRenewed`; raises `NotAllowed`, `NotOpen`, `OnItsWay`.
    """
    _require_administrator(actor, invitation.organisation)
    invitation = _lock_invitation(invitation)
    if not invitation.is_open:
        raise NotOpen
    renew_link(actor=actor, invitation=invitation, expires_at=new_end())
    record(
        MemberInvitationRenewed(invitation_id=invitation.pk),
        stream=invitation.organisation.stream,
        actor=actor,
    )
    return invitation


@transaction.atomic
def revoke_member_invitation(*, actor: User, invitation: OrganisationInvitation) -> None:
    """Take an invitation back; its link works no more.

    Records `MemberInvitationRevoked`; revoking twice changes nothing. Raises `NotAllowed`, and
    `NotOpen` for one that was accepted.
    """
    _require_administrator(actor, invitation.organisation)
    invitation = _lock_invitation(invitation)
    if end_link(actor=actor, invitation=invitation):
        event = MemberInvitationRevoked(invitation_id=invitation.pk)
        record(event, stream=invitation.organisation.stream, actor=actor)


@transaction.atomic
def join_organisation(*, actor: User, token: str) -> Membership:
    """Join by a link, with one's own account. Records `MemberJoined`, `BusinessRoleChanged`.

    Raises `LinkOver`, `OtherAddress`, `BelongsElsewhere`, `GuestBelongsNowhere`.
    """
    if actor.is_guest:
        raise GuestBelongsNowhere
    invitation = _of_link(token)
    use_link(actor=actor, invitation=invitation, token=token)
    return _join(actor, invitation)


@transaction.atomic
def join_organisation_with_account(
    *, actor: User, token: str, name: str, password: str, timezone: str = ""
) -> Membership:
    """Let in who holds the link, with an account at the invited address.

    For the system user: whoever comes is not signed in. The account is new, or a guest's that
    is kept, or one that waited to be confirmed. Records what these and `join_organisation`
    record. Raises `LinkOver`, `AddressTaken`, `InvalidProfile`, `BelongsElsewhere`.
    """
    require(actor, "accounts.manage_all_users")
    invitation = _of_link(token)
    use_link(actor=actor, invitation=invitation, token=token)
    user = account_at(
        actor=actor, email=invitation.email, name=name, password=password, timezone=timezone
    )
    return _join(user, invitation)


@transaction.atomic
def change_member_role(*, actor: User, membership: Membership, role: str) -> Membership:
    """Give a member another role; their groups follow.

    Records `MemberRoleChanged` and `BusinessRoleChanged` unless it is so already. Raises
    `NotAllowed`, `WrongRole`, `LastAdministrator`.
    """
    _require_administrator(actor, membership.organisation)
    _check_role(membership.organisation, role)
    organisation = _lock(membership.organisation)
    membership = _lock_member(membership)
    if membership.role == role:
        return membership
    if is_last_administrator(membership):
        raise LastAdministrator
    membership.role = role
    membership.save(update_fields=["role"])
    _grant(actor, membership.user, organisation, role)
    record(
        MemberRoleChanged(user_id=membership.user_id, role=role),
        stream=organisation.stream,
        actor=actor,
    )
    return membership


@transaction.atomic
def remove_member_of_organisation(*, actor: User, membership: Membership) -> None:
    """Take somebody out of the organisation. They keep their account and their rooms.

    Records `MemberRemoved` and `BusinessRoleChanged` with an empty role; raises `NotAllowed`,
    `LastAdministrator`, and `NotOpen` for who was removed meanwhile.
    """
    _require_administrator(actor, membership.organisation)
    organisation = _lock(membership.organisation)
    membership = _lock_member(membership)
    if is_last_administrator(membership):
        raise LastAdministrator
    user = membership.user
    membership.delete()
    _grant(actor, user, organisation, "")
    record(MemberRemoved(user_id=user.pk), stream=organisation.stream, actor=actor)


@transaction.atomic
def note_member_invitation_mailed(
    *, actor: User, invitation: OrganisationInvitation, is_sent: bool
) -> None:
    """Keep that the link was mailed, or that no mail server took it for a quarter of an hour.

    For the system user. Records `MemberInvitationUndelivered` in the second case.
    """
    require(actor, "accounts.manage_system")
    if note_mailed(actor=actor, invitation=invitation, is_sent=is_sent) and not is_sent:
        record(
            MemberInvitationUndelivered(invitation_id=invitation.pk),
            stream=invitation.organisation.stream,
            actor=actor,
        )


def _require_administrator(actor: User, organisation: Organisation) -> None:
    if not administers(actor, organisation):
        raise NotAllowed


def _check_role(organisation: Organisation, role: str) -> None:
    if role not in organisation.roles:
        raise WrongRole("Choose one of this organisation's roles.", field="role")


def _invite_again(
    actor: User, invitation: OrganisationInvitation, role: str
) -> OrganisationInvitation:
    if not invitation.is_expired:
        raise AlreadyInvited(field="email")
    invitation.role = role
    invitation.save(update_fields=["role"])
    return resend_member_invitation(actor=actor, invitation=invitation)


def _join(user: User, invitation: OrganisationInvitation) -> Membership:
    organisation = invitation.organisation
    present = Membership.objects.filter(user=user).first()
    if present is not None and present.organisation_id != organisation.pk:
        raise BelongsElsewhere
    invitation.accepted_at = now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if present is not None:
        return present  # an administrator was quicker; what they gave stays
    membership = Membership.objects.create(
        user=user, organisation=organisation, role=invitation.role
    )
    _grant(user, user, organisation, invitation.role)
    record(
        MemberJoined(invitation_id=invitation.pk, user_id=user.pk, role=invitation.role),
        stream=organisation.stream,
        actor=user,
    )
    return membership


def _grant(actor: User, user: User, organisation: Organisation, role: str) -> None:
    permissions.assign_role(user, role or None)
    forget_grants(user)
    record(
        BusinessRoleChanged(user_id=user.pk, organisation_id=organisation.pk, role=role),
        stream=user.stream,
        actor=actor,
    )


def _of_link(token: str) -> OrganisationInvitation:
    found = OrganisationInvitation.objects.of_link(token).select_related("organisation").first()
    if found is None:
        raise LinkOver
    _lock(found.organisation)
    return _lock_invitation(found)


def _lock(organisation: Organisation) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=organisation.pk)


def _lock_invitation(invitation: OrganisationInvitation) -> OrganisationInvitation:
    locked = OrganisationInvitation.objects.select_for_update(of=("self",))
    return locked.select_related("organisation").get(pk=invitation.pk)


def _lock_member(membership: Membership) -> Membership:
    locked = Membership.objects.select_for_update(of=("self",)).select_related("user")
    found = locked.filter(pk=membership.pk).first()
    if found is None:
        raise NotOpen("This person does not belong to it any more. Reload the page.")
    return found
