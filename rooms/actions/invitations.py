"""People are invited to a room by e-mail, come in by the link, and come back as guests.

Locks are taken in one order: the room, then the invitation, then (by recording) the stream.
"""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from accounts.actions.guests import account_at, guest_at
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
from accounts.models import User
from accounts.models.invitation import new_end
from accounts.queries import account_of, who_can_be_added
from core.permissions import require
from core.publish import record
from rooms import permissions
from rooms.actions.participants import (
    AlreadyThere,
    NotThere,
    RoomIsOver,
    WrongRole,
    add_participant,
    place,
)
from rooms.events import (
    GuestCameBack,
    InvitationAccepted,
    InvitationMade,
    InvitationMailed,
    InvitationRenewed,
    InvitationRevoked,
    InvitationUndelivered,
)
from rooms.models import Participant, Role, Room, RoomInvitation
from rooms.queries.invitations import MAX_OPEN, guest_invitation


@transaction.atomic
def add_or_invite(
    *, actor: User, room: Room, email: str, role: str
) -> Participant | RoomInvitation:
    """Add the person with this address; invite it, if nobody can be added by it.

    Records and raises what `add_participant` and `invite` do. The permission is asked for
    before anybody looks whose address it is.
    """
    require(actor, "rooms.invite", room)
    user = who_can_be_added(email)
    if user is not None:
        return add_participant(actor=actor, room=room, user=user, role=role)
    return invite(actor=actor, room=room, email=email, role=role)


@transaction.atomic
def invite(*, actor: User, room: Room, email: str, role: str) -> RoomInvitation:
    """Invite an address; the mail with the link follows. Records `InvitationMade`.

    An invitation that has expired is renewed, with this role. Raises `NotAllowed`, `WrongRole`
    (nobody leads who is not known here), `AlreadyThere`, `AlreadyInvited`,
    `TooManyInvitations`, `RoomIsOver`.
    """
    require(actor, "rooms.invite", room)
    if role not in Role.values or role in permissions.LEADING_ROLES:
        raise WrongRole("Invite as client, participant or observer.", field="role")
    email = email.strip().lower()
    room = _open(room)
    present = account_of(email)
    if present is not None and _takes_part(room, present):
        raise AlreadyThere(present)
    earlier = RoomInvitation.objects.open().filter(room=room)
    same = earlier.filter(email__iexact=email).select_for_update(of=("self",)).first()
    if same is not None:
        return _invite_again(actor, same, role)
    if earlier.count() >= MAX_OPEN:
        raise TooManyInvitations(MAX_OPEN)
    invitation = RoomInvitation.objects.create(room=room, email=email, role=role, invited_by=actor)
    record(InvitationMade(invitation_id=invitation.pk, role=role), stream=room.stream, actor=actor)
    return invitation


@transaction.atomic
def resend_invitation(*, actor: User, invitation: RoomInvitation) -> RoomInvitation:
    """Mail a new link, for as long as a new invitation; the earlier one ends.

    Records `InvitationRenewed`; raises `NotAllowed`, `NotOpen`, `OnItsWay`, `RoomIsOver`.
    """
    require(actor, "rooms.invite", invitation.room)
    room = _open(invitation.room)
    invitation = _lock(invitation)
    if not invitation.is_open:
        raise NotOpen
    renew_link(actor=actor, invitation=invitation, expires_at=new_end())
    record(InvitationRenewed(invitation_id=invitation.pk), stream=room.stream, actor=actor)
    return invitation


@transaction.atomic
def revoke_invitation(*, actor: User, invitation: RoomInvitation) -> None:
    """Take an invitation back; its link works no more.

    Records `InvitationRevoked`; revoking twice changes nothing. Raises `NotAllowed`, `NotOpen`
    for one that was accepted.
    """
    require(actor, "rooms.invite", invitation.room)
    invitation = _lock(invitation)
    if end_link(actor=actor, invitation=invitation):
        event = InvitationRevoked(invitation_id=invitation.pk)
        record(event, stream=invitation.room.stream, actor=actor)


@transaction.atomic
def accept_invitation(*, actor: User, token: str) -> Participant:
    """Come in with one's own account. Records `InvitationAccepted` (and what adding records).

    Raises `LinkOver`, and `OtherAddress` where the invited address is not the actor's.
    """
    room, invitation = _of_link(token)
    use_link(actor=actor, invitation=invitation, token=token)
    return _come_in(actor, room, invitation)


@transaction.atomic
def join_as_guest(*, actor: User, token: str, name: str = "", timezone: str = "") -> Participant:
    """Let in who holds the link, as a guest with this name; or again, who is a guest already.

    For the system user: whoever comes is not signed in. Records `InvitationAccepted` or
    `GuestCameBack` (and what making the guest and adding records). Raises `LinkOver`,
    `AddressTaken` where there is an account, `InvalidProfile`.
    """
    require(actor, "accounts.manage_all_users")
    room, invitation = _of_link(token)
    use_link(actor=actor, invitation=invitation, token=token)
    user = guest_at(actor=actor, email=invitation.email, name=name, timezone=timezone)
    return _come_in(user, room, invitation)


@transaction.atomic
def join_with_account(
    *, actor: User, token: str, name: str, password: str, timezone: str = ""
) -> Participant:
    """Let in who holds the link, with an account at the invited address.

    For the system user. The account is new, or a guest's that is kept, or one that waited to be
    confirmed. Records `InvitationAccepted` and what these record. Raises `LinkOver`,
    `AddressTaken`, `InvalidProfile`.
    """
    require(actor, "accounts.manage_all_users")
    room, invitation = _of_link(token)
    use_link(actor=actor, invitation=invitation, token=token)
    user = account_at(
        actor=actor, email=invitation.email, name=name, password=password, timezone=timezone
    )
    return _come_in(user, room, invitation)


@transaction.atomic
def send_guest_link(*, actor: User, participant: Participant) -> None:
    """Mail a guest of the room a link that lets them in again.

    For who invites, and for the system user when the guest asks. Records `InvitationRenewed`;
    raises `NotAllowed`, `OnItsWay`, and `NotThere` for who is no guest of the room (any more).
    """
    require(actor, "rooms.invite", participant.room)
    invitation = guest_invitation(participant)
    if invitation is None:
        raise NotThere
    invitation = _lock(invitation)
    hours = timedelta(hours=settings.GUEST_LINK_HOURS)
    renew_link(actor=actor, invitation=invitation, expires_at=now() + hours)
    record(
        InvitationRenewed(invitation_id=invitation.pk), stream=invitation.room.stream, actor=actor
    )


@transaction.atomic
def note_invitation_mailed(*, actor: User, invitation: RoomInvitation, is_sent: bool) -> None:
    """Keep that the link was mailed, or that no mail server took it for a quarter of an hour.

    For the system user. Records `InvitationMailed` or `InvitationUndelivered`.
    """
    require(actor, "accounts.manage_system")
    if note_mailed(actor=actor, invitation=invitation, is_sent=is_sent):
        event = InvitationMailed if is_sent else InvitationUndelivered
        record(event(invitation_id=invitation.pk), stream=invitation.room.stream, actor=actor)


def _invite_again(actor: User, invitation: RoomInvitation, role: str) -> RoomInvitation:
    if not invitation.is_expired:
        raise AlreadyInvited(field="email")
    invitation.role = role
    invitation.save(update_fields=["role"])
    return resend_invitation(actor=actor, invitation=invitation)


def _come_in(user: User, room: Room, invitation: RoomInvitation) -> Participant:
    """Give the person their place, or find it: a guest comes back, or a host was quicker."""
    if invitation.accepted_by_id is not None:
        return _come_back(user, room, invitation)
    if room.is_over:
        raise LinkOver
    invitation.accepted_at = now()
    invitation.accepted_by = user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record(
        InvitationAccepted(invitation_id=invitation.pk, user_id=user.pk),
        stream=room.stream,
        actor=user,
    )
    there = _takes_part(room, user)
    return there or place(actor=user, room=room, user=user, role=invitation.role)


def _come_back(user: User, room: Room, invitation: RoomInvitation) -> Participant:
    there = _takes_part(room, user)
    if there is None or invitation.accepted_by_id != user.pk:
        raise LinkOver
    record(GuestCameBack(user_id=user.pk), stream=room.stream, actor=user)
    return there


def _of_link(token: str) -> tuple[Room, RoomInvitation]:
    """Room and invitation of a link, locked in this order."""
    found = RoomInvitation.objects.of_link(token).first()
    if found is None:
        raise LinkOver
    room = Room.objects.for_change().get(pk=found.room_id)
    return room, _lock(found)


def _lock(invitation: RoomInvitation) -> RoomInvitation:
    locked = RoomInvitation.objects.select_for_update(of=("self",)).select_related("room")
    return locked.get(pk=invitation.pk)


def _open(room: Room) -> Room:
    room = Room.objects.for_change().get(pk=room.pk)
    if room.is_over:
        raise RoomIsOver
    return room


def _takes_part(room: Room, user: User) -> Participant | None:
    return Participant.objects.filter(room=room, user=user, left_at__isnull=True).first()
