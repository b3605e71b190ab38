"""Stays end with the room, and nobody enters after their removal."""

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import User
from core.errors import NotAllowed
from rooms.actions.lifecycle import cancel_room, complete_room
from rooms.actions.participants import enter_room, remove_participant
from rooms.models import Room, Visit
from tests.fixtures import capture_events
from tests.races import Racer
from tests.sockets import COMMITTED


@pytest.mark.django_db
@pytest.mark.parametrize("end", [complete_room, cancel_room])
def test_stays_end_with_the_room(
    end: Callable[..., Room], room: Room, consultant: User, client_user: User
) -> None:
    for person in (consultant, client_user):
        enter_room(actor=person, room=room)
    end(actor=consultant, room=room)
    assert Visit.objects.count() == 2
    assert not Visit.objects.filter(ended_at__isnull=True).exists()
    with capture_events() as events:
        enter_room(actor=client_user, room=room)  # to read what was said
    assert (events, Visit.objects.count()) == ([], 2)


@COMMITTED
def test_nobody_enters_after_their_removal(room: Room, client_user: User) -> None:
    again = User.objects.get(pk=client_user.pk)
    with transaction.atomic():
        remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
        racer = Racer(lambda: enter_room(actor=again, room=room))
    with pytest.raises(NotAllowed):
        racer.result()
    assert not Visit.objects.exists()
