"""Drafts, kept for all devices of their author."""

from collections.abc import Callable

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.errors import NotAllowed
from core.models import Event
from core.publish import lock
from core.rendering import render
from messaging.actions.conversations import close_conversation, set_member
from messaging.actions.drafts import DraftIsNewer, save_draft
from messaging.actions.messages import ConversationIsClosed, WrongReply
from messaging.models import ConversationMember, Draft, MemberRole, Message
from messaging.queries.drafts import draft_of, with_drafts
from messaging.words import MessageTooLong
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.fixtures import capture_events, names, refused
from tests.races import Racer

Say = Callable[..., Message]


def keep(user: User, room: Room, body: str, **more: object) -> Draft:
    return save_draft(actor=user, conversation=room.conversation, body=body, **more)  # type: ignore[arg-type]


def test_a_draft_is_kept_and_told_to_nobody_else(
    room: Room, client_user: User, consultant: User, say: Say
) -> None:
    message = say(consultant, room, "When?")
    with capture_events() as events:
        draft = keep(client_user, room, "In **March**\n ", reply_to=message)
    assert names(events) == ["DraftChanged"]
    assert events[0].stream.kind == "user"
    assert events[0].stream.object_id == client_user.pk
    assert events[0].data == {"conversation_id": str(room.conversation_id)}
    draft.refresh_from_db()
    assert (draft.body, draft.reply_to) == ("In **March**\n ", message)
    assert (draft.version, draft.updated_at) == (events[0].seq, events[0].at)
    assert str(draft) == f"Draft of Tomas Okafor in {room.name}"
    assert draft_of(consultant, room.conversation).body == ""


def test_versions_of_two_devices(room: Room, client_user: User) -> None:
    first = keep(client_user, room, "On the phone", version=0)
    second = keep(client_user, room, "On the phone, and on", version=first.version)
    assert second.version > first.version
    with refused(DraftIsNewer, "on another device"):
        keep(client_user, room, "On the laptop", version=first.version)
    with pytest.raises(DraftIsNewer) as error:
        keep(client_user, room, "On the laptop", version=first.version)
    assert error.value.draft.body == "On the phone, and on"
    # A save whose answer was lost, again: it is there already.
    with capture_events() as events:
        again = keep(client_user, room, "On the phone, and on", version=first.version)
    assert (again.version, events) == (second.version, [])
    assert keep(client_user, room, "Whatever it was").version > second.version


@pytest.mark.parametrize("nothing", ["", " \n\t"])
def test_an_empty_draft_is_thrown_away(
    room: Room, client_user: User, consultant: User, say: Say, nothing: str
) -> None:
    first = keep(client_user, room, "Perhaps", reply_to=say(consultant, room, "When?"))
    with capture_events() as events:
        gone = keep(client_user, room, nothing, version=first.version)
    assert (gone.body, gone.reply_to, names(events)) == ("", None, ["DraftChanged"])
    with capture_events() as events:
        keep(client_user, room, nothing)
    assert events == []


def test_what_is_refused(
    room: Room, make_room: Callable[..., Room], client_user: User, outsider: User,
    consultant: User, say: Say,
) -> None:  # fmt: skip
    elsewhere = say(consultant, make_room("Other", active=True), "Elsewhere")
    with refused(NotAllowed):
        keep(outsider, room, "Hello")
    with refused(WrongReply):
        keep(client_user, room, "Hello", reply_to=elsewhere)
    with refused(MessageTooLong):
        keep(client_user, room, "x" * 10_001)
    assert keep(client_user, room, "x" * 10_000 + "\n\n").version


def test_who_may_only_read_can_throw_a_draft_away(
    room: Room, client_user: User, system: User
) -> None:
    keep(client_user, room, "Too late")
    set_member(
        actor=system, conversation=room.conversation, user=client_user, role=MemberRole.READER
    )
    with refused(NotAllowed):
        keep(client_user, room, "Too late, and more")
    assert keep(client_user, room, "").body == ""


def test_nothing_is_begun_in_a_closed_conversation(
    room: Room, client_user: User, system: User
) -> None:
    keep(client_user, room, "Too late")
    close_conversation(actor=system, conversation=room.conversation)
    room.conversation.refresh_from_db()
    with refused(ConversationIsClosed):
        keep(client_user, room, "Too late, and more")
    assert keep(client_user, room, "").body == ""


def test_an_event_shows_what_is_written_now(
    room: Room, client_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with capture_events() as events:
        keep(client_user, room, "First")
        last = keep(client_user, room, "Second")
    with django_assert_num_queries(1):
        shown = render(events)
    assert [rendered.data["body"] for rendered in shown] == ["Second", "Second"]
    assert {rendered.data["version"] for rendered in shown} == {last.version}
    assert {rendered.html for rendered in shown} == {""}


def test_a_list_of_conversations_knows_their_drafts(
    room: Room, make_room: Callable[..., Room], client_user: User, consultant: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    other, third = make_room("Other", active=True), make_room("Third", active=True)
    keep(client_user, room, "x" * 300)
    keep(client_user, other, "Perhaps")
    keep(client_user, other, "")
    keep(consultant, third, "Not his")
    places = ConversationMember.objects.filter(user=client_user)
    with django_assert_num_queries(1):
        words = {row.conversation_id: row.draft for row in with_drafts(client_user, places)}
    assert words == {
        room.conversation_id: "x" * 200,
        other.conversation_id: None,
        third.conversation_id: None,
    }


@pytest.mark.django_db(transaction=True)
def test_of_two_devices_at_once_one_is_told_of_the_other(room: Room, client_user: User) -> None:
    first = keep(client_user, room, "Begun")
    with transaction.atomic():
        lock(client_user.stream)
        phone = Racer(lambda: keep(client_user, room, "Phone", version=first.version))
        laptop = Racer(
            lambda: keep(client_user, room, "Laptop", version=first.version), behind=phone
        )
    assert phone.result().body == "Phone"
    with pytest.raises(DraftIsNewer):
        laptop.result()
    assert Draft.objects.get().body == "Phone"
    assert Event.objects.filter(name="DraftChanged").count() == 2


def test_a_draft_outlives_the_loss_of_access_and_is_shown_to_nobody(
    room: Room, client_user: User
) -> None:
    keep(client_user, room, "Half a thought")
    remove_participant(actor=client_user, participant=room.participants.get(user=client_user))
    client = User.objects.get(pk=client_user.pk)
    with refused(NotAllowed):
        keep(client, room, "")
    assert Draft.objects.get().body == "Half a thought"
