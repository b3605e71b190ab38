"""Roles in a conversation -> permissions on it."""

from uuid import UUID

from core import grants
from messaging.models import (
    Conversation,
    ConversationMember,
    ConversationUserObjectPermission,
    MemberRole,
)

ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    MemberRole.MODERATOR: frozenset({"read", "post", "moderate"}),
    MemberRole.MEMBER: frozenset({"read", "post"}),
    MemberRole.READER: frozenset({"read"}),
}


def apply_role(conversation: Conversation, user_id: UUID, role: str | None) -> None:
    """Make the person's grants on the conversation those of the role; None withdraws all."""
    wanted = ROLE_PERMISSIONS[role] if role is not None else frozenset()
    grants.set_grants(ConversationUserObjectPermission, conversation, user_id, wanted)


def differences() -> list[str]:
    """One line for each person and conversation whose grants differ from the role."""
    members = ConversationMember.objects.filter(removed_at__isnull=True)
    expected = {
        (member.conversation_id, member.user_id): ROLE_PERMISSIONS[member.role]
        for member in members.iterator()
    }
    return grants.differences(ConversationUserObjectPermission, expected)
