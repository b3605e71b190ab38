"""Who repeats the same words is slowed, and told why."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from core.errors import RateLimited
from files.models import StoredFile
from messaging import limits
from messaging.actions.contacts import open_direct
from messaging.actions.forwarding import forward_message
from messaging.actions.messages import send_message
from messaging.models import Message
from rooms.models import Room
from tests.api import signed_in

SAME = "Buy now"


@pytest.fixture(autouse=True)
def two_repeats(settings: Settings) -> None:
    """Saying something three times is all right."""
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "repeat": {"person": "2/m"}}
    limits._last.clear()


def test_the_same_words_too_often_wherever_to(
    room: Room, consultant: User, client_user: User
) -> None:
    talk = open_direct(actor=client_user, other=consultant)
    for place in (room.conversation, talk, room.conversation):
        send_message(actor=client_user, conversation=place, body=SAME)
    with pytest.raises(RateLimited, match=r"the same message several times\. Try again in"):
        send_message(actor=client_user, conversation=talk, body=f" {SAME} ")
    send_message(actor=client_user, conversation=talk, body="Something else")
    send_message(actor=consultant, conversation=talk, body=SAME)


def test_a_message_sent_anew_is_no_repeat(room: Room, client_user: User) -> None:
    client_id = uuid4()
    sent = [
        send_message(
            actor=client_user, conversation=room.conversation, body=SAME, client_id=client_id
        )
        for _ in range(5)
    ]
    assert len({message.pk for message in sent}) == 1


def test_programs_are_told_why(room: Room, client_user: User) -> None:
    client, address = signed_in(client_user), f"/api/conversations/{room.conversation_id}/messages/"
    statuses = [client.post(address, {"body": SAME}).status_code for _ in range(3)]
    answer = client.post(address, {"body": SAME})
    assert statuses == [201, 201, 201]
    assert answer.status_code == 429
    assert "the same message" in answer.json()["detail"]
    assert int(answer["Retry-After"]) > 0


def test_files_that_are_passed_on_again_and_again(
    room: Room, client_user: User, consultant: User, upload: Callable[..., StoredFile]
) -> None:
    one, other = (
        send_message(
            actor=consultant,
            conversation=room.conversation,
            body="",
            attachments=[upload(consultant, room).pk],
        )
        for _ in range(2)
    )

    def forward(message: Message) -> None:
        forward_message(actor=client_user, message=message, conversation=room.conversation)

    for _ in range(4):
        forward(one)
        forward(other)
    for _ in range(2):
        forward(other)
    with pytest.raises(RateLimited, match="the same message"):
        forward(other)


def test_only_so_many_people_are_remembered(
    room: Room, consultant: User, client_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_REMEMBERED", 1)
    for person in (consultant, client_user):
        send_message(actor=person, conversation=room.conversation, body=SAME)
    assert list(limits._last) == [client_user.pk]
