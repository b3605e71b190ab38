"""Stays end with the room, and nobody enters after their removal."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from core import presence
from core.errors import NotAllowed
from rooms.actions.lifecycle import cancel_room, complete_room
from rooms.actions.participants import enter_room, go_away, remove_participant
from rooms.models import Room, Visit
from rooms.tasks import close_stale_visits
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


def open_page(user: User, room: Room) -> None:
    """As if a socket of theirs followed the room."""
    value = {"state": "active", "until": time.time() + 30, "streams": [str(room.stream)]}
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.hset(f"presence:{user.pk}", "socket", json.dumps(value))
        client.expire(f"presence:{user.pk}", 30)


@COMMITTED
def test_who_is_back_meanwhile_does_not_go_away(room: Room, client_user: User) -> None:
    """The database was slow to take note of the old page's end, and the new page was quicker."""
    enter_room(actor=client_user, room=room)
    with transaction.atomic():
        open_page(client_user, room)
        enter_room(actor=client_user, room=room)  # their stay goes on: nothing is written
        going = Racer(lambda: go_away(actor=client_user, room=room, user=client_user))
    going.result()
    assert Visit.objects.get().ended_at is None


@COMMITTED
def test_who_comes_while_a_going_is_written_enters_anew(room: Room, client_user: User) -> None:
    enter_room(actor=client_user, room=room)
    with transaction.atomic():
        go_away(actor=client_user, room=room, user=client_user)
        open_page(client_user, room)
        coming = Racer(lambda: enter_room(actor=client_user, room=room))
    coming.result()
    visits = Visit.objects.order_by("entered_at")
    assert [visit.ended_at is None for visit in visits] == [False, True]


@pytest.fixture
def redis_away(settings: Settings) -> Iterator[None]:
    """Nobody answers where Redis should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    presence._made.cache_clear()
    yield
    presence._made.cache_clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("redis_away")
def test_nobody_goes_away_because_redis_does(room: Room, client_user: User) -> None:
    """Nobody knows who is there: every stay goes on, and is looked at again in a minute."""
    enter_room(actor=client_user, room=room)
    Visit.objects.update(entered_at=timezone.now() - timedelta(minutes=2))
    close_stale_visits()
    assert Visit.objects.get().ended_at is None
