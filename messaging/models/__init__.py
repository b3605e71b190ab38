"""Conversations, their members and messages."""

from messaging.models.contact import ContactRequest, RequestStatus
from messaging.models.conversation import (
    Category,
    Conversation,
    ConversationKind,
    ConversationMember,
    ConversationUserObjectPermission,
    MemberRole,
    Priority,
)
from messaging.models.message import Message, MessageRevision, MessageType

__all__ = [
    "Category",
    "ContactRequest",
    "Conversation",
    "ConversationKind",
    "ConversationMember",
    "ConversationUserObjectPermission",
    "MemberRole",
    "Message",
    "MessageRevision",
    "MessageType",
    "Priority",
    "RequestStatus",
]
