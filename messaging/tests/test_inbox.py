"""The inbox's pages: the list, the open conversation, and forms without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from messaging.actions.contacts import open_direct, request_contact
from messaging.actions.conversations import close_conversation, mark_read
from messaging.actions.drafts import save_draft
from messaging.actions.groups import open_group
from messaging.actions.messages import delete_message, send_message
from messaging.actions.places import keep_conversation
from messaging.models import Conversation, ConversationMember, Message
from messaging.queries import conversations
from messaging.queries.inbox import Filters, Order, Show, listed, number_unread, rows_of
from rooms.models import Room

MOST_QUERIES = 10


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Tomas wrote twice to Mara."""
    talk = open_direct(actor=client_user, other=consultant)
    for words in ("Hello", "Thursday *at ten* & not later"):
        send_message(actor=client_user, conversation=talk, body=words)
    return talk


@pytest.fixture
def mara(client: Client, consultant: User) -> Client:
    """The consultant's browser."""
    client.force_login(consultant)
    return client


def queries(browser: Client, url: str) -> int:
    browser.get(url)
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(url)
    assert answer.status_code == 200
    return len(asked)


def titles(user: User, **filters: Any) -> list[str]:
    return [row.title for row in rows_of(user, listed(user, Filters(**filters)))]


def test_the_list_says_who_what_and_how_many(mara: Client, talk: Conversation, room: Room) -> None:
    html = mara.get("/inbox/").content.decode()
    assert "Tomas Okafor" in html
    assert "Thursday at ten &amp; not later" in html
    assert room.name in html
    assert '<span class="count">2 <span class="sr-only">unread</span></span>' in html
    assert mara.get("/inbox/count/").content.decode().strip().startswith("1<span")


def test_nothing_yet(client: Client, outsider: User) -> None:
    client.force_login(outsider)
    assert "will be listed here" in client.get("/inbox/").content.decode()
    assert "No conversation matches" in client.get("/inbox/?show=unread").content.decode()
    assert client.get("/inbox/count/").content.decode().strip() == ""


def test_an_open_conversation(mara: Client, talk: Conversation) -> None:
    html = mara.get(f"/inbox/{talk.pk}/").content.decode()
    assert f'data-conversation="{talk.pk}"' in html
    assert f'data-row="{talk.pk}"' in html
    assert "Write to Tomas Okafor" in html
    assert "Northwind" in html


def test_a_message_that_a_link_leads_to(mara: Client, talk: Conversation, room: Room) -> None:
    message = Message.objects.filter(conversation=talk).earliest("seq")
    assert (
        f'data-linked="{message.pk}"'
        in mara.get(f"/inbox/{talk.pk}/?message={message.pk}").content.decode()
    )
    elsewhere = room.conversation.messages.first()
    for other in (elsewhere and elsewhere.pk, "nonsense"):
        html = mara.get(f"/inbox/{talk.pk}/?message={other}").content.decode()
        assert "data-linked" not in html


@pytest.mark.parametrize("number", [1, 30])
def test_the_inbox_asks_as_little_whatever_is_in_it(
    number: int, mara: Client, talk: Conversation, consultant: User, client_user: User,
    manager: User, make_room: Callable[..., Room], outsider: User,
) -> None:  # fmt: skip
    for place in range(number):
        room = make_room(f"Room {place}", active=True)
        send_message(actor=client_user, conversation=room.conversation, body=f"Line {place}")
    request_contact(actor=outsider, consultant=consultant, note="Ward access")
    message = Message.objects.filter(conversation=talk).latest("seq")
    assert queries(mara, "/inbox/") <= MOST_QUERIES
    assert queries(mara, f"/inbox/{talk.pk}/") <= MOST_QUERIES
    assert queries(mara, f"/inbox/{talk.pk}/?message={message.pk}") <= MOST_QUERIES
    assert queries(mara, "/inbox/list/") <= MOST_QUERIES


def test_filters(
    room: Room, talk: Conversation, consultant: User, client_user: User, colleague: User
) -> None:
    among_us = open_direct(actor=consultant, other=colleague)
    send_message(actor=consultant, conversation=among_us, body="Hi")
    assert titles(consultant) == ["Priya Raman", "Tomas Okafor", room.name]
    assert titles(consultant, order=Order.OLDEST) == [room.name, "Tomas Okafor", "Priya Raman"]
    assert titles(consultant, order=Order.UNREAD)[0] == "Tomas Okafor"
    assert titles(consultant, show=Show.UNREAD) == ["Tomas Okafor"]
    assert titles(consultant, show=Show.CLIENTS) == ["Tomas Okafor", room.name]
    assert titles(consultant, show=Show.ROOMS) == [room.name]
    close_conversation(actor=User.objects.system(), conversation=among_us)
    assert "Priya Raman" not in titles(consultant, show=Show.ACTIVE)
    assert titles(consultant, text="raman") == ["Priya Raman"]
    assert titles(consultant, text="order migr") == [room.name]


def test_what_is_no_choice_counts_as_none() -> None:
    odd = {"show": "x", "sort": "y", "category": "z", "priority": "9", "q": " a\0 "}
    assert Filters.parse(odd) == Filters(text="a")
    chosen = Filters.parse({"show": "muted", "priority": "30", "category": "billing"})
    assert (chosen.show, chosen.priority, chosen.is_plain) == (Show.MUTED, 30, False)


def test_rows_of_groups_and_of_what_is_deleted(
    room: Room, consultant: User, client_user: User, colleague: User
) -> None:
    group = open_group(actor=consultant, title="Team", people=[client_user, colleague])
    message = send_message(actor=client_user, conversation=group, body="Oops")
    delete_message(actor=client_user, message=message)
    (row,) = rows_of(consultant, listed(consultant, Filters(text="team")))
    assert (row.title, row.icon, row.number_of_people, row.unread) == ("Team", "users", 2, 0)
    assert (row.preview, row.organisation, row.state) == ("", "", "offline")
    empty = open_direct(actor=consultant, other=colleague)
    (row,) = rows_of(
        consultant, listed(consultant, Filters(text="raman")).filter(conversation=empty)
    )
    assert (row.preview, row.is_unread, row.at) == ("", False, empty.created_at)


def test_unread_messages_are_counted_up_to_a_bound(
    talk: Conversation, consultant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.queries.inbox.MOST_UNREAD", 1)
    assert listed(consultant, Filters(text="okafor"))[0].unread == 1
    mark_read(actor=consultant, conversation=talk, seq=10_000)
    assert listed(consultant, Filters(text="okafor"))[0].unread == 0
    assert number_unread(consultant) == 0


def test_only_so_many_are_told(
    talk: Conversation, consultant: User, client_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(conversations.audience_of(talk)) == {consultant.pk, client_user.pk}
    monkeypatch.setattr(conversations, "MOST_TOLD", 1)
    assert conversations.audience_of(talk) == []


def test_pages_of_the_list(
    mara: Client, talk: Conversation, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.views.inbox.PAGE_SIZE", 1)
    first = mara.get("/inbox/?sort=newest").content.decode()
    assert "Tomas Okafor" in first
    assert room.name not in first
    assert "sort=newest&amp;page=2" in first
    second = mara.get("/inbox/?page=2").content.decode()
    assert room.name in second
    assert 'rel="prev"' in second
    assert mara.get("/inbox/?page=0").status_code == mara.get("/inbox/?page=x").status_code == 200


def test_keeping_by_plain_forms(mara: Client, talk: Conversation, consultant: User) -> None:
    keep, here = f"/inbox/{talk.pk}/keep/", f"/inbox/{talk.pk}/"
    assert mara.post(keep, {"pinned": "yes", "back": "/inbox/?show=pinned"})["Location"] == (
        "/inbox/?show=pinned"
    )
    assert mara.post(keep, {"mute": "1h", "back": "//evil.test/"})["Location"] == here
    assert mara.post(keep, {"archived": "yes"})["Location"] == "/inbox/"
    place = ConversationMember.objects.get(conversation=talk, user=consultant)
    assert place.archived_seq is not None
    assert place.muted_until is not None
    for odd in ({}, {"mute": "century"}, {"pinned": "perhaps"}):
        answer = mara.post(keep, odd, headers={"HX-Request": "true"})
        assert answer.status_code == 400
    assert mara.post(f"/inbox/{talk.pk}/triage/", {"priority": "40"})["Location"] == here
    assert "Urgent" in mara.get("/inbox/").content.decode()
    assert mara.post(f"/inbox/{talk.pk}/clear/")["Location"] == "/inbox/"
    assert f'data-row="{talk.pk}"' not in mara.get("/inbox/?q=Okafor").content.decode()


def test_beginning_to_write(
    mara: Client, room: Room, client_user: User, colleague: User, consultant: User
) -> None:
    html = mara.get("/inbox/new/?q=okafor").content.decode()
    assert str(client_user.pk) in html
    assert str(colleague.pk) not in html
    to = {"person": [str(client_user.pk), "nonsense"]}
    where = mara.post("/inbox/new/", to)["Location"]
    assert where == mara.post("/inbox/new/", to)["Location"]
    both = {"person": [str(client_user.pk), str(colleague.pk)]}
    group = mara.get(mara.post("/inbox/new/", both)["Location"]).content.decode()
    assert "Priya, Tomas" in group
    named = mara.post("/inbox/new/", {**both, "title": "Import"})["Location"]
    assert "Import" in mara.get(named).content.decode()


def test_a_profile_says_what_one_can_do(
    client: Client, room: Room, outsider: User, consultant: User, client_user: User
) -> None:
    client.force_login(client_user)
    assert "Write to Mara" in client.get(f"/inbox/people/{consultant.pk}/").content.decode()
    client.force_login(outsider)
    page = f"/inbox/people/{consultant.pk}/"
    assert "Send request" in client.get(page).content.decode()
    client.post(f"{page}ask/", {"note": "Ward access"})
    assert "Withdraw the request" in client.get(page).content.decode()
    client.force_login(consultant)
    html = client.get("/inbox/").content.decode()
    assert "Ward access" in html
    asked = outsider.contact_requests.get()
    client.post(f"/inbox/requests/{asked.pk}/decline/")
    client.force_login(outsider)
    assert "declined a conversation" in client.get(page).content.decode()


def test_a_group_by_plain_forms(
    mara: Client, room: Room, consultant: User, client_user: User, colleague: User
) -> None:
    group = open_group(actor=consultant, title="Team", people=[client_user])
    here = f"/inbox/{group.pk}/"
    assert str(colleague.pk) in mara.get(f"{here}people/add/?q=priya").content.decode()
    mara.post(f"{here}people/add/", {"person": str(colleague.pk)})
    members = mara.get(f"{here}people/").content.decode()
    assert "Priya Raman" in members
    assert "Mara Lindqvist (you)" in members
    assert mara.post(f"{here}people/{colleague.pk}/remove/")["Location"] == here
    assert "Priya Raman" not in mara.get(f"{here}people/").content.decode()
    mara.post(f"{here}rename/", {"title": "Crew"})
    assert "Crew" in mara.get(here).content.decode()
    assert mara.post(f"{here}people/{consultant.pk}/remove/")["Location"] == "/inbox/"
    assert mara.get(here).status_code == 404


def test_a_rooms_people_are_shown_and_changed_elsewhere(
    mara: Client, room: Room, client_user: User
) -> None:
    members = mara.get(f"/inbox/{room.conversation_id}/people/").content.decode()
    assert client_user.name in members
    assert "Remove" not in members
    assert "Rename" not in members


@pytest.mark.parametrize(
    ("mute", "words"), [("1w", "Muted until <time"), ("ever", "Muted for ever")]
)
def test_it_says_how_long_it_keeps_silent(mara: Client, room: Room, mute: str, words: str) -> None:
    here = f"/inbox/{room.conversation_id}/"
    assert "Muted " not in mara.get(here).content.decode()
    mara.post(f"{here}keep/", {"mute": mute})
    assert words in mara.get(here).content.decode()


def test_from_a_conversation_to_its_room(mara: Client, room: Room, client_user: User) -> None:
    answer = mara.get(f"/rooms/of/{room.conversation_id}/")
    assert answer["Location"] == f"/rooms/{room.pk}/"
    assert room.name in mara.get(f"/rooms/with/{client_user.pk}/").content.decode()


def test_an_archived_one_says_so_where_it_is_open(
    mara: Client, talk: Conversation, consultant: User
) -> None:
    keep_conversation(actor=consultant, conversation=talk, archived=True)
    assert "Move back to the list" in mara.get(f"/inbox/{talk.pk}/").content.decode()


def test_who_is_named_is_told_apart(
    mara: Client, talk: Conversation, room: Room, consultant: User, client_user: User
) -> None:
    send_message(actor=client_user, conversation=talk, body="@Mara Lindqvist who signs off?")
    (row, other) = rows_of(consultant, listed(consultant, Filters()))
    assert (row.unread, row.mentions, other.mentions) == (3, 1, 0)
    assert "of 3 unread name you" in mara.get("/inbox/").content.decode()
    assert titles(consultant, show=Show.MENTIONS) == ["Tomas Okafor"]
    mark_read(actor=consultant, conversation=talk, seq=10_000)
    assert titles(consultant, show=Show.MENTIONS) == []


def test_a_draft_stands_for_what_was_said_last(
    mara: Client, talk: Conversation, room: Room, consultant: User
) -> None:
    save_draft(actor=consultant, conversation=talk, body="I was about to")
    assert "I was about to" in mara.get("/inbox/").content.decode()
    assert "Draft:" not in mara.get(f"/inbox/{talk.pk}/").content.decode()
