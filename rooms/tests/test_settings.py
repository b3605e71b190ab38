"""The page on which a room's name, description, time and planned minutes are changed."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms.models import Mode, Room
from tests.fixtures import capture_events

pytestmark = pytest.mark.django_db


def post(client: Client, user: User, room: Room, values: dict[str, str]) -> Any:
    """Send the form."""
    client.force_login(user)
    return client.post(reverse("rooms:settings", args=[room.pk]), values)


def test_settings_refuse_a_time_out_of_reach(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    room = make_room()
    values = {"name": "Far", "duration_minutes": "60", "scheduled_at": "9999-12-31T23:59"}
    answer = post(client, consultant, room, values)
    assert answer.status_code == 422
    assert "between yesterday and five years from now" in answer.content.decode()
    room.refresh_from_db()
    assert room.scheduled_at is None


def next_change(month: int) -> datetime:
    """01:00 UTC on the last Sunday of the next such month: the clocks of Copenhagen change."""
    today = timezone.now()
    year = today.year + (today.month >= month)
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


@pytest.mark.parametrize(
    "at",
    [
        next_change(10) - timedelta(minutes=30),  # 02:30, the first
        next_change(10) + timedelta(minutes=30),  # 02:30, the second
        next_change(10) + timedelta(days=1, seconds=17, microseconds=5),
    ],
)
def test_a_time_that_is_left_as_shown_stays_as_stored(
    at: datetime, client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    User.objects.filter(pk=consultant.pk).update(timezone="Europe/Copenhagen")
    room = make_room(mode=Mode.SCHEDULED, scheduled_at=at)
    client.force_login(consultant)
    page = client.get(reverse("rooms:settings", args=[room.pk])).content.decode()
    (shown,) = re.findall(r'name="scheduled_at" value="([^"]*)"', page)
    values = {"name": "Renamed", "duration_minutes": "60", "scheduled_at": shown}
    with capture_events() as events:
        answer = post(client, consultant, room, values)
    assert answer.status_code == 302
    assert events[0].data["fields"] == ["name"]
    room.refresh_from_db()
    assert (room.name, room.scheduled_at) == ("Renamed", at)


@pytest.mark.parametrize("month", [3, 10])
def test_a_time_that_the_clocks_skip_or_repeat_is_explained(
    month: int, client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    User.objects.filter(pk=consultant.pk).update(timezone="Europe/Copenhagen")
    said = "That time does not exist (or happens twice) on that day because the clocks change."
    values = {
        "name": "Night",
        "mode": "scheduled",
        "room_type": "consultation",
        "duration_minutes": "60",
        "scheduled_at": f"{next_change(month):%Y-%m-%d}T02:30",
    }
    changed = post(client, consultant, make_room(), values)
    made = client.post(reverse("rooms:create"), values)
    assert (changed.status_code, made.status_code) == (422, 422)
    assert said in changed.content.decode()
    assert said in made.content.decode()


def test_a_time_of_another_shape_is_refused(
    client: Client, make_room: Callable[..., Room], consultant: User
) -> None:
    values = {"name": "Soon", "duration_minutes": "60", "scheduled_at": "soon"}
    answer = post(client, consultant, make_room(), values)
    assert answer.status_code == 422
    assert "Enter a valid date/time." in answer.content.decode()
