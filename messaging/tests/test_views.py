"""Fragments of conversations."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from messaging.actions.messages import delete_message, edit_message
from messaging.models import ConversationMember, Message
from rooms.actions.lifecycle import complete_room
from rooms.actions.room_types import save_room_type
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import capture_events, names

Say = Callable[..., Message]
HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


def pages(room: Room) -> str:
    return reverse("messaging:messages", args=[room.conversation_id])


def of(name: str, message: Message) -> str:
    return reverse(f"messaging:{name}", args=[message.pk])


def test_plain_form_sends_and_comes_back(client: Client, room: Room, client_user: User) -> None:
    client.force_login(client_user)
    answer = client.post(pages(room), {"body": "By form", "back": f"/rooms/{room.pk}/"})
    assert (answer.status_code, answer["Location"]) == (302, f"/rooms/{room.pk}/")
    assert Message.objects.get(author=client_user).body == "By form"


@pytest.mark.parametrize("back", ["//evil.test/", "https://evil.test/", "/\\evil.test", ""])
def test_plain_form_leads_to_no_other_site(
    client: Client, room: Room, client_user: User, back: str
) -> None:
    client.force_login(client_user)
    assert client.post(pages(room), {"body": "x", "back": back})["Location"] == "/"


def test_htmx_sends_once_for_one_client_id(
    client: Client, room: Room, client_user: User, say: Say, consultant: User
) -> None:
    original = say(consultant, room, "Original")
    client.force_login(client_user)
    values = {"body": "Once", "client_id": str(uuid4()), "reply_to": str(original.pk)}
    first = client.post(pages(room), values, **HTMX)
    again = client.post(pages(room), values, **HTMX)
    assert (first.status_code, first.content) == (201, again.content)
    assert Message.objects.get(author=client_user).reply_to == original
    assert "Original" in first.content.decode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("  ", "Write something before sending."),
        ("x" * 20_000, "20,000 characters; 10,000 is the most"),
    ],
)
def test_what_cannot_be_sent_is_said(
    client: Client, room: Room, client_user: User, body: str, words: str
) -> None:
    client.force_login(client_user)
    with capture_events() as events:
        answer = client.post(pages(room), {"body": body}, **HTMX)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert names(events) == []


def test_completed_room_takes_no_message(
    client: Client, room: Room, consultant: User, client_user: User
) -> None:
    complete_room(actor=consultant, room=room)
    client.force_login(client_user)
    answer = client.post(pages(room), {"body": "Too late"}, **HTMX)
    assert answer.status_code == 409
    assert "This conversation is closed" in answer.json()["detail"]


def test_pages_go_back_and_forth(client: Client, room: Room, client_user: User, say: Say) -> None:
    sent = [say(client_user, room, f"Number {place:03}") for place in range(120)]
    client.force_login(client_user)
    newest = client.get(pages(room))
    assert "Number 119" in newest.content.decode()
    assert "Number 069" not in newest.content.decode()
    assert newest["X-Has-Older"] == "yes"
    before = client.get(f"{pages(room)}?before={sent[40].seq}").content.decode()
    assert ("Number 039" in before, "Number 040" in before) == (True, False)
    after = client.get(f"{pages(room)}?after={sent[100].seq}")
    assert ("Number 101" in after.content.decode(), after["X-Has-Newer"]) == (True, "no")
    assert client.get(f"{pages(room)}?before=nonsense").status_code == 200


def test_menu_offers_what_the_person_may_do(
    client: Client, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(client_user, room, "Mine")

    def offers(user: User) -> list[str]:
        client.force_login(user)
        text = client.get(of("menu", message)).content.decode()
        return [word for word in ("Reply", "Edit", "Earlier", "Delete") if word in text]

    assert offers(client_user) == ["Reply", "Edit", "Delete"]
    assert offers(consultant) == ["Reply", "Delete"]
    edit_message(actor=client_user, message=message, body="Changed")
    assert offers(client_user) == ["Reply", "Edit", "Earlier", "Delete"]
    complete_room(actor=consultant, room=room)
    assert offers(client_user) == ["Earlier"]


@pytest.mark.parametrize("may_change", [True, False])
def test_after_the_end_page_and_api_do_what_the_type_of_room_says(
    client: Client,
    room: Room,
    consultant: User,
    client_user: User,
    staff: User,
    say: Say,
    may_change: bool,
) -> None:
    room.room_type.messages_may_be_changed_after_completion = may_change
    save_room_type(actor=staff, room_type=room.room_type)
    mine, other = say(client_user, room, "Mine"), say(client_user, room, "Mine too")
    theirs = say(consultant, room, "Theirs")
    complete_room(actor=consultant, room=room)
    client.force_login(client_user)
    menu = client.get(of("menu", mine)).content.decode()
    offered = [word for word in ("Edit", "Delete", "Reply", "Pin", "data-emoji") if word in menu]
    assert offered == (["Edit", "Delete"] if may_change else [])
    page = client.get(f"/rooms/{room.pk}/").content.decode()
    assert ('id="edit-body"' in page) == may_change
    assert "Delete" not in client.get(of("menu", theirs)).content.decode()
    assert "Mine" in client.get(of("edit", mine)).content.decode()
    assert client.get(of("edit", theirs)).status_code == 403
    status = 204 if may_change else 409
    assert client.post(of("edit", mine), {"body": "Page"}, **HTMX).status_code == status
    assert client.post(of("delete", mine), **HTMX).status_code == status
    api, path = signed_in(client_user), f"/api/messages/{other.pk}/"
    assert api.patch(path, {"body": "API"}).status_code == (200 if may_change else 409)
    assert api.delete(path).status_code == status
    talk = api.get(f"/api/conversations/{room.conversation_id}/").json()
    assert talk["own_messages_may_be_changed"] is may_change
    assert api.post(f"{path}reactions/", {"emoji": "👍"}).status_code == 409
    assert Message.objects.filter(pk__in=[mine.pk, other.pk], body="").exists() is may_change
    client.force_login(consultant)
    assert "Delete" not in client.get(of("menu", other)).content.decode()
    assert client.post(of("delete", other), **HTMX).status_code == (204 if may_change else 409)


def test_edit_and_history(
    client: Client, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(client_user, room, "First wording")
    client.force_login(client_user)
    assert client.post(of("edit", message), {"body": "Second wording"}).status_code == 204
    client.force_login(consultant)
    text = client.get(of("history", message)).content.decode()
    assert text.index("Second wording") < text.index("First wording")
    refused = client.post(of("edit", message), {"body": "Not mine"}, **HTMX)
    assert refused.status_code == 403
    message.refresh_from_db()
    assert message.body == "Second wording"


def test_deleted_words_are_gone_everywhere(
    client: Client, room: Room, client_user: User, say: Say
) -> None:
    message = say(client_user, room, "A secret wording")
    client.force_login(client_user)
    assert client.post(of("delete", message)).status_code == 204
    for address in (pages(room), of("history", message), f"/rooms/{room.pk}/"):
        assert "A secret wording" not in client.get(address).content.decode()
    assert "Message deleted" in client.get(pages(room)).content.decode()


def test_reading_is_kept(
    client: Client, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    message = say(consultant, room, "Read me")
    client.force_login(client_user)
    address = reverse("messaging:read", args=[room.conversation_id])
    assert client.post(address, {"seq": message.seq}).status_code == 204
    assert client.post(address, {"seq": "nonsense"}).status_code == 204
    place = ConversationMember.objects.get(conversation=room.conversation, user=client_user)
    assert place.read_seq == message.seq


def test_unread_line_stands_before_the_first_new_message(
    client: Client, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    seen = say(consultant, room, "Seen already")
    client.force_login(client_user)
    client.post(reverse("messaging:read", args=[room.conversation_id]), {"seq": seen.seq})
    say(client_user, room, "My own")
    say(consultant, room, "News")
    text = client.get(f"/rooms/{room.pk}/").content.decode()
    assert text.index("My own") < text.index("data-unread-line") < text.index("News")


@pytest.mark.parametrize("name", ["menu", "history", "edit", "delete"])
def test_messages_do_not_exist_for_outsiders(
    client: Client, room: Room, client_user: User, outsider: User, staff: User, say: Say, name: str
) -> None:
    message = say(client_user, room, "Private")
    for user in (outsider, staff):
        client.force_login(user)
        call = client.get if name in ("menu", "history") else client.post
        assert call(of(name, message)).status_code == 404
        assert client.get(pages(room)).status_code == 404
    delete_message(actor=client_user, message=message)
