"""The files of a conversation, listed beside it."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from accounts.models import User
from files.actions.uploads import upload_file
from files.models import StoredFile
from messaging.actions.attachments import PLACE
from messaging.actions.contacts import open_direct
from messaging.actions.messages import delete_message, send_message
from messaging.actions.places import clear_conversation
from messaging.models import Conversation, Message
from messaging.queries.conversations import visible_conversation
from messaging.queries.files import FILES_SHOWN, SharedFiles, shared_files
from messaging.queries.search.results import search
from rooms.models import Room

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]
Upload = Callable[..., StoredFile]


def shared(user: User, conversation: Conversation) -> SharedFiles:
    return shared_files(user, visible_conversation(user, conversation.pk))


def names_for(user: User, room: Room) -> list[str]:
    return [file.name for file, _ in shared(user, room.conversation).entries]


def test_the_newest_first_each_with_its_message(
    client_user: User, consultant: User, room: Room, make_room: Callable[..., Room],
    upload: Upload, say: Say,
) -> None:  # fmt: skip
    upload(client_user, room, "unsent.txt")
    elsewhere = make_room("Another", active=True)
    say(client_user, elsewhere, "", attachments=[upload(client_user, elsewhere).pk])
    first = say(client_user, room, "Look", attachments=[upload(client_user, room, "a.txt").pk])
    say(consultant, room, "", attachments=[upload(consultant, room, "b.txt").pk])
    found = shared(consultant, room.conversation)
    assert [(file.name, message.author) for file, message in found.entries] == [
        ("b.txt", consultant),
        ("a.txt", client_user),
    ]
    assert found.search == ""
    delete_message(actor=client_user, message=first)
    assert names_for(consultant, room) == ["b.txt"]


def test_what_somebody_cleared_is_listed_for_others_alone(
    client_user: User, consultant: User, room: Room, media: Path
) -> None:
    direct = open_direct(actor=consultant, other=client_user)
    send_file(client_user, direct)
    clear_conversation(actor=consultant, conversation=direct)
    assert shared(consultant, direct).entries == []
    assert len(shared(client_user, direct).entries) == 1


def test_where_there_are_more_the_search_finds_them(
    client_user: User, consultant: User, make_room: Callable[..., Room], media: Path
) -> None:
    room = make_room('The "August" plan', active=True)
    for place, name in (
        (room.conversation, "August"),
        (open_direct(actor=consultant, other=client_user), "Okafor"),
    ):
        for _ in range(FILES_SHOWN + 1):
            send_file(client_user, place)
        found = shared(consultant, place)
        assert len(found.entries) == FILES_SHOWN
        [text] = parse_qs(found.search)["q"]
        assert name in text
        hits = search(consultant, text).hits
        assert {hit.conversation.pk for hit in hits} == {place.pk}


def test_the_fragment_says_so(
    client_user: User, consultant: User, room: Room, upload: Upload, say: Say
) -> None:
    browser = Client()
    browser.force_login(consultant)
    address = f"/conversations/{room.conversation_id}/files/"
    assert "No files yet" in browser.get(address).content.decode()
    for number in range(FILES_SHOWN + 1):
        say(client_user, room, "", attachments=[upload(client_user, room, f"{number}.txt").pk])
    html = browser.get(address).content.decode()
    assert "10.txt" in html
    assert "All files" in html


def send_file(user: User, conversation: Conversation) -> None:
    """A message with a file and no words."""
    file = upload_file(
        actor=user,
        kind=PLACE,
        place=conversation,
        upload=ContentFile(b"The plan", "plan.txt"),
    )
    send_message(actor=user, conversation=conversation, body="", attachments=[file.pk])
