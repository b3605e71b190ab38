"""Messages are sent, edited, deleted; every refusal changes nothing."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.errors import NotAllowed
from core.models import Event
from core.queries import head
from messaging.actions.conversations import set_member
from messaging.actions.messages import (
    ClientIdTaken,
    ConversationIsClosed,
    MessageIsDeleted,
    WrongReply,
    delete_message,
    edit_message,
    post_system_message,
    send_message,
)
from messaging.actions.pins import pin_message
from messaging.actions.reactions import add_reaction
from messaging.models import Conversation, MemberRole, Message, MessageType
from messaging.words import EmptyMessage, MessageTooLong
from rooms.actions.lifecycle import cancel_room, complete_room
from rooms.actions.room_types import save_room_type
from rooms.models import Room, RoomType
from tests.fixtures import capture_events, names, refused

Say = Callable[..., Message]


def test_its_conversation_knows_the_newest(room: Room, client_user: User, say: Say) -> None:
    first = say(client_user, room, "One")
    second = say(client_user, room, "Two")
    conversation = Conversation.objects.get(pk=room.conversation_id)
    assert conversation.last_message_seq == second.seq > first.seq
    assert conversation.last_message_at == second.created_at


def test_a_message_is_written_with_its_event(room: Room, client_user: User, say: Say) -> None:
    client_id = uuid4()
    with capture_events() as events:
        message = say(client_user, room, "  Is that *March* or August?\r\n", client_id=client_id)
    message.refresh_from_db()
    (event,) = events
    assert message.body == "Is that *March* or August?"
    assert message.body_html == "<p>Is that <em>March</em> or August?</p>"
    assert (message.author, message.client_id) == (client_user, client_id)
    assert message.message_type == MessageType.TEXT
    assert event.name == "MessageSent"
    assert (str(event.stream), event.seq) == (str(room.conversation.stream), message.seq)
    assert event.actor == client_user
    assert event.data == {"message_id": str(message.pk), "client_id": str(client_id)}


def test_numbers_have_no_gaps(room: Room, client_user: User, consultant: User, say: Say) -> None:
    first = say(client_user, room, "one").seq
    with refused(EmptyMessage):
        say(client_user, room, "")
    assert [say(consultant, room, "two").seq, say(client_user, room, "three").seq] == [
        first + 1,
        first + 2,
    ]


@pytest.mark.parametrize(
    "body", ["", "   \n\t ", "\x00", "\u200b\u200d", "\u200b\n\u200b", "\u2028\u200b\u2028\ufeff"]
)
def test_nothing_to_send_is_refused(body: str, room: Room, client_user: User, say: Say) -> None:
    with refused(EmptyMessage, "Write something before sending."):
        say(client_user, room, body)


def test_10000_characters_are_the_most(room: Room, client_user: User, say: Say) -> None:
    assert len(say(client_user, room, "x" * 10_000).body) == 10_000
    with refused(MessageTooLong, "This message has 20,000 characters; 10,000 is the most."):
        say(client_user, room, "x" * 20_000)


def test_control_characters_and_lone_surrogates_are_left_out(
    room: Room, client_user: User, say: Say
) -> None:
    assert say(client_user, room, "a\x00b\x1b[31m\ud800c\n\td").body == "ab[31mc\n\td"


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "```<script>\nalert(1)</script>\n```",
        '[a](https://e.test "onmouseover=alert(1)")',
    ],
)
def test_no_script_comes_through(body: str, room: Room, client_user: User, say: Say) -> None:
    html = say(client_user, room, body).body_html
    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert "title=" not in html


def test_the_same_client_id_is_the_same_message(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    client_id = uuid4()
    first = say(client_user, room, "Once", client_id=client_id)
    with capture_events() as events:
        again = say(client_user, room, "Once", client_id=client_id)
    assert again == first
    assert events == []
    # Another person's client_id is another message.
    assert say(consultant, room, "Mine", client_id=client_id) != first


def test_a_client_id_belongs_to_one_conversation(
    room: Room, make_room: Callable[..., Room], client_user: User, say: Say
) -> None:
    client_id = uuid4()
    say(client_user, room, "Here", client_id=client_id)
    other = make_room("Another", active=True)
    with refused(ClientIdTaken):
        say(client_user, other, "There", client_id=client_id)


@pytest.mark.django_db(transaction=True)
def test_the_same_client_id_twice_at_once_is_one_message(room: Room, client_user: User) -> None:
    client_id = uuid4()
    barrier = threading.Barrier(2, timeout=10)
    sent: list[Message] = []
    failed: list[BaseException] = []

    def send() -> None:
        try:
            barrier.wait()
            actor = User.objects.get(pk=client_user.pk)
            conversation = Room.objects.get(pk=room.pk).conversation
            message = send_message(
                actor=actor, conversation=conversation, body="Once", client_id=client_id
            )
            sent.append(message)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    for _ in range(5):
        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        client_id = uuid4()
    assert failed == []
    texts = Message.objects.filter(message_type=MessageType.TEXT)
    assert texts.count() == 5
    assert len(sent) == 10
    assert {message.pk for message in sent} == set(texts.values_list("pk", flat=True))
    assert Event.objects.filter(name="MessageSent", actor=client_user).count() == 5


def test_a_fault_of_the_numbers_is_not_taken_for_a_retry(
    room: Room, system: User, client_user: User, say: Say
) -> None:
    taken = head(room.conversation.stream) + 1
    Message.objects.create(conversation=room.conversation, author=system, seq=taken, body="?")
    with refused(IntegrityError, "message_number_unique"):
        say(client_user, room, "Hello")


def test_a_reply_names_a_message_of_the_conversation(
    room: Room, make_room: Callable[..., Room], client_user: User, consultant: User, say: Say
) -> None:
    question = say(client_user, room, "March or August?")
    assert say(consultant, room, "August", reply_to=question).reply_to == question
    other = make_room("Another", active=True)
    with refused(WrongReply, "is not in this conversation"):
        say(consultant, other, "August", reply_to=question)


def test_who_may_write(
    room: Room, colleague: User, outsider: User, manager: User, staff: User, say: Say
) -> None:
    for person in (colleague, outsider, manager, staff):
        with refused(NotAllowed):
            say(person, room, "Hello")


def test_a_reader_reads(room: Room, system: User, manager: User, say: Say) -> None:
    set_member(actor=system, conversation=room.conversation, user=manager, role=MemberRole.READER)
    with refused(NotAllowed):
        say(manager, room, "Hello")


def test_nothing_changes_after_the_end(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    message = say(client_user, room, "Before")
    complete_room(actor=consultant, room=room)
    with refused(ConversationIsClosed, "This conversation is closed"):
        say(client_user, room, "After")
    with refused(ConversationIsClosed):
        edit_message(actor=client_user, message=message, body="Changed")
    with refused(ConversationIsClosed):
        delete_message(actor=client_user, message=message)


@pytest.fixture
def lenient(room: Room, staff: User) -> Room:
    """A room of a type in which messages may be changed after completion."""
    room_type = RoomType.objects.get(pk=room.room_type_id)
    room_type.messages_may_be_changed_after_completion = True
    save_room_type(actor=staff, room_type=room_type)
    return Room.objects.get(pk=room.pk)


def test_ones_own_changes_after_the_end_where_the_type_of_room_says_so(
    lenient: Room, client_user: User, consultant: User, say: Say
) -> None:
    message = say(client_user, lenient, "Before")
    complete_room(actor=consultant, room=lenient)
    with refused(ConversationIsClosed):
        delete_message(actor=consultant, message=message)  # not theirs
    with refused(ConversationIsClosed):
        say(client_user, lenient, "After")
    with refused(ConversationIsClosed):
        add_reaction(actor=consultant, message=message, emoji="👍")
    with refused(ConversationIsClosed):
        pin_message(actor=client_user, message=message)
    with refused(NotAllowed):
        edit_message(actor=consultant, message=message, body="Changed")
    with capture_events() as events:
        edit_message(actor=client_user, message=message, body="Changed")
        delete_message(actor=client_user, message=message)
    assert names(events) == ["MessageEdited", "MessageDeleted"]
    message.refresh_from_db()
    assert message.is_deleted


def test_who_left_changes_nothing_after_the_end(
    lenient: Room, client_user: User, consultant: User, system: User, say: Say
) -> None:
    message = say(client_user, lenient, "Before")
    complete_room(actor=consultant, room=lenient)
    talk = lenient.conversation
    set_member(actor=system, conversation=talk, user=client_user, role=MemberRole.READER)
    with refused(NotAllowed):
        edit_message(actor=client_user, message=message, body="Changed")
    with refused(NotAllowed):
        delete_message(actor=client_user, message=message)


def test_a_cancelled_room_stays_as_it_is(
    lenient: Room, client_user: User, consultant: User, say: Say
) -> None:
    message = say(client_user, lenient, "Before")
    cancel_room(actor=consultant, room=lenient)
    with refused(ConversationIsClosed):
        edit_message(actor=client_user, message=message, body="Changed")


def test_sending_what_was_sent_before_the_end_is_acknowledged(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    """Its acknowledgement was lost: the retry after the end must not look like a loss."""
    client_id = uuid4()
    message = say(client_user, room, "Before", client_id=client_id)
    complete_room(actor=consultant, room=room)
    assert say(client_user, room, "Before", client_id=client_id) == message


def test_only_the_system_speaks_in_the_conversations_voice(
    room: Room, consultant: User, system: User
) -> None:
    with refused(NotAllowed):
        post_system_message(
            actor=consultant, conversation=room.conversation, text="Ended", metadata={}
        )
    with capture_events() as events:
        message = post_system_message(
            actor=system,
            conversation=room.conversation,
            text="<b>Plain</b>",
            metadata={"kind": "test"},
        )
    assert (message.message_type, message.body_html) == (MessageType.SYSTEM, "")
    assert message.metadata == {"kind": "test"}
    assert names(events) == ["MessageSent"]


def test_an_edit_keeps_what_was_said_before(room: Room, client_user: User, say: Say) -> None:
    message = say(client_user, room, "First")
    with capture_events() as events:
        edit_message(actor=client_user, message=message, body="*Second*")
        edited = edit_message(actor=client_user, message=message, body="Third")
    message.refresh_from_db()
    assert edited == message
    assert (message.body, message.body_html) == ("Third", "<p>Third</p>")
    assert names(events) == ["MessageEdited", "MessageEdited"]
    assert [event.data for event in events] == [{"message_id": str(message.pk)}] * 2
    revisions = message.revisions.order_by("written_at")
    assert [revision.body for revision in revisions] == ["First", "*Second*"]
    assert revisions[0].written_at == message.created_at
    assert message.created_at < revisions[1].written_at
    assert message.edited_at is not None


def test_an_edit_without_a_change_records_nothing(room: Room, client_user: User, say: Say) -> None:
    message = say(client_user, room, "Same")
    with capture_events() as events:
        edit_message(actor=client_user, message=message, body=" Same ")
    assert events == []
    assert not message.revisions.exists()


def test_who_may_edit_what(
    room: Room, client_user: User, consultant: User, outsider: User, say: Say
) -> None:
    message = say(client_user, room, "Mine")
    for person in (consultant, outsider):
        with refused(NotAllowed):
            edit_message(actor=person, message=message, body="Yours")
    with refused(EmptyMessage):
        edit_message(actor=client_user, message=message, body=" ")
    with refused(MessageTooLong):
        edit_message(actor=client_user, message=message, body="x" * 20_000)
    line = room.conversation.messages.filter(message_type=MessageType.SYSTEM).get()
    with refused(NotAllowed, "Only its author can change a message."):
        edit_message(actor=consultant, message=line, body="Rewritten")


def test_a_deleted_message_leaves_a_tombstone(room: Room, client_user: User, say: Say) -> None:
    message = say(client_user, room, "Wrong file")
    edit_message(actor=client_user, message=message, body="Wrong file, sorry")
    with capture_events() as events:
        delete_message(actor=client_user, message=message)
        delete_message(actor=client_user, message=message)
    message.refresh_from_db()
    assert message.is_deleted
    assert (message.body, message.body_html, message.metadata) == ("", "", {})
    assert not message.revisions.exists()
    assert names(events) == ["MessageDeleted"]
    with refused(MessageIsDeleted, "This message was deleted."):
        edit_message(actor=client_user, message=message, body="Back")


def test_who_may_delete_what(
    room: Room, client_user: User, consultant: User, outsider: User, say: Say
) -> None:
    clients, consultants = say(client_user, room, "Client's"), say(consultant, room, "Mine")
    with refused(NotAllowed):
        delete_message(actor=client_user, message=consultants)
    with refused(NotAllowed):
        delete_message(actor=outsider, message=clients)
    with capture_events() as events:  # a moderator deletes anybody's
        delete_message(actor=consultant, message=clients)
    assert [(event.name, event.actor) for event in events] == [("MessageDeleted", consultant)]
    line = room.conversation.messages.filter(message_type=MessageType.SYSTEM).get()
    with refused(NotAllowed, "This line is part of the record and stays."):
        delete_message(actor=consultant, message=line)


@pytest.mark.parametrize("earlier", [1, 30])
def test_sending_costs_the_same_whatever_was_said_before(
    earlier: int,
    room: Room,
    client_user: User,
    say: Say,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(earlier):
        say(client_user, room, f"Line {number}")
    fresh: Any = User.objects.get(pk=client_user.pk)
    conversation = Room.objects.get(pk=room.pk).conversation
    assert connection.in_atomic_block
    with django_assert_max_num_queries(5):
        send_message(actor=fresh, conversation=conversation, body="One more")
