"""Reading invitations: those of a room, and what the link of one leads to."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from accounts.queries import account_of, has_only_begun, owns_address
from rooms.models import Participant, Room, RoomInvitation

MAX_OPEN = 50
"""Open invitations of one room."""


class Way(StrEnum):
    """How the holder of a link can come in."""

    NEW = "new"  # nobody has the address: as a guest, or with a new account
    GUEST = "guest"  # the address is a guest's, who may keep the account, too
    BACK = "back"  # a guest of this room comes again
    FINISH = "finish"  # somebody signed up with the address and never confirmed it
    SIGN_IN = "sign_in"  # the address belongs to an account
    OWN = "own"  # signed in, with the invited address
    OTHER = "other"  # signed in, with another address


@dataclass(frozen=True)
class Landing:
    """An invitation whose link works, and the way in for who looks at it."""

    invitation: RoomInvitation
    way: Way
    guest: User | None = None


def open_invitations(room: Room) -> QuerySet[RoomInvitation]:
    """Those that nobody has accepted or revoked, also the expired; at most `MAX_OPEN`."""
    return RoomInvitation.objects.open().filter(room=room).select_related("invited_by", "room")


def open_invitation(room: Room, invitation_id: UUID) -> QuerySet[RoomInvitation]:
    """One of them."""
    return open_invitations(room).filter(pk=invitation_id)


def guest_invitation(participant: Participant) -> RoomInvitation | None:
    """By which a guest who takes part came into the room; None for anybody else."""
    user = participant.user
    if participant.left_at is not None or not (user.is_guest and user.is_active):
        return None
    accepted = RoomInvitation.objects.filter(room=participant.room, accepted_by=user)
    return accepted.order_by("-accepted_at").first()


def guest_who_may_return(token: str) -> Participant | None:
    """The guest who once came by this link, now used or over, and still takes part."""
    invitation = RoomInvitation.objects.of_link(token).first()
    if invitation is None or invitation.accepted_by_id is None:
        return None
    there = Participant.objects.filter(
        room=invitation.room_id, user=invitation.accepted_by_id, left_at__isnull=True,
        user__is_guest=True, user__is_active=True,
    )  # fmt: skip
    return there.select_related("user", "room").first()


def room_of_link(token: str, user: User) -> UUID | None:
    """The room that the person came into by this link, and where they still are."""
    mine = RoomInvitation.objects.of_link(token).filter(accepted_by=user)
    rooms = Room.objects.visible_to(user).filter(pk__in=mine.values("room"))
    return rooms.values_list("pk", flat=True).first()


def landing(token: str, viewer: User | None) -> Landing | None:
    """What a link leads to; None if it does not work, for whatever reason. Changes nothing."""
    found = RoomInvitation.objects.of_link(token).select_related(
        "room__room_type", "invited_by__membership__organisation"
    )
    invitation = found.first()
    if invitation is None or not invitation.is_link(token):
        return None
    if invitation.is_open and invitation.room.is_over:
        return None
    if viewer is not None:
        own = owns_address(viewer, invitation.email)
        return Landing(invitation, Way.OWN if own else Way.OTHER)
    account = account_of(invitation.email)
    if account is None:
        return Landing(invitation, Way.NEW)
    if account.is_guest:
        way = Way.GUEST if invitation.is_open else Way.BACK
        return Landing(invitation, way, account)
    if has_only_begun(account):
        return Landing(invitation, Way.FINISH)
    return Landing(invitation, Way.SIGN_IN)


def waiting_invitation(invitation_id: UUID) -> RoomInvitation | None:
    """The invitation, if its link is still to be mailed."""
    waiting = RoomInvitation.objects.waiting().filter(pk=invitation_id)
    return waiting.select_related(
        "room", "invited_by__membership__organisation", "accepted_by"
    ).first()
