"""Go to anything: what is offered, to whom, by which words."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.actions.guests import guest_at
from accounts.models import User
from core.palette import SHOWN, destinations
from rooms.models import Room

pytestmark = pytest.mark.django_db


def labels(user: User, text: str) -> list[str]:
    return [entry.label for entry in destinations(user, text)]


def test_no_words_offer_the_usual_places_and_the_newest_rooms(
    consultant: User, room: Room, make_room: Any
) -> None:
    make_room("Second")
    assert labels(consultant, "") == [
        "Home",
        "Consultations",
        "New consultation",
        "Second",
        room.name,
        "Profile",
    ]


def test_words_find_pages_by_the_beginnings_of_their_words(consultant: User) -> None:
    assert labels(consultant, "PASSW") == ["Change the password"]
    assert labels(consultant, "new cons") == ["New consultation"]
    assert labels(consultant, "sett mail") == ["E-mail addresses"]
    assert labels(consultant, "passk") == ["Two-step sign-in"]
    for words in ("token", "api"):
        assert labels(consultant, words) == ["API tokens"]
    for words in ("dark", "light", "theme"):
        assert labels(consultant, words) == ["Change the theme"]
    assert labels(consultant, "privacy") == ["Who looked at your data"]


def test_rooms_are_found_by_name_and_by_person(
    consultant: User, client_user: User, room: Room
) -> None:
    assert labels(consultant, room.name[:5]) == [room.name]
    person, found = destinations(consultant, client_user.name.split()[0])
    assert found.label == room.name
    assert client_user.name in found.note
    assert person.label == client_user.name  # to write to


def test_what_one_may_not_see_is_not_offered(outsider: User, client_user: User, room: Room) -> None:
    assert labels(outsider, room.name) == []
    assert "New consultation" not in labels(client_user, "new")


def test_never_more_than_fit(consultant: User, make_room: Any) -> None:
    for number in range(SHOWN + 3):
        make_room(f"Room {number}")
    assert len(destinations(consultant, "")) <= SHOWN
    assert len(destinations(consultant, "room")) <= SHOWN


@pytest.mark.parametrize("text", ["\0", "%", "_" * 300, "a " * 500, "'; --", "\u202e"])
def test_any_text_is_answered(consultant: User, room: Room, text: str) -> None:
    client = Client()
    client.force_login(consultant)
    assert client.get("/go/", {"q": text}).status_code == 200
    assert client.get("/go/", {"q": text}, headers={"HX-Request": "true"}).status_code == 200


def test_the_page_and_the_fragment_offer_the_same(consultant: User, room: Room) -> None:
    client = Client()
    client.force_login(consultant)
    page = client.get("/go/", {"q": room.name[:4]})
    fragment = client.get("/go/", {"q": room.name[:4]}, headers={"HX-Request": "true"})
    assert room.name in page.content.decode()
    assert 'role="option"' in fragment.content.decode()
    assert "<html" not in fragment.content.decode()


def test_what_does_something_is_a_button_and_leads_nowhere(consultant: User) -> None:
    client = Client()
    client.force_login(consultant)
    headers: dict[str, str]
    for headers in ({}, {"HX-Request": "true"}):
        html = client.get("/go/", {"q": "dark"}, headers=headers).content.decode()
        words = r"<button[^>]* data-theme-toggle[^>]*>\s*<svg(?:(?!</button>).)*Change the theme"
        assert re.search(words, html, re.DOTALL)
        assert 'href=""' not in html


@pytest.mark.parametrize("rooms", [1, 30])
def test_the_palette_stays_within_its_queries(
    consultant: User, make_room: Any, rooms: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(rooms):
        make_room(f"Room {number}")
    client = Client()
    client.force_login(consultant)
    with django_assert_max_num_queries(11):
        client.get("/go/", {"q": "room"}, headers={"HX-Request": "true"})


@pytest.mark.django_db
def test_guests_are_offered_what_they_can_use(system: User, client: Client) -> None:
    guest = guest_at(actor=system, email="lena@demo.test", name="Lena Duarte")
    assert labels(guest, "") == ["Home", "Consultations", "Profile", "Keep your account"]
    assert labels(guest, "mail") == []
    assert labels(guest, "passk") == []
    assert labels(guest, "passw") == ["Keep your account"]
    assert labels(guest, "token") == []
    client.force_login(guest, backend="django.contrib.auth.backends.ModelBackend")
    assert labels(guest, "theme") == ["Change the theme"]
    for words in ["", "settings", "out", "home", "privacy"]:
        for entry in destinations(guest, words):
            answer = client.get(entry.url)
            assert answer.status_code == 200, entry.label
