"""Conversations, their members and messages; what is written, sent or wanted later."""

from messaging.models.attachment import MAX_FILES, Attachment
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
from messaging.models.draft import Draft
from messaging.models.meeting import Meeting, MeetingPlace
from messaging.models.mention import Mention
from messaging.models.message import Message, MessageRevision, MessageType
from messaging.models.pin import Pin
from messaging.models.reaction import Reaction, Reactions
from messaging.models.receipt import ReadMark
from messaging.models.reminder import Reminder, ReminderState
from messaging.models.saved import SavedMessage
from messaging.models.scheduled import ScheduledMessage, ScheduledState
from messaging.models.settings import MessagingSettings, Notify
from messaging.models.template import ReplyTemplate

__all__ = [
    "MAX_FILES",
    "Attachment",
    "Category",
    "ContactRequest",
    "Conversation",
    "ConversationKind",
    "ConversationMember",
    "ConversationUserObjectPermission",
    "Draft",
    "Meeting",
    "MeetingPlace",
    "MemberRole",
    "Mention",
    "Message",
    "MessageRevision",
    "MessageType",
    "MessagingSettings",
    "Notify",
    "Pin",
    "Priority",
    "Reaction",
    "Reactions",
    "ReadMark",
    "Reminder",
    "ReminderState",
    "ReplyTemplate",
    "RequestStatus",
    "SavedMessage",
    "ScheduledMessage",
    "ScheduledState",
]
