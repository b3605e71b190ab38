"""Invitations to a room, by e-mail."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from accounts.models import Invitation
from accounts.models.invitation import InvitationQuerySet
from rooms.models.participant import Role
from rooms.models.room import Room


class RoomInvitationQuerySet(InvitationQuerySet["RoomInvitation"]):
    """Invitations to rooms."""


class RoomInvitation(Invitation):
    """Somebody is asked into a room, with or without making an account."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=16, choices=Role.choices)

    objects = RoomInvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                "room",
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="room_invitation_open_once",
            ),
        ]
