"""Roles in a conversation -> permissions on it."""

from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import QuerySet

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
    grants = ConversationUserObjectPermission.objects.filter(
        content_object=conversation, user_id=user_id
    )
    grants.exclude(permission__codename__in=wanted).delete()
    ConversationUserObjectPermission.objects.bulk_create(
        [
            ConversationUserObjectPermission(
                content_object=conversation, user_id=user_id, permission=permission
            )
            for permission in _permissions(wanted)
        ],
        ignore_conflicts=True,
    )


def _permissions(codenames: frozenset[str]) -> QuerySet[Permission]:
    return Permission.objects.filter(
        content_type__app_label="messaging",
        content_type__model="conversation",
        codename__in=codenames,
    )


def differences() -> list[str]:
    """One line for each person and conversation whose grants differ from the role."""
    held: dict[tuple[UUID, UUID], set[str]] = {}
    rows = ConversationUserObjectPermission.objects.values_list(
        "content_object_id", "user_id", "permission__codename"
    )
    for conversation_id, user_id, codename in rows.iterator():
        held.setdefault((conversation_id, user_id), set()).add(codename)
    expected = {
        (member.conversation_id, member.user_id): set(ROLE_PERMISSIONS[member.role])
        for member in ConversationMember.objects.filter(removed_at__isnull=True).iterator()
    }
    return [
        f"conversation {key[0]}, person {key[1]}: holds {sorted(held.get(key, ()))}, "
        f"role gives {sorted(expected.get(key, ()))}"
        for key in sorted(held.keys() | expected.keys(), key=str)
        if held.get(key, set()) != expected.get(key, set())
    ]
