"""How people want to be reached and what they show: changed by themselves, heeded everywhere."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.errors import NotAllowed
from messaging.actions.settings import InvalidSetting, change_place_settings, change_settings
from messaging.models import ConversationMember, MessagingSettings
from messaging.queries.settings import (
    Occasion,
    hidden_by,
    is_quiet,
    notifies,
    settings_of,
    types_openly,
)
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.fixtures import capture_events, refused

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


def change(user: User, **changes: Any) -> MessagingSettings:
    return change_settings(actor=user, user=user, changes=changes)


def differ(user: User, room: Room, **changes: Any) -> ConversationMember:
    return change_place_settings(actor=user, conversation=room.conversation, changes=changes)


# Changing ----------------------------------------------------------------------------------


def test_settings_are_made_by_the_first_change(client_user: User) -> None:
    assert settings_of(client_user).shows_receipts
    assert not MessagingSettings.objects.exists()
    with capture_events() as events:
        change(client_user, shows_receipts=False, enter_sends=False)
        change(client_user, shows_receipts=False)
    (event,) = events
    assert (event.name, str(event.stream)) == (
        "MessagingSettingsChanged", str(client_user.stream),
    )  # fmt: skip
    assert event.data == {"changed": ["shows_receipts", "enter_sends"], "enter_sends": False}
    kept = settings_of(client_user)
    assert (kept.shows_receipts, kept.enter_sends, kept.shows_typing) == (False, False, True)
    assert str(kept) == f"Settings of {client_user}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"notifications": "loud"}, "notifications"),
        ({"notifications": ""}, "notifications"),
        ({"shows_typing": None}, "shows_typing"),
        ({"shows_typing": "yes"}, "shows_typing"),
        ({"quiet_from": "19:00"}, "quiet_from"),
        ({"quiet_from": time(19)}, "quiet_until"),
        ({"quiet_until": time(7)}, "quiet_from"),
        ({"quiet_days": [7]}, "quiet_days"),
        ({"quiet_days": [True]}, "quiet_days"),
        ({"quiet_days": "0"}, "quiet_days"),
        ({"theme": "dark"}, ""),
    ],
)
def test_what_cannot_be_is_refused(client_user: User, changes: dict[str, Any], field: str) -> None:
    with refused(InvalidSetting):
        change(client_user, **changes)
    with pytest.raises(InvalidSetting) as error:
        change(client_user, **changes)
    assert error.value.field == field


def test_one_changes_one_s_own_settings_only(client_user: User, staff: User) -> None:
    with refused(NotAllowed):
        change_settings(actor=staff, user=client_user, changes={"enter_sends": False})


def test_the_database_keeps_both_ends_of_quiet_hours(client_user: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        MessagingSettings.objects.create(user=client_user, quiet_from=time(19))


def test_a_conversation_may_differ_and_follow_again(
    room: Room, client_user: User, outsider: User, system: User
) -> None:
    with capture_events() as events:
        differ(client_user, room, notifications="none", shows_typing=False)
        differ(client_user, room, notifications="none")
    (event,) = events
    assert (event.name, str(event.stream)) == (
        "ConversationSettingsChanged", str(client_user.stream),
    )  # fmt: skip
    assert event.data == {
        "conversation_id": str(room.conversation_id),
        "changed": ["notifications", "shows_typing"],
    }
    place = differ(client_user, room, notifications="", shows_typing=None)
    assert (place.notifications, place.shows_typing) == ("", None)
    with refused(InvalidSetting):
        differ(client_user, room, notifications="loud")
    with refused(InvalidSetting):
        differ(client_user, room, enter_sends=False)
    for nobody in (outsider, system):  # the system may read, and has no place
        with refused(NotAllowed):
            differ(nobody, room, notifications="none")


# Notifying ---------------------------------------------------------------------------------


def tells(user: User, room: Room, kind: Occasion = Occasion.MESSAGE, at: datetime = NOON) -> bool:
    return notifies(user, room.conversation, kind, at)


def test_everybody_who_takes_part_is_told(
    room: Room, client_user: User, consultant: User, outsider: User
) -> None:
    assert tells(client_user, room)
    assert not tells(outsider, room)
    with CaptureQueriesContext(connection) as asked:
        tells(consultant, room)
    assert len(asked) == 1


def test_who_left_is_told_nothing(room: Room, client_user: User, consultant: User) -> None:
    participant = room.participants.get(user=client_user)
    remove_participant(actor=consultant, participant=participant)
    assert not tells(client_user, room)


def test_mentions_only_and_nothing(room: Room, client_user: User) -> None:
    change(client_user, notifications="mentions")
    assert not tells(client_user, room)
    assert tells(client_user, room, Occasion.MENTION)
    differ(client_user, room, notifications="all")
    assert tells(client_user, room)
    differ(client_user, room, notifications="none")
    assert not tells(client_user, room, Occasion.MENTION)


def test_nothing_is_told_of_a_muted_conversation(room: Room, client_user: User) -> None:
    places = ConversationMember.objects.filter(user=client_user)
    places.update(muted_until=NOON + timedelta(hours=1))
    assert not tells(client_user, room, Occasion.MENTION)
    assert tells(client_user, room, at=NOON + timedelta(hours=1))


def test_quiet_hours_are_in_one_s_own_zone(room: Room, client_user: User) -> None:
    change(client_user, quiet_from=time(12, 30), quiet_until=time(13, 30))
    assert tells(client_user, room)
    client_user.timezone = "Europe/Copenhagen"  # there it is 13:00
    assert not tells(client_user, room, Occasion.MENTION)


@pytest.mark.parametrize(
    ("start", "end", "days", "moment", "expected"),
    [
        (12, 14, [2], "Wed 12:00", True),
        (12, 14, [2], "Wed 14:00", False),
        (12, 14, [1, 3], "Wed 13:00", False),
        # Over midnight they belong to the day on which they begin.
        (22, 7, [2], "Wed 22:00", True),
        (22, 7, [2], "Thu 06:59", True),
        (22, 7, [2], "Thu 07:00", False),
        (22, 7, [2], "Thu 22:00", False),
        (22, 7, [2], "Wed 06:00", False),
        (22, 7, [6], "Mon 06:00", True),
        (9, 9, [2], "Thu 08:00", True),  # a day and a night
        (9, 9, [2], "Wed 08:00", False),
    ],
)
def test_quiet_hours(start: int, end: int, days: list[int], moment: str, expected: bool) -> None:
    name, clock = moment.split()
    day = 23 + ["Mon", "Tue", "Wed", "Thu"].index(name)
    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Lisbon"))
    settings = MessagingSettings(quiet_from=time(start), quiet_until=time(end), quiet_days=days)
    assert is_quiet(settings, at) is expected
    assert not is_quiet(MessagingSettings(), at)


# Hiding ------------------------------------------------------------------------------------


def test_what_sockets_are_told_to_hide(room: Room, client_user: User, consultant: User) -> None:
    people = [client_user.pk, consultant.pk]
    assert hidden_by(people) == {}
    change(client_user, shows_typing=False, shows_presence=False)
    differ(client_user, room, shows_typing=True)
    differ(consultant, room, shows_typing=False)
    hidden = hidden_by(people)
    assert "presence" in hidden[client_user.pk]
    assert types_openly(hidden[client_user.pk], room.conversation_id)
    assert not types_openly(hidden[client_user.pk], room.pk)
    assert not types_openly(hidden[consultant.pk], room.conversation_id)
    assert types_openly(hidden[consultant.pk], room.pk)


# Pages and API -----------------------------------------------------------------------------


FORM = {
    "notifications": "mentions",
    "shows_receipts": "on",
    "enter_sends": "on",
    "quiet_from": "19:30",
    "quiet_until": "07:00",
    "quiet_days": ["0", "4"],
}


def test_the_page_shows_and_keeps_settings(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    page = client.get("/inbox/settings/")
    assert "Settings of messages" in page.text
    answer = client.post("/inbox/settings/", {**FORM, "has_quiet_hours": "on"})
    assert answer.status_code == 302
    kept = settings_of(client_user)
    assert (kept.notifications, kept.shows_receipts, kept.shows_typing) == ("mentions", True, False)
    assert (kept.quiet_from, kept.quiet_until, kept.quiet_days) == (
        time(19, 30), time(7), [0, 4],
    )  # fmt: skip
    assert 'value="19:30"' in client.get("/inbox/settings/").text
    client.post("/inbox/settings/", FORM)
    kept = settings_of(client_user)
    assert (kept.quiet_from, kept.quiet_until, kept.quiet_days) == (None, None, [0, 4])


def test_the_page_asks_for_what_is_missing(client: Client, client_user: User) -> None:
    client.force_login(client_user)
    answer = client.post(
        "/inbox/settings/", {"notifications": "all", "has_quiet_hours": "on", "quiet_from": "25"}
    )
    assert answer.status_code == 422
    for words in ("Enter a valid time.", "Enter when they end.", "Choose at least one day."):
        assert words in answer.text
    assert not MessagingSettings.objects.exists()


def test_the_details_of_a_conversation_say_in_what_it_differs(
    client: Client, room: Room, client_user: User, system: User
) -> None:
    client.force_login(client_user)
    url = f"/conversations/{room.conversation_id}/settings/"
    assert "As in my settings: every message" in client.get(url).text
    answer = client.post(url, {"notifications": "none", "shows_receipts": "no"})
    assert "Saved." in answer.text
    place = ConversationMember.objects.get(user=client_user)
    assert (place.notifications, place.shows_receipts, place.shows_typing) == (
        "none", False, None,
    )  # fmt: skip
    assert client.post(url, {"notifications": "loud"}).status_code == 422


def test_settings_over_the_api(client: Client, room: Room, client_user: User) -> None:
    client.force_login(client_user)
    url = "/api/messaging/settings/"
    assert client.get(url).json()["quiet_days"] == list(range(7))
    changes = {"quiet_from": "19:30:00", "quiet_until": "07:00:00", "quiet_days": [4, 0, 4]}
    answer = client.patch(url, changes, content_type="application/json").json()
    assert answer == client.get(url).json()
    assert answer["quiet_days"] == [0, 4]
    answer = client.patch(url, {"quiet_from": None}, content_type="application/json")
    assert answer.status_code == 400
    url = f"/api/conversations/{room.conversation_id}/settings/"
    expected = {"notifications": "mentions", "shows_receipts": False, "shows_typing": None}
    client.patch(url, expected, content_type="application/json")
    assert client.get(url).json() == expected


def test_the_system_has_no_settings_in_a_conversation(
    client: Client, room: Room, system: User
) -> None:
    client.force_login(system, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/conversations/{room.conversation_id}/settings/").status_code == 404
    answer = client.get(f"/api/conversations/{room.conversation_id}/settings/")
    assert answer.status_code == 403


def test_the_composer_is_told_how_to_send(client: Client, room: Room, client_user: User) -> None:
    client.force_login(client_user)
    assert 'data-enter-sends="yes"' in client.get(f"/rooms/{room.pk}/").text
    change(client_user, enter_sends=False)
    page = client.get(f"/rooms/{room.pk}/").text
    assert 'data-enter-sends="no"' in page
