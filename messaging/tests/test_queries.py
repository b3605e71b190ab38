"""Reading conversations."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from messaging.actions.conversations import mark_read
from messaging.actions.messages import delete_message
from messaging.models import Message
from messaging.queries import conversations, threads
from rooms.models import Room

Say = Callable[..., Message]


@pytest.fixture
def talk(room: Room, client_user: User, consultant: User, say: Say) -> list[Message]:
    """The opening line and nine messages, the client's and the consultant's in turn."""
    said = [
        say(client_user if number % 2 else consultant, room, f"Line {number}")
        for number in range(1, 10)
    ]
    return [*room.conversation.messages.filter(message_type="system"), *said]


def test_the_newest_page_and_the_pages_before_it(room: Room, talk: list[Message]) -> None:
    newest = threads.page_before(room.conversation, None, 4)
    assert (newest.messages, newest.has_older, newest.has_newer) == (talk[6:], True, False)
    earlier = threads.page_before(room.conversation, newest.messages[0].seq, 4)
    assert (earlier.messages, earlier.has_older, earlier.has_newer) == (talk[2:6], True, True)
    first = threads.page_before(room.conversation, earlier.messages[0].seq, 4)
    assert (first.messages, first.has_older, first.has_newer) == (talk[:2], False, True)


def test_pages_after_a_number(room: Room, talk: list[Message]) -> None:
    page = threads.page_after(room.conversation, talk[2].seq, 4)
    assert (page.messages, page.has_older, page.has_newer) == (talk[3:7], True, True)
    page = threads.page_after(room.conversation, talk[6].seq, 4)
    assert (page.messages, page.has_newer) == (talk[7:], False)


def test_a_page_around_a_message(room: Room, talk: list[Message]) -> None:
    page = threads.page_around(room.conversation, talk[5].seq, 4)
    assert page.messages == talk[3:7]
    assert (page.has_older, page.has_newer) == (True, True)


def test_how_far_somebody_has_read(room: Room, client_user: User, outsider: User) -> None:
    assert conversations.read_seq(room.conversation, client_user) == 0
    mark_read(actor=client_user, conversation=room.conversation, seq=3)
    assert conversations.read_seq(room.conversation, client_user) == 3
    assert conversations.read_seq(room.conversation, outsider) == 0


def test_messages_sent_counts_people_not_the_system(
    room: Room, talk: list[Message], client_user: User, consultant: User
) -> None:
    delete_message(actor=client_user, message=talk[1])
    both = [client_user.pk, consultant.pk]
    assert threads.messages_sent(room.conversation, both) == {client_user.pk: 5, consultant.pk: 4}
    assert threads.messages_sent(room.conversation, [consultant.pk]) == {consultant.pk: 4}


def test_a_thread_opens_at_the_end_with_its_unread_line(
    room: Room, talk: list[Message], client_user: User
) -> None:
    thread = threads.thread(client_user, room.conversation)
    assert thread.page.messages == talk
    assert (thread.read_seq, thread.first_unread, thread.linked) == (0, None, None)
    mark_read(actor=client_user, conversation=room.conversation, seq=talk[4].seq)
    thread = threads.thread(client_user, room.conversation)
    assert (thread.read_seq, thread.first_unread) == (talk[4].seq, talk[6])


def test_the_unread_line_stands_only_where_it_is_certain(
    room: Room, talk: list[Message], client_user: User, consultant: User, say: Say
) -> None:
    """Unread messages before the page would make the line stand too late."""
    mark_read(actor=client_user, conversation=room.conversation, seq=talk[2].seq)
    for number in range(threads.PAGE_SIZE):
        say(consultant, room, f"More {number}")
    assert threads.thread(client_user, room.conversation).first_unread is None


def test_a_link_opens_the_thread_around_its_message(
    room: Room, talk: list[Message], client_user: User
) -> None:
    linked = threads.thread(client_user, room.conversation, str(talk[3].pk))
    assert linked.linked == talk[3]
    for unknown in ("not an id", str(uuid4())):
        assert threads.thread(client_user, room.conversation, unknown).linked is None
