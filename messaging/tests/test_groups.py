"""Small groups: who is brought in, who looks after them, who leaves."""

import pytest

from accounts.models import User
from core.errors import NotAllowed
from messaging import permissions
from messaging.actions import groups
from messaging.actions.contacts import open_direct
from messaging.actions.groups import (
    NotAGroup,
    WrongGroup,
    add_to_group,
    leave_group,
    open_group,
    rename_group,
)
from messaging.actions.messages import send_message
from messaging.actions.places import clear_conversation
from messaging.models import Conversation, ConversationMember, MemberRole
from messaging.queries.contacts import present_members
from messaging.queries.inbox import Filters, listed
from rooms.models import Room
from tests.fixtures import capture_events, names, refused


@pytest.fixture
def group(room: Room, consultant: User, client_user: User, colleague: User) -> Conversation:
    """Of Mara, who opened it, Tomas and Priya."""
    return open_group(
        actor=consultant, title="  Import \n team ", people=[client_user, colleague, consultant]
    )


def roles(conversation: Conversation) -> dict[str, str]:
    return {member.user.short_name: member.role for member in present_members(conversation.pk)}


def test_who_opens_a_group_looks_after_it(group: Conversation) -> None:
    assert group.title == "Import team"
    assert roles(group) == {"Mara": "moderator", "Tomas": "member", "Priya": "member"}
    assert "opened the group" in group.messages.get().body
    assert permissions.differences() == []


def test_a_group_needs_people_and_a_name(room: Room, consultant: User, client_user: User) -> None:
    with refused(WrongGroup, "at least one"):
        open_group(actor=consultant, title="Me", people=[consultant])
    for title in ("", " \0", "x" * 121):
        with refused(WrongGroup, "name"):
            open_group(actor=consultant, title=title, people=[client_user])


def test_a_group_is_small(
    group: Conversation, consultant: User, client_user: User, colleague: User, manager: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(groups, "MAX_GROUP", 2)
    with refused(WrongGroup, "At most 2"):
        open_group(actor=consultant, title="All", people=[client_user, colleague])
    with refused(WrongGroup, "At most 2"):
        add_to_group(actor=consultant, conversation=group, people=[manager])


def test_only_whom_one_may_write_to_is_brought_in(
    group: Conversation, consultant: User, outsider: User
) -> None:
    with refused(NotAllowed, "Jonas Weber"):
        open_group(actor=consultant, title="Both", people=[outsider])
    with refused(NotAllowed, "Jonas Weber"):
        add_to_group(actor=consultant, conversation=group, people=[outsider])


def test_staff_and_clients_are_in_no_group_together(
    group: Conversation, consultant: User, client_user: User, colleague: User
) -> None:
    leave_group(actor=colleague, conversation=group, user=colleague)
    User.objects.filter(pk=colleague.pk).update(is_staff=True)
    colleague.refresh_from_db()
    with refused(NotAllowed, "administers"):
        open_group(actor=consultant, title="Both", people=[client_user, colleague])
    with refused(NotAllowed, "administers"):
        add_to_group(actor=consultant, conversation=group, people=[colleague])
    open_group(actor=consultant, title="Among us", people=[colleague])


def test_adding_and_removing(
    group: Conversation, consultant: User, client_user: User, manager: User, colleague: User
) -> None:
    leave_group(actor=consultant, conversation=group, user=colleague)
    assert roles(group) == {"Mara": "moderator", "Tomas": "member"}
    with capture_events() as events:
        add_to_group(actor=consultant, conversation=group, people=[colleague, client_user])
    assert names(events) == ["MemberAdded", "MessageSent"]
    assert "Priya" in roles(group)
    with refused(NotAllowed):
        add_to_group(actor=client_user, conversation=group, people=[manager])
    with refused(NotAllowed):
        leave_group(actor=client_user, conversation=group, user=colleague)
    with refused(NotAllowed):
        rename_group(actor=client_user, conversation=group, title="Mine")


def test_a_group_is_never_left_without_somebody_who_looks_after_it(
    group: Conversation, consultant: User, client_user: User, colleague: User
) -> None:
    leave_group(actor=consultant, conversation=group, user=consultant)
    assert roles(group) == {"Tomas": "moderator", "Priya": "member"}
    for person in (colleague, client_user):
        leave_group(actor=person, conversation=group, user=person)
    assert roles(group) == {}


def test_a_message_to_a_group_just_left_is_refused(group: Conversation, client_user: User) -> None:
    leave_group(actor=client_user, conversation=group, user=client_user)
    with refused(NotAllowed):
        send_message(actor=client_user, conversation=group, body="Wait")


def test_renaming(group: Conversation, consultant: User) -> None:
    with capture_events() as events:
        rename_group(actor=consultant, conversation=group, title="Cut-over")
    assert names(events) == ["ConversationRenamed", "MessageSent"]
    assert Conversation.objects.get(pk=group.pk).title == "Cut-over"


def test_other_kinds_are_no_groups(room: Room, consultant: User, client_user: User) -> None:
    talk = open_direct(actor=consultant, other=client_user)
    with refused(NotAGroup):
        leave_group(actor=consultant, conversation=talk, user=consultant)
    with refused(NotAGroup):
        rename_group(actor=consultant, conversation=room.conversation, title="Mine")
    with refused(NotAGroup):
        add_to_group(actor=consultant, conversation=room.conversation, people=[client_user])
    member = ConversationMember.objects.get(conversation=talk, user=consultant)
    assert member.role == MemberRole.MEMBER


def test_who_has_gone_already_is_not_removed_again(
    group: Conversation, consultant: User, colleague: User
) -> None:
    leave_group(actor=consultant, conversation=group, user=colleague)
    with capture_events() as events:
        leave_group(actor=consultant, conversation=group, user=colleague)
    assert events == []


def test_who_comes_back_finds_it_in_the_list(
    group: Conversation, consultant: User, colleague: User
) -> None:
    send_message(actor=consultant, conversation=group, body="Hello")
    clear_conversation(actor=colleague, conversation=group)
    leave_group(actor=colleague, conversation=group, user=colleague)
    add_to_group(actor=consultant, conversation=group, people=[colleague])
    assert [place.conversation for place in listed(colleague, Filters())] == [group]


def test_names_that_turn_the_direction_are_cleaned(
    room: Room, consultant: User, client_user: User
) -> None:
    made = open_group(actor=consultant, title="Team \u202egnp.exe", people=[client_user])
    assert made.title == "Team gnp.exe"
