"""Two requests about the same messages at the same moment, in threads of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from core.errors import NotAllowed
from core.permissions import granted
from core.publish import lock
from messaging.actions.conversations import set_member
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.models import MemberRole, Message
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.races import Racer
from tests.sockets import COMMITTED

pytestmark = COMMITTED

Say = Callable[..., Message]


def edit(actor: User, message: Message) -> Message:
    return edit_message(actor=actor, message=message, body="Reworded")


def delete(actor: User, message: Message) -> Message:
    return delete_message(actor=actor, message=message)


@pytest.mark.parametrize("change", [edit, delete])
def test_a_reply_and_a_change_of_what_it_replies_to(
    change: Callable[[User, Message], Message],
    room: Room,
    client_user: User,
    consultant: User,
    say: Say,
) -> None:
    message = say(client_user, room, "When?")
    with transaction.atomic():
        lock(room.conversation.stream)  # so that both wait, in this order
        reply = Racer(lambda: say(consultant, room, "In March", reply_to=message))
        changed = Racer(lambda: change(client_user, message), behind=reply)
    assert reply.result().reply_to_id == message.pk
    assert changed.result().pk == message.pk


def test_who_gets_another_role_meanwhile_and_may_write_still_writes(
    room: Room, client_user: User, system: User
) -> None:
    again = User.objects.get(pk=client_user.pk)
    with transaction.atomic():
        set_member(
            actor=system,
            conversation=room.conversation,
            user=client_user,
            role=MemberRole.MODERATOR,
        )
        racer = Racer(
            lambda: send_message(actor=again, conversation=room.conversation, body="Still here")
        )
    assert racer.result() == Message.objects.get(body="Still here")
    assert granted(again, room.conversation) == {"read", "post", "moderate"}  # looked at again


@pytest.mark.parametrize("what", ["send", "edit", "delete"])
def test_nothing_is_written_after_a_removal(
    what: str, room: Room, client_user: User, say: Say
) -> None:
    message = say(client_user, room, "Before")
    said = Message.objects.count()
    again = User.objects.get(pk=client_user.pk)
    act: dict[str, Callable[[], Any]] = {
        "send": lambda: send_message(actor=again, conversation=room.conversation, body="After"),
        "edit": lambda: edit(again, message),
        "delete": lambda: delete(again, message),
    }
    with transaction.atomic():
        remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
        racer = Racer(act[what])
    with pytest.raises(NotAllowed):
        racer.result()
    message.refresh_from_db()
    assert (message.body, message.is_deleted, Message.objects.count()) == ("Before", False, said)
