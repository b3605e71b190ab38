"""Grants on conversations equal the roles of their members."""

from uuid import uuid4

from accounts.models import User
from messaging import permissions
from messaging.actions.conversations import remove_member, set_member
from messaging.models import ConversationMember, ConversationUserObjectPermission, MemberRole
from rooms.models import Room


def test_actions_leave_no_difference(room: Room, system: User, manager: User) -> None:
    assert permissions.differences() == []
    set_member(actor=system, conversation=room.conversation, user=manager, role=MemberRole.READER)
    remove_member(actor=system, conversation=room.conversation, user=manager)
    assert permissions.differences() == []


def test_missing_and_superfluous_grants_are_named(
    room: Room, client_user: User, outsider: User
) -> None:
    conversation = room.conversation
    permissions.apply_role(conversation, outsider.pk, MemberRole.READER)
    ConversationUserObjectPermission.objects.filter(
        user=client_user, permission__codename="post"
    ).delete()
    where = f"conversation {conversation.pk}, person"
    assert set(permissions.differences()) == {
        f"{where} {client_user.pk}: holds ['read'], role gives ['post', 'read']",
        f"{where} {outsider.pk}: holds ['read'], role gives []",
    }


def test_a_role_changed_past_the_actions_is_named(room: Room, client_user: User) -> None:
    ConversationMember.objects.filter(user=client_user).update(role=MemberRole.READER)
    (line,) = permissions.differences()
    assert line.endswith("holds ['post', 'read'], role gives ['read']")


def test_withdrawing_from_somebody_without_grants_does_nothing(room: Room) -> None:
    permissions.apply_role(room.conversation, uuid4(), None)
    assert permissions.differences() == []
