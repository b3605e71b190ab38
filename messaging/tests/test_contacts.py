"""Who may write to whom, and asking a consultant for a conversation."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.models import BusinessRole, Organisation, User
from core.errors import NotAllowed
from messaging.actions import contacts
from messaging.actions.contacts import (
    AlreadyAsked,
    DeclinedLately,
    RequestIsOver,
    TooManyAsked,
    WrongNote,
    accept_contact,
    decline_contact,
    open_direct,
    request_contact,
    withdraw_contact,
)
from messaging.actions.meetings import cancel_meeting, schedule_meeting
from messaging.actions.messages import edit_message, send_message
from messaging.actions.pins import pin_message
from messaging.actions.places import clear_conversation
from messaging.models import ContactRequest, Conversation, ConversationMember, RequestStatus
from messaging.queries.contacts import (
    ASK_AGAIN,
    askable_by,
    contacts_of,
    named_like,
    people_seen_by,
    requests_for,
)
from messaging.queries.conversations import visible_conversation
from messaging.queries.inbox import Filters, listed
from messaging.queries.threads import page_before
from rooms.actions.participants import remove_participant
from rooms.models import Room
from tests.fixtures import capture_events, names, refused

NOTE = "Our ward access list"


def mail_of(people: Any) -> set[str]:
    return {one.email.partition("@")[0] for one in people}


def listed_for(user: User) -> list[Conversation]:
    return [place.conversation for place in listed(user, Filters())]


@pytest.mark.usefixtures("room")
def test_whom_each_may_write_to(
    consultant: User, colleague: User, client_user: User, manager: User, outsider: User,
    staff: User, make_person: Callable[..., User], house: Organisation,
) -> None:  # fmt: skip
    boss = make_person("Bo Lind", house, BusinessRole.ADMIN)
    alone = make_person("Nora Quist")
    assert mail_of(contacts_of(consultant)) == {"priya", "bo", "tomas"}
    assert mail_of(contacts_of(colleague)) == {"mara", "bo"}
    assert mail_of(contacts_of(boss)) == {"mara", "priya"}
    assert mail_of(contacts_of(client_user)) == {"mara", "helen"}
    assert mail_of(contacts_of(manager)) == {"tomas"}
    assert mail_of(contacts_of(outsider)) == mail_of(contacts_of(alone)) == set()
    assert mail_of(contacts_of(staff)) == set()
    assert mail_of(askable_by(client_user)) == {"priya"}
    assert mail_of(askable_by(outsider)) == mail_of(askable_by(alone)) == {"mara", "priya"}
    assert mail_of(askable_by(consultant)) == mail_of(askable_by(staff)) == set()


def test_nobody_writes_or_asks_who_is_not_there(
    client_user: User, consultant: User, room: Room
) -> None:
    User.objects.filter(pk=client_user.pk).update(is_active=False)
    assert mail_of(contacts_of(consultant)) == set()
    client_user.is_active = False
    for reach in (contacts_of, askable_by, people_seen_by):
        assert mail_of(reach(client_user)) == set()
    assert not ContactRequest.objects.visible_to(client_user).exists()
    client_user.is_active, client_user.is_guest = True, True
    for reach in (contacts_of, askable_by, people_seen_by):
        assert mail_of(reach(client_user)) == set()


def test_who_left_the_room_is_no_contact_any_more(
    room: Room, consultant: User, client_user: User
) -> None:
    place = room.participants.get(user=client_user)
    remove_participant(actor=consultant, participant=place)
    assert mail_of(contacts_of(consultant)) == set()
    assert mail_of(askable_by(client_user)) == {"mara"}


def test_staff_take_no_part_in_a_clients_conversation(
    room: Room, consultant: User, client_user: User
) -> None:
    User.objects.filter(pk=consultant.pk).update(is_staff=True)
    consultant.refresh_from_db()
    assert mail_of(contacts_of(consultant)) == set()
    assert mail_of(contacts_of(client_user)) == set()
    assert mail_of(askable_by(client_user)) == set()
    with refused(NotAllowed):
        open_direct(actor=client_user, other=consultant)


def test_profiles_that_one_may_open(
    room: Room, consultant: User, colleague: User, client_user: User, manager: User, outsider: User
) -> None:
    assert mail_of(people_seen_by(outsider)) == {"mara", "priya"}
    assert mail_of(people_seen_by(client_user)) == {"mara", "priya", "helen"}
    assert mail_of(people_seen_by(colleague)) == {"mara"}
    request_contact(actor=outsider, consultant=colleague, note=NOTE)
    assert mail_of(people_seen_by(colleague)) == {"mara", "jonas"}


def test_people_are_found_by_name_and_organisation(
    room: Room, consultant: User, colleague: User, client_user: User
) -> None:
    reach = contacts_of(consultant)
    assert mail_of(named_like(reach, "oka north\0")) == {"tomas"}
    assert mail_of(named_like(reach, "priya north")) == set()


def test_a_conversation_of_two_is_one_whoever_opens_it(
    room: Room, consultant: User, client_user: User
) -> None:
    with capture_events() as events:
        talk = open_direct(actor=client_user, other=consultant)
    assert names(events) == ["ConversationOpened", "MemberAdded", "MemberAdded"]
    assert open_direct(actor=consultant, other=client_user) == talk
    assert open_direct(actor=client_user, other=consultant) == talk
    assert Conversation.objects.filter(kind="direct").count() == 1


def test_an_empty_one_is_shown_to_who_opened_it_alone(
    room: Room, consultant: User, client_user: User
) -> None:
    talk = open_direct(actor=client_user, other=consultant)
    assert talk in listed_for(client_user)
    assert talk not in listed_for(consultant)
    send_message(actor=client_user, conversation=talk, body="Hello")
    assert talk in listed_for(consultant)


def test_two_who_open_it_at_once_get_the_same(
    room: Room, consultant: User, client_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_direct(actor=client_user, other=consultant)

    def too_late(*_: Any) -> Conversation:
        raise IntegrityError

    monkeypatch.setattr(contacts, "_open", too_late)
    monkeypatch.setattr(contacts, "pair_of", lambda *_: first.pair)
    visible = Conversation.objects.filter(pk=first.pk)
    visible.update(pair="")  # not seen at the first look
    open_later = contacts_of

    def reach(user: User) -> Any:
        visible.update(pair=first.pair)
        return open_later(user)

    monkeypatch.setattr(contacts, "contacts_of", reach)
    assert open_direct(actor=client_user, other=consultant) == first


def test_nobody_writes_to_who_shares_nothing(consultant: User, outsider: User) -> None:
    with refused(NotAllowed, "without their consent"):
        open_direct(actor=outsider, other=consultant)


def test_asking_and_agreeing(outsider: User, colleague: User, consultant: User) -> None:
    with capture_events() as events:
        asked = request_contact(actor=outsider, consultant=colleague, note=f"  {NOTE} \0")
    assert names(events) == ["ContactRequested"]
    assert (str(events[0].stream), asked.note) == (f"user:{colleague.pk}", NOTE)
    assert list(requests_for(colleague)) == [asked]
    with refused(NotAllowed):
        accept_contact(actor=consultant, request=asked)
    with capture_events() as events:
        talk = accept_contact(actor=colleague, request=asked)
    assert names(events)[-1] == "ContactRequestAccepted"
    assert events[-1].data == {"request_id": str(asked.pk), "conversation_id": str(talk.pk)}
    assert str(events[-1].stream) == f"user:{outsider.pk}"
    assert NOTE in talk.messages.get().body
    assert talk in listed_for(outsider)
    assert talk in listed_for(colleague)
    assert mail_of(contacts_of(outsider)) == {"priya"}
    assert mail_of(contacts_of(colleague)) == {"mara", "jonas"}
    assert list(requests_for(colleague)) == []
    with refused(RequestIsOver):
        decline_contact(actor=colleague, request=asked)


def test_declining_and_asking_again(outsider: User, colleague: User) -> None:
    asked = request_contact(actor=outsider, consultant=colleague, note=NOTE)
    with capture_events() as events:
        decline_contact(actor=colleague, request=asked)
    assert names(events) == ["ContactRequestDeclined"]
    with refused(DeclinedLately):
        request_contact(actor=outsider, consultant=colleague, note=NOTE)
    long_ago = timezone.now() - ASK_AGAIN - timedelta(minutes=1)
    ContactRequest.objects.filter(pk=asked.pk).update(answered_at=long_ago)
    assert request_contact(actor=outsider, consultant=colleague, note=NOTE).is_waiting


def test_withdrawing(outsider: User, colleague: User) -> None:
    asked = request_contact(actor=outsider, consultant=colleague, note=NOTE)
    with refused(NotAllowed):
        withdraw_contact(actor=colleague, request=asked)
    with capture_events() as events:
        withdraw_contact(actor=outsider, request=asked)
    assert names(events) == ["ContactRequestWithdrawn"]
    assert ContactRequest.objects.get(pk=asked.pk).status == RequestStatus.WITHDRAWN
    assert request_contact(actor=outsider, consultant=colleague, note=NOTE) != asked


@pytest.mark.parametrize("note", ["", "  \n", "x" * 501])
def test_a_request_says_in_a_few_words_what_it_is_about(
    outsider: User, colleague: User, note: str
) -> None:
    with refused(WrongNote, "few words"):
        request_contact(actor=outsider, consultant=colleague, note=note)


def test_one_request_at_a_time(outsider: User, colleague: User) -> None:
    request_contact(actor=outsider, consultant=colleague, note=NOTE)
    with refused(AlreadyAsked):
        request_contact(actor=outsider, consultant=colleague, note=NOTE)


def test_nobody_asks_everybody(
    outsider: User, colleague: User, consultant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contacts, "MAX_WAITING", 1)
    request_contact(actor=outsider, consultant=colleague, note=NOTE)
    with refused(TooManyAsked):
        request_contact(actor=outsider, consultant=consultant, note=NOTE)


def test_only_consultants_are_asked(client_user: User, manager: User, outsider: User) -> None:
    with refused(NotAllowed):
        request_contact(actor=outsider, consultant=manager, note=NOTE)


def test_requests_are_seen_by_whom_they_concern(
    outsider: User, colleague: User, consultant: User
) -> None:
    asked = request_contact(actor=outsider, consultant=colleague, note=NOTE)
    for user, found in ((outsider, [asked]), (colleague, [asked]), (consultant, [])):
        assert list(ContactRequest.objects.visible_to(user)) == found
    assert str(asked) == f"{outsider.pk} asks {colleague.pk}"


def test_a_place_before_the_first_message_is_read_up_to_nothing(
    room: Room, consultant: User, client_user: User
) -> None:
    talk = open_direct(actor=client_user, other=consultant)
    place = ConversationMember.objects.get(conversation=talk, user=consultant)
    assert (place.read_seq, place.cleared_seq) == (0, 3)


def test_a_conversation_stays_when_nothing_is_shared_any_more(
    room: Room, consultant: User, client_user: User
) -> None:
    talk = open_direct(actor=client_user, other=consultant)
    place = room.participants.get(user=client_user)
    remove_participant(actor=consultant, participant=place)
    assert mail_of(contacts_of(consultant)) == {"tomas"}
    assert mail_of(contacts_of(client_user)) == {"mara"}
    assert mail_of(askable_by(client_user)) == set()
    assert open_direct(actor=consultant, other=client_user) == talk


def test_agreeing_brings_nothing_back_that_was_deleted(
    room: Room, consultant: User, client_user: User
) -> None:
    asked = ContactRequest.objects.create(
        requester=client_user, consultant=consultant, note=NOTE
    )  # before they met in a room
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Old")
    clear_conversation(actor=client_user, conversation=talk)
    accept_contact(actor=consultant, request=asked)
    mine = visible_conversation(client_user, talk.pk)
    assert "Old" not in [message.body for message in page_before(mine, None).messages]


def test_who_was_made_staff_meanwhile_writes_to_clients_no_more(
    room: Room, consultant: User, client_user: User, colleague: User
) -> None:
    talk = open_direct(actor=client_user, other=consultant)
    among_us = open_direct(actor=consultant, other=colleague)
    written = send_message(actor=consultant, conversation=talk, body="Before")
    meet: dict[str, Any] = {
        "title": "Rehearsal",
        "starts_at": timezone.now() + timedelta(days=1),
        "duration_minutes": 30,
        "link": "https://meet.google.com/abc-defg-hij",
    }
    called = schedule_meeting(actor=consultant, conversation=talk, **meet)
    User.objects.filter(pk=consultant.pk).update(is_staff=True)
    consultant.refresh_from_db()
    for place in (talk, room.conversation):
        with refused(NotAllowed, "You administer Consult Suite"):
            send_message(actor=consultant, conversation=place, body="Hello")
    for act in (
        lambda: edit_message(actor=consultant, message=written, body="After"),
        lambda: pin_message(actor=consultant, message=written),
        lambda: schedule_meeting(actor=consultant, conversation=talk, **meet),
        lambda: cancel_meeting(actor=consultant, meeting=called),
    ):
        with refused(NotAllowed, "You administer Consult Suite"):
            act()
    send_message(actor=consultant, conversation=among_us, body="Hello")
    send_message(actor=client_user, conversation=talk, body="Hello")
