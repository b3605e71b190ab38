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
from messaging.models.mention import Mention
from messaging.models.message import Message, MessageRevision, MessageType
from messaging.models.template import ReplyTemplate

__all__ = [
    "Category",
    "ContactRequest",
    "Conversation",
    "ConversationKind",
    "ConversationMember",
    "ConversationUserObjectPermission",
    "MemberRole",
    "Mention",
    "Message",
    "MessageRevision",
    "MessageType",
    "Priority",
    "ReplyTemplate",
    "RequestStatus",
]
