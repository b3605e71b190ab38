"""Actions that take several locks take them in one order, so no two wait for each other."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.publish import lock, lock_each
from core.queries import head
from messaging.actions import contacts
from messaging.actions.contacts import (
    AlreadyAsked,
    TooManyAsked,
    accept_contact,
    open_direct,
    request_contact,
)
from messaging.actions.conversations import mark_read
from messaging.actions.groups import open_group
from messaging.actions.messages import send_message
from messaging.actions.places import clear_conversation, keep_conversation
from messaging.actions.scheduled import schedule_message, send_now
from messaging.actions.settings import change_place_settings
from messaging.models import ContactRequest, Conversation
from rooms.models import Room
from tests.races import Racer
from tests.sockets import COMMITTED

pytestmark = COMMITTED

Act = Callable[[User, Conversation], Any]


@pytest.fixture
def talk(room: Room, consultant: User, client_user: User) -> Conversation:
    """Tomas wrote to Mara."""
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Hello")
    return talk


def keep(actor: User, talk: Conversation) -> None:
    keep_conversation(actor=actor, conversation=talk, archived=True)


def clear(actor: User, talk: Conversation) -> None:
    clear_conversation(actor=actor, conversation=talk)


def read(actor: User, talk: Conversation) -> None:
    mark_read(actor=actor, conversation=talk, seq=head(talk.stream))


def change(actor: User, talk: Conversation) -> None:
    change_place_settings(actor=actor, conversation=talk, changes={"shows_typing": False})


@pytest.mark.parametrize(("first", "second"), [(read, keep), (change, keep), (change, clear)])
def test_two_actions_of_one_person_about_their_place(
    first: Act, second: Act, talk: Conversation, consultant: User
) -> None:
    with transaction.atomic():
        lock(consultant.stream)  # so that both wait, in this order
        one = Racer(lambda: first(consultant, talk))
        other = Racer(lambda: second(consultant, talk), behind=one)
    one.result()
    other.result()


def test_two_scheduled_messages_that_name_each_other(
    talk: Conversation, consultant: User, client_user: User
) -> None:
    group = open_group(actor=consultant, title="Plans", people=[client_user])

    def plan(actor: User, conversation: Conversation, named: User) -> Any:
        row = schedule_message(
            actor=actor,
            conversation=conversation,
            body=f"@{named.name}, hello",
            send_at=timezone.now() + timedelta(hours=1),
        )
        return lambda: send_now(actor=actor, scheduled=row)

    mine, theirs = plan(client_user, talk, consultant), plan(consultant, group, client_user)
    with transaction.atomic():
        lock_each([client_user.stream, consultant.stream])
        one = Racer(mine)
        other = Racer(theirs, behind=one)
    assert {one.result().mentions.get().user, other.result().mentions.get().user} == {
        client_user,
        consultant,
    }


@pytest.mark.parametrize("act", [keep, read])
def test_a_request_is_accepted_while_the_one_who_asked_does_something(
    act: Act, talk: Conversation, consultant: User, client_user: User
) -> None:
    send_message(actor=consultant, conversation=talk, body="Welcome back")
    request = ContactRequest.objects.create(
        requester=client_user, consultant=consultant, note="It is about the lease"
    )
    with transaction.atomic():
        lock(talk.stream)
        lock(client_user.stream)
        one = Racer(lambda: act(client_user, talk))
        other = Racer(lambda: accept_contact(actor=consultant, request=request), behind=one)
    one.result()
    assert other.result() == talk


@pytest.mark.parametrize("is_same", [True, False])
def test_two_requests_at_once_are_counted_one_after_the_other(
    outsider: User,
    colleague: User,
    consultant: User,
    monkeypatch: pytest.MonkeyPatch,
    is_same: bool,
) -> None:
    monkeypatch.setattr(contacts, "MAX_WAITING", 1)
    second = colleague if is_same else consultant
    with transaction.atomic():
        request_contact(actor=outsider, consultant=colleague, note="May I?")
        other = Racer(lambda: request_contact(actor=outsider, consultant=second, note="And I?"))
        assert other.waits
    with pytest.raises(AlreadyAsked if is_same else TooManyAsked):
        other.result()
