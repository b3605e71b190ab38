"""Conversations are opened, joined, left, read and closed."""

import pytest

from accounts.models import User
from core.errors import NotAllowed
from core.queries import head
from messaging.actions.conversations import (
    close_conversation,
    mark_read,
    open_conversation,
    remove_member,
    set_member,
)
from messaging.models import (
    Conversation,
    ConversationKind,
    ConversationMember,
    ConversationUserObjectPermission,
    MemberRole,
    Message,
)
from rooms.models import Room
from tests.fixtures import capture_events, names, refused


@pytest.fixture
def conversation(system: User) -> Conversation:
    """An empty conversation."""
    return open_conversation(actor=system, kind=ConversationKind.DIRECT, title="Two people")


def held(conversation: Conversation, user: User) -> set[str]:
    grants = ConversationUserObjectPermission.objects.filter(content_object=conversation, user=user)
    return set(grants.values_list("permission__codename", flat=True))


def test_the_system_opens_a_conversation(system: User, consultant: User) -> None:
    with capture_events() as events:
        conversation = open_conversation(actor=system, kind=ConversationKind.DIRECT, title="")
    assert names(events) == ["ConversationOpened"]
    assert events[0].data == {"conversation_id": str(conversation.pk)}
    assert str(conversation) == f"Direct {conversation.pk}"
    with refused(NotAllowed):
        open_conversation(actor=consultant, kind=ConversationKind.DIRECT, title="")


def test_grants_follow_the_role(conversation: Conversation, system: User, consultant: User) -> None:
    expected = {
        MemberRole.MODERATOR: {"read", "post", "moderate"},
        MemberRole.MEMBER: {"read", "post"},
        MemberRole.READER: {"read"},
    }
    for role, codenames in expected.items():
        with capture_events() as events:
            set_member(actor=system, conversation=conversation, user=consultant, role=role)
        assert held(conversation, consultant) == codenames
        assert names(events) == ["MemberAdded"]
        assert events[0].data == {"user_id": str(consultant.pk), "role": role}
    place = ConversationMember.objects.get(conversation=conversation)
    assert str(place) == "Mara Lindqvist in Two people"


def test_only_moderators_change_members(
    conversation: Conversation, system: User, consultant: User, client_user: User, outsider: User
) -> None:
    for user, role in ((consultant, MemberRole.MODERATOR), (client_user, MemberRole.MEMBER)):
        set_member(actor=system, conversation=conversation, user=user, role=role)
    with refused(NotAllowed):
        set_member(
            actor=client_user, conversation=conversation, user=outsider, role=MemberRole.MEMBER
        )
    with refused(NotAllowed):
        remove_member(actor=client_user, conversation=conversation, user=consultant)
    set_member(actor=consultant, conversation=conversation, user=outsider, role=MemberRole.READER)
    assert held(conversation, outsider) == {"read"}


def test_who_is_removed_loses_everything_at_once(
    conversation: Conversation, system: User, client_user: User
) -> None:
    set_member(actor=system, conversation=conversation, user=client_user, role=MemberRole.MEMBER)
    with capture_events() as events:
        remove_member(actor=system, conversation=conversation, user=client_user)
        remove_member(actor=system, conversation=conversation, user=client_user)
    assert names(events) == ["AccessRevoked"]
    assert events[0].data == {"user_id": str(client_user.pk)}
    assert held(conversation, client_user) == set()
    assert not Conversation.objects.visible_to(client_user).exists()
    with refused(NotAllowed):
        mark_read(actor=client_user, conversation=conversation, seq=1)


def test_one_may_leave_and_come_back(
    conversation: Conversation, system: User, client_user: User
) -> None:
    set_member(actor=system, conversation=conversation, user=client_user, role=MemberRole.MEMBER)
    remove_member(actor=client_user, conversation=conversation, user=client_user)
    place = ConversationMember.objects.get(user=client_user)
    assert place.removed_at is not None
    set_member(actor=system, conversation=conversation, user=client_user, role=MemberRole.READER)
    back = ConversationMember.objects.get(user=client_user)
    assert (back.removed_at, back.role) == (None, "reader")


def test_closing_is_for_moderators_and_happens_once(
    conversation: Conversation, system: User, client_user: User
) -> None:
    set_member(actor=system, conversation=conversation, user=client_user, role=MemberRole.MEMBER)
    with refused(NotAllowed):
        close_conversation(actor=client_user, conversation=conversation)
    with capture_events() as events:
        close_conversation(actor=system, conversation=conversation)
        close_conversation(actor=system, conversation=conversation)
    assert names(events) == ["ConversationClosed"]
    conversation.refresh_from_db()
    assert conversation.closed_at is not None


def test_reading_goes_forward_only(room: Room, client_user: User, outsider: User) -> None:
    with capture_events() as events:
        for seq in (2, 1, 2, 3, 999):
            mark_read(actor=client_user, conversation=room.conversation, seq=seq)
    newest = head(room.conversation.stream)
    assert [event.data["seq"] for event in events] == [2, 3, newest]
    assert {event.name for event in events} == {"ConversationRead"}
    assert {str(event.stream) for event in events} == {f"user:{client_user.pk}"}
    place = ConversationMember.objects.get(user=client_user)
    assert place.read_seq == newest
    with refused(NotAllowed):
        mark_read(actor=outsider, conversation=room.conversation, seq=1)


def test_each_of_the_cast_sees_their_conversations(
    room: Room,
    consultant: User,
    client_user: User,
    colleague: User,
    manager: User,
    outsider: User,
    staff: User,
    system: User,
) -> None:
    line = room.conversation.messages.get()
    for person in (consultant, client_user, system):
        assert list(Conversation.objects.visible_to(person)) == [room.conversation]
        assert list(Message.objects.visible_to(person)) == [line]
    for person in (colleague, manager, outsider, staff):
        assert list(Conversation.objects.visible_to(person)) == []
        assert list(Message.objects.visible_to(person)) == []
    client_user.is_active = False
    assert list(Conversation.objects.visible_to(client_user)) == []
