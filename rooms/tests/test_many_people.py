"""A room with hundreds of people: every list is bounded, paged and says how many there are."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from rooms.models import Participant, Role, Room
from rooms.queries.people import PANEL_SHOWN, PEOPLE_SHOWN, others_in, people_in
from rooms.queries.rooms import with_others

MANY = 500
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


@pytest.fixture
def crowd(room: Room) -> Room:
    """The room of consultant and client, with as many more as make `MANY`."""
    people = User.objects.bulk_create(
        User(email=f"p{place}@demo.test", name=f"Person {place:03}") for place in range(MANY - 2)
    )
    Participant.objects.bulk_create(
        Participant(room=room, user=person, role=Role.OBSERVER) for person in people
    )
    return room


def url(name: str, room: Room, *args: Any) -> str:
    return reverse(f"rooms:{name}", args=[room.pk, *args])


def names_in(html: str) -> set[str]:
    return set(re.findall(r"Person \d{3}", html))


def test_the_panel_shows_the_first_and_how_many_more(
    client: Client, crowd: Room, consultant: User, django_assert_max_num_queries: Any
) -> None:
    signed_in(client, consultant)
    client.get(url("people", crowd))
    with django_assert_max_num_queries(8):
        html = client.get(url("people", crowd)).content.decode()
    assert html.count("data-person=") == PANEL_SHOWN
    assert f"and {MANY - PANEL_SHOWN} more" in html
    assert html.index("Mara Lindqvist") < html.index("Person 000")


def test_the_stage_is_paged_to_the_last(client: Client, crowd: Room, consultant: User) -> None:
    signed_in(client, consultant)
    seen: set[str] = set()
    for start in range(0, MANY, PEOPLE_SHOWN):
        html = client.get(url("stage_people", crowd), {"start": start}).content.decode()
        end = min(start + PEOPLE_SHOWN, MANY)
        assert f"{start + 1} to {end} of {MANY}" in html
        assert not seen & names_in(html)
        seen |= names_in(html)
        assert ("Next" in html) == (end < MANY)
        assert ("Previous" in html) == (start > 0)
        assert len(html) < 200_000
    assert len(seen) == MANY - 2


@pytest.mark.parametrize("start", ["", "x", "-1", "99999999999999999", str(MANY)])
def test_a_page_that_is_not_there_is_the_first(
    client: Client, crowd: Room, consultant: User, start: str
) -> None:
    answer = signed_in(client, consultant).get(url("stage_people", crowd), {"start": start})
    assert f"1 to {PEOPLE_SHOWN} of {MANY}" in answer.content.decode()


def test_an_action_stays_on_its_page(client: Client, crowd: Room, consultant: User) -> None:
    signed_in(client, consultant)
    shown = client.get(url("stage_people", crowd), {"start": PEOPLE_SHOWN}).content.decode()
    assert f"""hx-vals='{{"start": "{PEOPLE_SHOWN}"}}'""" in shown
    person = people_in(crowd, PEOPLE_SHOWN).rows[0].user
    answer = client.post(
        url("people_role", crowd, person.pk), {"role": "client", "start": PEOPLE_SHOWN}, **HTMX
    )
    assert f"{PEOPLE_SHOWN + 1} to {2 * PEOPLE_SHOWN} of {MANY}" in answer.content.decode()
    assert Participant.objects.get(room=crowd, user=person).role == "client"


def test_few_people_are_not_paged(client: Client, room: Room, consultant: User) -> None:
    html = signed_in(client, consultant).get(url("stage_people", room)).content.decode()
    assert "pagination" not in html
    assert " of 2" not in html
    panel = client.get(url("people", room)).content.decode()
    assert "more</button>" not in panel


def test_the_header_and_the_lists_name_three(
    client: Client, crowd: Room, consultant: User, make_room: Callable[..., Room]
) -> None:
    signed_in(client, consultant)
    for address in (url("header", crowd), url("room", crowd), reverse("rooms:list"), "/"):
        assert f"and {MANY - 4} more" in client.get(address).content.decode()
    assert f"and {MANY - 4} more" in client.get("/go/?q=Order").content.decode()
    for others in (
        others_in(crowd, consultant),
        others_in(crowd, consultant, people_in(crowd)),
    ):
        assert (len(others.named), others.total, others.more) == (3, MANY - 1, MANY - 4)
    (found,) = with_others(Room.objects.filter(pk=crowd.pk), consultant)
    assert (len(found.others), found.number_of_others) == (3, MANY - 1)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["people", "stage_people", "room", "header"])
def test_as_many_queries_as_for_two(
    client: Client, room: Room, consultant: User, name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    signed_in(client, consultant)
    client.get(url(name, room))
    with django_assert_max_num_queries(13) as few:
        client.get(url(name, room))
    request.getfixturevalue("crowd")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(url(name, room))


def test_the_api_embeds_the_first_and_pages_the_rest(crowd: Room, consultant: User) -> None:
    client = signed_in(Client(), consultant)
    assert len(client.get(f"/api/rooms/{crowd.pk}/").json()["participants"]) == 50
    address: str | None = f"/api/rooms/{crowd.pk}/participants/?limit=200"
    seen: set[str] = set()
    for expected in (200, 200, 100):
        page = client.get(address or "").json()
        assert len(page["results"]) == expected
        seen |= {row["user"]["id"] for row in page["results"]}
        address = page["next"]
    assert (address, len(seen)) == (None, MANY)
