"""People are added to a room, get another role, leave, are removed, come and go."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions.people import note_last_seen
from accounts.models import User
from core import presence
from core.errors import ActionError, Conflict, NotAllowed
from core.permissions import forget_grants, require
from core.publish import record
from messaging.actions.conversations import remove_member, set_member
from rooms import permissions
from rooms.events import (
    ParticipantAdded,
    ParticipantEntered,
    ParticipantRemoved,
    ParticipantRoleChanged,
    ParticipantWentAway,
)
from rooms.models import Participant, Role, Room, Visit


class AlreadyThere(Conflict):
    """Adding somebody who takes part."""

    code = "already_there"

    def __init__(self, user: User) -> None:
        super().__init__(f"{user.name} takes part already.", field="email")


class GuestsAreInvited(Conflict):
    """A guest comes into another room by an invitation's link alone."""

    code = "guests_are_invited"
    detail = "This person is a guest, who comes in by a link only. Invite them by their address."


class WrongRole(ActionError):
    """A role that does not exist."""

    code = "wrong_role"


class LastHost(Conflict):
    """A room would be left without a host."""

    code = "last_host"
    detail = "A consultation needs a host. Make somebody else the host first."


class NotThere(Conflict):
    """Somebody who left gets no role."""

    code = "not_there"
    detail = "This person does not take part any more. Reload the page to see who does."


class RoomIsOver(Conflict):
    """People do not change once it is over."""

    code = "room_is_over"
    detail = "This consultation is over; who took part stays as it is."


@transaction.atomic
def add_participant(*, actor: User, room: Room, user: User, role: str) -> Participant:
    """Add an existing person. Records `ParticipantAdded`.

    Raises `NotAllowed`, `AlreadyThere`, `GuestsAreInvited`, `WrongRole`, `RoomIsOver`.
    Only who manages the room may add hosts and consultants.
    """
    require(actor, "rooms.invite", room)
    if role in permissions.LEADING_ROLES:
        require(actor, "rooms.manage", room)
    room = _open(room)
    if Participant.objects.filter(room=room, user=user, left_at__isnull=True).exists():
        raise AlreadyThere(user)
    if user.is_guest:
        raise GuestsAreInvited
    return place(actor=actor, room=room, user=user, role=role)


@transaction.atomic
def change_role(*, actor: User, participant: Participant, role: str) -> Participant:
    """Give somebody another role; their grants follow. Records `ParticipantRoleChanged`.

    Raises `NotAllowed`, `WrongRole`, `LastHost`, `NotThere`, `RoomIsOver`.
    """
    require(actor, "rooms.manage", participant.room)
    _check_role(role, participant.user)
    room = _open(participant.room)
    participant = _lock(participant)
    if participant.left_at is not None:
        raise NotThere
    if participant.role == role:
        return participant
    if participant.role == Role.HOST:
        _keep_a_host(participant)
    participant.role = role
    participant.save(update_fields=["role"])
    _grant(room, participant.user, role)
    forget_grants(actor)
    record(
        ParticipantRoleChanged(user_id=participant.user_id, role=role),
        stream=room.stream,
        actor=actor,
    )
    return participant


@transaction.atomic
def remove_participant(*, actor: User, participant: Participant) -> None:
    """Take somebody out, or leave oneself. Live streams end at once.

    Records `ParticipantRemoved`; removing twice changes nothing. Raises `NotAllowed`,
    `LastHost`, `RoomIsOver`.
    """
    if actor.pk != participant.user_id:
        require(actor, "rooms.manage", participant.room)
    room = _open(participant.room)
    participant = _lock(participant)
    if participant.left_at is not None:
        return
    if participant.role == Role.HOST:
        _keep_a_host(participant)
    now = timezone.now()
    participant.left_at = now
    participant.save(update_fields=["left_at"])
    Visit.objects.filter(participant=participant, ended_at__isnull=True).update(ended_at=now)
    permissions.apply_role(room, participant.user_id, None)
    forget_grants(actor)
    record(
        ParticipantRemoved(
            user_id=participant.user_id, by_themselves=actor.pk == participant.user_id
        ),
        stream=room.stream,
        actor=actor,
    )
    remove_member(
        actor=User.objects.system(), conversation=room.conversation, user=participant.user
    )


def place(*, actor: User, room: Room, user: User, role: str) -> Participant:
    """Part of other actions, which have checked the permission: give somebody a place.

    Somebody who left gets their old place back. Records `ParticipantAdded`.
    """
    _check_role(role, user)
    participant, _ = Participant.objects.update_or_create(
        room=room, user=user, defaults={"role": role, "left_at": None}
    )
    record(ParticipantAdded(user_id=user.pk, role=role), stream=room.stream, actor=actor)
    _grant(room, user, role)
    return participant


@transaction.atomic
def enter_room(*, actor: User, room: Room) -> None:
    """Note that somebody opened the room's page. Records `ParticipantEntered` once per stay.

    Reading what is over is no stay. Raises `NotAllowed`, also if a removal came first.
    """
    require(actor, "rooms.view", room)
    room = Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    forget_grants(actor)
    require(actor, "rooms.view", room)
    if room.is_over:
        return
    participant = Participant.objects.get(room=room, user=actor, left_at__isnull=True)
    try:
        with transaction.atomic():
            Visit.objects.create(participant=participant)
    except IntegrityError:
        return  # another page of theirs is open
    if participant.joined_at is None:
        participant.joined_at = timezone.now()
        participant.save(update_fields=["joined_at"])
    record(ParticipantEntered(user_id=actor.pk), stream=room.stream, actor=actor)


@transaction.atomic
def go_away(*, actor: User, room: Room, user: User) -> None:
    """Note that somebody's last page of the room closed, and that they were seen until now.

    Records `ParticipantWentAway`, unless they are back. Raises what Redis raises, and then
    changes nothing: who is there is not known.
    """
    if actor.pk != user.pk and not actor.is_system:
        raise NotAllowed
    # As in `enter_room`, which comes after the page has shown itself in Redis: either we see it
    # there, or it finds the stay ended and begins another.
    Room.objects.select_for_update(of=("self",), no_key=True).get(pk=room.pk)
    if presence.is_following(user.pk, room.stream):
        return
    note_last_seen(actor=user)
    ended = Visit.objects.filter(
        participant__room=room, participant__user=user, ended_at__isnull=True
    ).update(ended_at=timezone.now())
    if ended:
        record(ParticipantWentAway(user_id=user.pk), stream=room.stream, actor=actor)


def _grant(room: Room, user: User, role: str) -> None:
    permissions.apply_role(room, user.pk, role)
    forget_grants(user)
    set_member(
        actor=User.objects.system(),
        conversation=room.conversation,
        user=user,
        role=permissions.MEMBER_ROLES[role],
    )


def _check_role(role: str, user: User) -> None:
    if role not in Role.values:
        raise WrongRole(f"There is no role {role!r}.", field="role")
    if user.is_guest and role in permissions.LEADING_ROLES:
        raise WrongRole("A guest cannot lead. They can keep their account first.", field="role")


def _open(room: Room) -> Room:
    """The room, locked, so that it cannot end meanwhile; refused once it is over."""
    room = Room.objects.for_change().get(pk=room.pk)
    if room.is_over:
        raise RoomIsOver
    return room


def _lock(participant: Participant) -> Participant:
    locked = Participant.objects.select_for_update(of=("self",)).select_related("user")
    return locked.get(pk=participant.pk)


def _keep_a_host(leaving: Participant) -> None:
    """Refuse to take the role from the last host. Needs the room's lock."""
    others = Participant.objects.filter(
        room_id=leaving.room_id, role=Role.HOST, left_at__isnull=True
    )
    if not others.exclude(pk=leaving.pk).exists():
        raise LastHost
