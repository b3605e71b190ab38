"""What happens in a conversation. Stream: ``conversation:<id>``.

Events hold ids, never the words: what was deleted must not live on in the log.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ConversationOpened(DomainEvent):
    """A conversation was made."""

    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberAdded(DomainEvent):
    """Somebody joined the conversation or got another role in it."""

    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class AccessRevoked(DomainEvent):
    """Somebody no longer belongs to the conversation; their sockets leave at once."""

    revokes: ClassVar[str | None] = "user_id"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageSent(DomainEvent):
    """A message was sent; its ``seq`` is this event's number."""

    message_id: UUID
    client_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageEdited(DomainEvent):
    """A message's author changed it."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageDeleted(DomainEvent):
    """A message was deleted; a tombstone remains."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConversationRenamed(DomainEvent):
    """The conversation has another title."""

    title: str


@dataclass(frozen=True, kw_only=True)
class ConversationClosed(DomainEvent):
    """Nobody can write any more."""

    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConversationTriaged(DomainEvent):
    """A consultant set the category and the priority of a conversation."""

    category: str
    priority: int


@dataclass(frozen=True, kw_only=True)
class ConversationKept(DomainEvent):
    """Somebody archived, pinned, muted or marked a conversation for themselves.

    What is None stayed as it was. Stream: ``user:<id>``, it is theirs alone.
    """

    conversation_id: UUID
    archived: bool | None = None
    pinned: bool | None = None
    muted: str | None = None
    marked_unread: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ConversationCleared(DomainEvent):
    """Somebody deleted a conversation for themselves, up to a number. Stream: ``user:<id>``."""

    conversation_id: UUID
    seq: int


@dataclass(frozen=True, kw_only=True)
class ContactRequested(DomainEvent):
    """Somebody asked a consultant for a conversation. Stream: the consultant's."""

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContactRequestWithdrawn(DomainEvent):
    """Somebody no longer asks for a conversation. Stream: the consultant's."""

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContactRequestAccepted(DomainEvent):
    """A consultant agreed to a conversation. Stream: the one's who asked."""

    request_id: UUID
    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ContactRequestDeclined(DomainEvent):
    """A consultant declined a conversation. Stream: the one's who asked."""

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class ConversationRead(DomainEvent):
    """Somebody has seen everything up to a number. Stream: ``user:<id>``, it is theirs alone."""

    conversation_id: UUID
    seq: int


@dataclass(frozen=True, kw_only=True)
class PersonMentioned(DomainEvent):
    """Somebody was named in a message. Stream: ``user:<id>`` of who was named."""

    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReactionAdded(DomainEvent):
    """Somebody answered a message with an emoji."""

    message_id: UUID
    emoji: str


@dataclass(frozen=True, kw_only=True)
class ReactionRemoved(DomainEvent):
    """Somebody took an emoji back from a message."""

    message_id: UUID
    emoji: str


@dataclass(frozen=True, kw_only=True)
class MessagePinned(DomainEvent):
    """A message was pinned in its conversation."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageUnpinned(DomainEvent):
    """A message is no longer pinned in its conversation."""

    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageSaved(DomainEvent):
    """Somebody keeps a message for themselves. Stream: ``user:<id>``, it is theirs alone."""

    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageUnsaved(DomainEvent):
    """Somebody no longer keeps a message. Stream: ``user:<id>``, it is theirs alone."""

    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateMade(DomainEvent):
    """A template for replies was made. Stream: its owner's, or its organisation's."""

    template_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateChanged(DomainEvent):
    """A template for replies was changed. Stream: its owner's, or its organisation's."""

    template_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReplyTemplateDeleted(DomainEvent):
    """A template for replies was deleted. Stream: its owner's, or its organisation's."""

    template_id: UUID


@dataclass(frozen=True, kw_only=True)
class DraftChanged(DomainEvent):
    """Somebody wrote on at a message that is not sent, or threw it away. Stream: ``user:<id>``."""

    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageScheduled(DomainEvent):
    """A message was written to be sent later. Stream: ``user:<id>``, as of what follows."""

    scheduled_id: UUID
    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScheduledMessageChanged(DomainEvent):
    """A message that is sent later has other words or another time."""

    scheduled_id: UUID
    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScheduledMessageCancelled(DomainEvent):
    """A message that was to be sent later is not sent."""

    scheduled_id: UUID
    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScheduledMessageSent(DomainEvent):
    """A message that was to be sent later is sent."""

    scheduled_id: UUID
    conversation_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class ScheduledMessageFailed(DomainEvent):
    """A message could not be sent when its time had come."""

    scheduled_id: UUID
    conversation_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReminderSet(DomainEvent):
    """Somebody wants to be reminded of a message. Stream: ``user:<id>``, as of what follows."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReminderChanged(DomainEvent):
    """A reminder has another time or note."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReminderCancelled(DomainEvent):
    """A reminder is not wanted any more."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReminderCompleted(DomainEvent):
    """What somebody was reminded of is done."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReminderDue(DomainEvent):
    """The time of a reminder has come."""

    reminder_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessagesSeen(DomainEvent):
    """Somebody who shows receipts has seen others' messages up to a number."""

    user_id: UUID
    seq: int


@dataclass(frozen=True, kw_only=True)
class MessagesDelivered(DomainEvent):
    """A device of somebody who shows receipts has got the messages up to a number."""

    user_id: UUID
    seq: int


@dataclass(frozen=True, kw_only=True)
class MessagingSettingsChanged(DomainEvent):
    """Somebody changed their settings of messaging. Stream: ``user:<id>``, it is theirs alone."""

    changes_hiding: ClassVar[bool] = True
    changed: list[str]
    enter_sends: bool


@dataclass(frozen=True, kw_only=True)
class ConversationSettingsChanged(DomainEvent):
    """Somebody changed their settings of one conversation. Stream: ``user:<id>``."""

    changes_hiding: ClassVar[bool] = True
    conversation_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class MeetingScheduled(DomainEvent):
    """Somebody called a meeting."""

    meeting_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MeetingMoved(DomainEvent):
    """Somebody gave a meeting another time, title or link."""

    meeting_id: UUID
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class MeetingCancelled(DomainEvent):
    """Somebody called a meeting off."""

    meeting_id: UUID
    message_id: UUID
