"""Messages that are sent later: scheduled, changed, cancelled, sent once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actions.people import deactivate_person
from accounts.models import User
from core.errors import Conflict, NotAllowed, RateLimited
from core.outages import database_outage
from core.publish import lock
from messaging import tasks
from messaging.actions import scheduled as actions
from messaging.actions.conversations import open_conversation, set_member
from messaging.actions.messages import (
    ClientIdTaken,
    ConversationIsClosed,
    WrongReply,
    delete_message,
    send_message,
)
from messaging.actions.scheduled import (
    IS_CLOSED,
    MOST_WAITING,
    NO_ACCESS,
    OUR_FAULT,
    NotWaiting,
    TooManyScheduled,
    cancel_scheduled,
    change_scheduled,
    schedule_message,
    send_due_message,
    send_now,
)
from messaging.models import (
    ConversationKind,
    MemberRole,
    Message,
    ScheduledMessage,
    ScheduledState,
)
from messaging.queries.later import TooFar, TooSoon
from messaging.queries.scheduled import due_messages, open_scheduled, other_of_two, scheduled_by
from messaging.words import EmptyMessage
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.fixtures import capture_events, names, refused
from tests.races import Racer

Say = Callable[..., Message]
COMMITTED = pytest.mark.django_db(transaction=True)


def ahead(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


def plan(user: User, room: Room, body: str = "Good morning", **more: Any) -> ScheduledMessage:
    more = {"send_at": ahead(hours=1)} | more
    return schedule_message(actor=user, conversation=room.conversation, body=body, **more)


def time_comes(row: ScheduledMessage) -> ScheduledMessage:
    """It is due now."""
    ScheduledMessage.objects.filter(pk=row.pk).update(send_at=ahead(seconds=-1))
    row.refresh_from_db()
    return row


def said(room: Room) -> list[str]:
    texts = room.conversation.messages.filter(message_type="text").order_by("seq")
    return list(texts.values_list("body", flat=True))


class TestScheduling:
    def test_it_waits_and_nobody_else_knows(
        self, room: Room, client_user: User, consultant: User, say: Say
    ) -> None:
        original, at = say(consultant, room, "When?"), ahead(hours=3)
        with capture_events() as events:
            row = plan(client_user, room, " Tomorrow ", send_at=at, reply_to=original)
        assert names(events) == ["MessageScheduled"]
        assert events[0].stream.object_id == client_user.pk
        assert events[0].data == {
            "scheduled_id": str(row.pk),
            "conversation_id": str(room.conversation_id),
        }
        assert (row.body, row.send_at, row.reply_to) == ("Tomorrow", at, original)
        assert (row.state, row.is_open, row.is_repeat) == ("waiting", True, False)
        assert str(row) == f"Scheduled message {row.pk}"
        assert said(room) == ["When?"]
        assert list(open_scheduled(client_user, room.conversation)) == [row]
        assert list(open_scheduled(consultant)) == []

    def test_the_same_client_id_is_the_same(
        self, room: Room, make_room: Callable[..., Room], client_user: User
    ) -> None:
        client_id, other = uuid4(), make_room("Other", active=True)
        first = plan(client_user, room, client_id=client_id)
        with capture_events() as events:
            again = plan(client_user, room, "Other words", client_id=client_id)
        assert (again, again.is_repeat, again.body, events) == (first, True, "Good morning", [])
        with refused(ClientIdTaken):
            plan(client_user, other, client_id=client_id)

    def test_times(self, room: Room, client_user: User) -> None:
        for at, error in ((ahead(seconds=50), TooSoon), (ahead(days=-1), TooSoon)):
            with refused(error, "at least a minute"):
                plan(client_user, room, send_at=at)
        with refused(TooFar, "within a year"):
            plan(client_user, room, send_at=ahead(days=367))
        assert plan(client_user, room, send_at=ahead(seconds=61)).is_open
        assert plan(client_user, room, send_at=ahead(days=365)).is_open

    def test_what_is_refused(
        self, room: Room, make_room: Callable[..., Room], consultant: User, client_user: User,
        outsider: User, say: Say,
    ) -> None:  # fmt: skip
        elsewhere = say(consultant, make_room("Other", active=True), "Elsewhere")
        with refused(NotAllowed):
            plan(outsider, room)
        with refused(EmptyMessage):
            plan(client_user, room, "\u200b")
        with refused(WrongReply):
            plan(client_user, room, reply_to=elsewhere)
        complete_room(actor=consultant, room=room)
        room.conversation.refresh_from_db()
        with refused(ConversationIsClosed):
            plan(User.objects.get(pk=client_user.pk), room)

    def test_a_hundred_wait_at_most(self, room: Room, client_user: User) -> None:
        ScheduledMessage.objects.bulk_create(
            ScheduledMessage(
                author=client_user, conversation=room.conversation, body="x", send_at=ahead(days=1)
            )
            for _ in range(MOST_WAITING - 1)
        )
        last = plan(client_user, room)
        with refused(TooManyScheduled, "100 of your messages"):
            plan(client_user, room)
        cancel_scheduled(actor=client_user, scheduled=last)
        plan(client_user, room)


class TestChanging:
    def test_words_and_time(self, room: Room, client_user: User) -> None:
        row, at = plan(client_user, room), ahead(days=2)
        with capture_events() as events:
            row = change_scheduled(actor=client_user, scheduled=row, body=" Later ", send_at=at)
            change_scheduled(actor=client_user, scheduled=row, body="Later", send_at=at)
            change_scheduled(actor=client_user, scheduled=row)
        assert names(events) == ["ScheduledMessageChanged"]
        row.refresh_from_db()
        assert (row.body, row.send_at) == ("Later", at)
        with refused(TooSoon):
            change_scheduled(actor=client_user, scheduled=row, send_at=ahead(seconds=1))
        with refused(EmptyMessage):
            change_scheduled(actor=client_user, scheduled=row, body=" ")

    def test_nobody_touches_anothers(self, room: Room, client_user: User, consultant: User) -> None:
        row = plan(client_user, room)
        for act in (change_scheduled, cancel_scheduled, send_now):
            with refused(NotAllowed):
                act(actor=consultant, scheduled=row)
        with refused(NotAllowed):
            send_due_message(actor=client_user, scheduled_id=row.pk)
        with refused(NotAllowed):
            actions.fail_scheduled(actor=client_user, scheduled_id=row.pk)

    def test_cancelled_is_forgotten(self, room: Room, client_user: User, system: User) -> None:
        row = plan(client_user, room)
        with capture_events() as events:
            cancel_scheduled(actor=client_user, scheduled=row)
            cancel_scheduled(actor=client_user, scheduled=row)
        assert names(events) == ["ScheduledMessageCancelled"]
        time_comes(row)
        assert (row.state, row.body, row.is_open) == ("cancelled", "", False)
        assert not send_due_message(actor=system, scheduled_id=row.pk)
        for act in (change_scheduled, send_now):
            with refused(NotWaiting):
                act(actor=client_user, scheduled=row)
        assert said(room) == []

    def test_in_a_closed_conversation_it_can_only_be_cancelled(
        self, room: Room, client_user: User, consultant: User
    ) -> None:
        row = plan(client_user, room)
        complete_room(actor=consultant, room=room)
        with refused(Conflict):
            change_scheduled(actor=client_user, scheduled=row, body="Later")
        with refused(Conflict):
            send_now(actor=client_user, scheduled=row)
        cancel_scheduled(actor=client_user, scheduled=row)

    def test_now_after_all(self, room: Room, client_user: User, system: User) -> None:
        row = plan(client_user, room)
        with capture_events() as events:
            message = send_now(actor=client_user, scheduled=row)
            assert send_now(actor=client_user, scheduled=row) == message
        assert names(events) == ["MessageSent", "ScheduledMessageSent"]
        row.refresh_from_db()
        assert (row.state, row.message, row.body) == ("sent", message, "")
        assert (message.author, message.client_id) == (client_user, row.client_id)
        assert not send_due_message(actor=system, scheduled_id=row.pk)
        with refused(NotWaiting):
            cancel_scheduled(actor=client_user, scheduled=row)
        assert said(room) == ["Good morning"]


class TestItsTime:
    def test_it_is_sent_once_as_its_author(
        self, room: Room, client_user: User, consultant: User, say: Say
    ) -> None:
        original = say(consultant, room, "When?")
        row = plan(client_user, room, "**Now**", reply_to=original)
        tasks.send_due_messages()
        assert said(room) == ["When?"]
        time_comes(row)
        with capture_events() as events:
            tasks.send_due_messages()
            tasks.send_due_messages()
        assert names(events) == ["MessageSent", "ScheduledMessageSent"]
        message = Message.objects.get(client_id=row.client_id)
        assert (message.author, message.reply_to) == (client_user, original)
        assert message.body_html == "<p><strong>Now</strong></p>"
        assert events[0].actor == client_user
        assert (events[1].actor.is_system, events[1].stream.object_id) == (True, client_user.pk)
        assert events[1].data["message_id"] == str(message.pk)
        row.refresh_from_db()
        assert (row.state, row.body, row.message) == ("sent", "", message)

    def test_what_is_deleted_lives_on_nowhere(self, room: Room, client_user: User) -> None:
        row = time_comes(plan(client_user, room, "A secret"))
        tasks.send_due_messages()
        delete_message(actor=client_user, message=Message.objects.get(client_id=row.client_id))
        assert not ScheduledMessage.objects.exclude(body="").exists()

    def test_sent_already_by_another_way(self, room: Room, client_user: User) -> None:
        row = time_comes(plan(client_user, room))
        sent = send_message(
            actor=client_user, conversation=room.conversation, body="x", client_id=row.client_id
        )
        tasks.send_due_messages()
        row.refresh_from_db()
        assert (row.state, row.message, said(room)) == ("sent", sent, ["x"])

    @pytest.mark.parametrize("how", ["removed", "reader", "deactivated"])
    def test_who_may_not_write_any_more_is_told(
        self, how: str, room: Room, client_user: User, system: User, staff: User
    ) -> None:
        row = plan(client_user, room)
        if how == "removed":
            participant = room.participants.get(user=client_user)
            remove_participant(actor=client_user, participant=participant)
        elif how == "reader":
            set_member(
                actor=system,
                conversation=room.conversation,
                user=client_user,
                role=MemberRole.READER,
            )
        else:
            deactivate_person(actor=system, user=client_user)
        time_comes(row)
        with capture_events() as events:
            tasks.send_due_messages()
            tasks.send_due_messages()
        assert names(events) == ["ScheduledMessageFailed"]
        row.refresh_from_db()
        assert (row.state, row.failure, row.body) == ("failed", NO_ACCESS, "Good morning")
        assert row.is_open
        (shown,) = scheduled_by(client_user)
        assert shown.is_visible == (how == "reader")  # type: ignore[attr-defined]

    def test_a_closed_conversation(self, room: Room, client_user: User, consultant: User) -> None:
        row = plan(client_user, room)
        complete_room(actor=consultant, room=room)
        time_comes(row)
        tasks.send_due_messages()
        row.refresh_from_db()
        assert (row.state, row.failure, row.body) == ("failed", IS_CLOSED, "Good morning")

    def test_a_client_id_that_is_used_elsewhere(
        self, room: Room, make_room: Callable[..., Room], client_user: User
    ) -> None:
        row = time_comes(plan(client_user, room))
        elsewhere = make_room("Other", active=True).conversation
        send_message(actor=client_user, conversation=elsewhere, body="x", client_id=row.client_id)
        tasks.send_due_messages()
        row.refresh_from_db()
        assert (row.state, row.failure) == ("failed", ClientIdTaken.detail)

    def test_what_failed_can_be_sent_after_all(
        self, room: Room, client_user: User, system: User
    ) -> None:
        member = {"actor": system, "conversation": room.conversation, "user": client_user}
        set_member(**member, role=MemberRole.READER)  # type: ignore[arg-type]
        set_member(**member, role=MemberRole.MEMBER)  # type: ignore[arg-type]
        rows = [time_comes(plan(client_user, room, words)) for words in ("One", "Two", "Three")]
        set_member(**member, role=MemberRole.READER)  # type: ignore[arg-type]
        tasks.send_due_messages()
        set_member(**member, role=MemberRole.MEMBER)  # type: ignore[arg-type]
        send_now(actor=client_user, scheduled=rows[0])
        changed = change_scheduled(actor=client_user, scheduled=rows[1], send_at=ahead(hours=1))
        assert (changed.state, changed.failure) == ("waiting", "")
        edited = change_scheduled(actor=client_user, scheduled=rows[2], body="3")
        assert (edited.state, edited.failure) == ("failed", NO_ACCESS)
        time_comes(changed)
        tasks.send_due_messages()
        assert said(room) == ["One", "Two"]

    def test_a_fault_of_ours_stops_nobody_else(
        self, room: Room, client_user: User, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:  # fmt: skip
        broken, fine = plan(client_user, room, "Broken"), plan(client_user, room, "Fine")
        time_comes(broken), time_comes(fine)

        def send(*, body: str, **fields: Any) -> Message:
            if body == "Broken":
                raise ZeroDivisionError
            return send_message(body=body, **fields)

        monkeypatch.setattr(actions, "send_message", send)
        tasks.send_due_messages()
        tasks.send_due_messages()
        broken.refresh_from_db()
        assert (broken.state, broken.failure, said(room)) == ("failed", OUR_FAULT, ["Fine"])
        assert [record.message for record in caplog.records] == [
            f"Scheduled message {broken.pk} could not be sent"
        ]
        actions.fail_scheduled(actor=User.objects.system(), scheduled_id=broken.pk)

    def test_too_much_at_once_goes_on_waiting(
        self, room: Room, client_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = time_comes(plan(client_user, room))

        def send(**fields: Any) -> Message:
            raise RateLimited(5)

        with monkeypatch.context() as patch:
            patch.setattr(actions, "send_message", send)
            tasks.send_due_messages()
        row.refresh_from_db()
        assert row.state == ScheduledState.WAITING
        tasks.send_due_messages()
        assert said(room) == ["Good morning"]

    def test_while_postgresql_is_away_the_next_call_does(
        self, room: Room, client_user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from django.db import OperationalError

        row = time_comes(plan(client_user, room))

        def away(**fields: Any) -> bool:
            raise OperationalError("gone")

        monkeypatch.setattr(database_outage, "_since", None)
        with monkeypatch.context() as patch:
            patch.setattr(tasks, "send_due_message", away)
            tasks.send_due_messages()
        assert database_outage.is_on
        database_outage.over()
        row.refresh_from_db()
        assert row.state == ScheduledState.WAITING

    def test_the_longest_due_come_first_and_not_all_at_once(
        self, room: Room, client_user: User
    ) -> None:
        rows = [plan(client_user, room, str(number)) for number in range(3)]
        for hours, row in zip((1, 3, 2), rows, strict=True):
            ScheduledMessage.objects.filter(pk=row.pk).update(send_at=ahead(hours=-hours))
        assert due_messages(2) == [rows[1].pk, rows[2].pk]

    def test_queries(
        self, room: Room, client_user: User, system: User,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:  # fmt: skip
        row = time_comes(plan(client_user, room))
        with django_assert_max_num_queries(12):
            send_due_message(actor=system, scheduled_id=row.pk)


class TestAtTheSameMoment:
    pytestmark = COMMITTED

    def test_two_workers_send_it_once(self, room: Room, client_user: User, system: User) -> None:
        row = time_comes(plan(client_user, room))
        with transaction.atomic():
            lock(room.conversation.stream)  # the first holds the row, and waits for this
            first = Racer(lambda: send_due_message(actor=system, scheduled_id=row.pk))
            second = Racer(lambda: send_due_message(actor=system, scheduled_id=row.pk))
            assert second.result() is False
        assert first.result() is True
        assert said(room) == ["Good morning"]

    def test_two_workers_share_many(self, room: Room, client_user: User) -> None:
        rows = [time_comes(plan(client_user, room, str(number))) for number in range(20)]
        workers = [Racer(tasks.send_due_messages) for _ in range(2)]
        for worker in workers:
            worker.result()
        tasks.send_due_messages()  # what one held, the other passed over
        assert sorted(said(room), key=int) == [str(number) for number in range(20)]
        assert {row.state for row in ScheduledMessage.objects.all()} == {"sent"}
        assert len(rows) == 20

    def test_cancelled_while_it_is_sent(self, room: Room, client_user: User, system: User) -> None:
        row = time_comes(plan(client_user, room))
        with transaction.atomic():
            lock(room.conversation.stream)
            sending = Racer(lambda: send_due_message(actor=system, scheduled_id=row.pk))
            cancelling = Racer(
                lambda: cancel_scheduled(actor=client_user, scheduled=row), behind=sending
            )
        assert sending.result() is True
        with pytest.raises(NotWaiting):
            cancelling.result()
        assert said(room) == ["Good morning"]

    def test_sent_while_it_is_cancelled(self, room: Room, client_user: User, system: User) -> None:
        row = time_comes(plan(client_user, room))
        with transaction.atomic():
            lock(client_user.stream)
            cancelling = Racer(lambda: cancel_scheduled(actor=client_user, scheduled=row))
            assert send_due_message(actor=system, scheduled_id=row.pk) is False
        cancelling.result()
        tasks.send_due_messages()
        assert said(room) == []

    def test_a_repeat_while_the_first_is_on_its_way(self, room: Room, client_user: User) -> None:
        client_id = uuid4()
        with transaction.atomic():
            lock(client_user.stream)
            first = Racer(lambda: plan(client_user, room, client_id=client_id))
            second = Racer(lambda: plan(client_user, room, client_id=client_id), behind=first)
        assert first.result() == second.result() == ScheduledMessage.objects.get()
        assert second.result().is_repeat

    def test_nobody_who_is_removed_meanwhile_is_heard(
        self, room: Room, client_user: User, system: User
    ) -> None:
        row = time_comes(plan(client_user, room))
        with transaction.atomic():
            participant = room.participants.get(user=client_user)
            remove_participant(actor=client_user, participant=participant)
            sending = Racer(lambda: send_due_message(actor=system, scheduled_id=row.pk))
        sending.result()
        row.refresh_from_db()
        assert (row.state, said(room)) == ("failed", [])


def test_the_other_of_two(
    room: Room, consultant: User, client_user: User, colleague: User, system: User
) -> None:
    assert other_of_two(client_user, room.conversation) is None
    direct = open_conversation(actor=system, kind=ConversationKind.DIRECT, title="")
    set_member(actor=system, conversation=direct, user=client_user, role=MemberRole.MEMBER)
    assert other_of_two(client_user, direct) is None
    set_member(actor=system, conversation=direct, user=consultant, role=MemberRole.MEMBER)
    assert other_of_two(client_user, direct) == consultant
