"""The page on which a room's name, description, time and planned minutes are changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from rooms.models import Room

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
