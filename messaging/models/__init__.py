"""Conversations, their members and messages."""

from messaging.models.conversation import (
    Conversation,
    ConversationKind,
    ConversationMember,
    ConversationUserObjectPermission,
    MemberRole,
)
from messaging.models.message import Message, MessageRevision, MessageType

__all__ = [
    "Conversation",
    "ConversationKind",
    "ConversationMember",
    "ConversationUserObjectPermission",
    "MemberRole",
    "Message",
    "MessageRevision",
    "MessageType",
]
