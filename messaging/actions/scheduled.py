"""Messages are scheduled, changed, cancelled, and sent when their time has come.

Locks are taken in this order: the scheduled message's row, the conversation's stream, the author's
together with those of whom the message names.
Sending it and noting that it is sent are one transaction, so no kill comes between them; its
``client_id`` makes a second message impossible besides.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed, RateLimited
from core.permissions import require
from core.publish import lock, record
from messaging.actions.messages import (
    ClientIdTaken,
    ConversationIsClosed,
    WrongReply,
    send_message,
)
from messaging.events import (
    MessageScheduled,
    ScheduledMessageCancelled,
    ScheduledMessageChanged,
    ScheduledMessageFailed,
    ScheduledMessageSent,
)
from messaging.models import Conversation, Message, ScheduledMessage, ScheduledState
from messaging.queries.later import check_time
from messaging.words import clean_body

MOST_WAITING = 100

NO_ACCESS = (
    "You may not write in this conversation any more. Copy the words, and ask somebody who leads "
    "it to add you again."
)
IS_CLOSED = "The conversation was closed before that. Copy the words to say them elsewhere."
OUR_FAULT = "It could not be sent, and the fault is ours. Send it now, or choose another time."


class TooManyScheduled(Conflict):
    """So many wait already."""

    code = "too_many"
    detail = (
        f"{MOST_WAITING} of your messages are waiting to be sent, which is the most. "
        "Send or cancel one of them first."
    )


class NotWaiting(Conflict):
    """It is too late to decide about it."""

    code = "not_waiting"
    detail = "This message is not waiting any more: it was sent or cancelled meanwhile."


@transaction.atomic
def schedule_message(
    *,
    actor: User,
    conversation: Conversation,
    body: str,
    send_at: datetime,
    client_id: UUID | None = None,
    reply_to: Message | None = None,
) -> ScheduledMessage:
    """Keep a message and send it at a time from a minute to a year ahead.

    The same ``client_id`` again is the first one, which then ``is_repeat``. Records
    `MessageScheduled` on the author's own stream. Raises `NotAllowed`, `EmptyMessage`,
    `MessageTooLong`, `WrongReply`, `ConversationIsClosed`, `TooSoon`, `TooFar`,
    `TooManyScheduled`, `ClientIdTaken`.
    """
    require(actor, "messaging.post", conversation)
    body = clean_body(body)
    if reply_to is not None and reply_to.conversation_id != conversation.pk:
        raise WrongReply(field="reply_to")
    lock(actor.stream)  # of two repeats the second finds the first, and nobody comes over the most
    client_id = client_id or uuid4()
    if (first := _already_scheduled(actor, conversation, client_id)) is not None:
        return first
    if conversation.closed_at is not None:
        raise ConversationIsClosed
    check_time(send_at, field="send_at")
    _refuse_more(actor)
    row = ScheduledMessage.objects.create(
        author=actor,
        conversation=conversation,
        body=body,
        reply_to=reply_to,
        send_at=send_at,
        client_id=client_id,
    )
    _tell(MessageScheduled, row, actor)
    return row


@transaction.atomic
def change_scheduled(
    *,
    actor: User,
    scheduled: ScheduledMessage,
    body: str | None = None,
    send_at: datetime | None = None,
) -> ScheduledMessage:
    """Give it other words or another time; what is None stays. One that was not sent waits again
    once it has another time.

    Records `ScheduledMessageChanged` unless nothing changes. Raises `NotAllowed`, `NotWaiting`,
    `EmptyMessage`, `MessageTooLong`, `ConversationIsClosed`, `TooSoon`, `TooFar`,
    `TooManyScheduled`.
    """
    body = None if body is None else clean_body(body)
    row = _held(actor, scheduled)
    _require_open(row)
    require(actor, "messaging.post", row.conversation)
    if row.conversation.closed_at is not None:
        raise ConversationIsClosed
    before = (row.body, row.send_at, row.state)
    if body is not None:
        row.body = body
    if send_at is not None and send_at != row.send_at:
        check_time(send_at, field="send_at")
        if row.state == ScheduledState.FAILED:
            _refuse_more(actor)
        row.send_at, row.state, row.failure = send_at, ScheduledState.WAITING, ""
    if (row.body, row.send_at, row.state) != before:
        row.save(update_fields=["body", "send_at", "state", "failure"])
        _tell(ScheduledMessageChanged, row, actor)
    return row


@transaction.atomic
def cancel_scheduled(*, actor: User, scheduled: ScheduledMessage) -> None:
    """Do not send it, and forget its words; twice is once.

    Records `ScheduledMessageCancelled`. Raises `NotAllowed`, `NotWaiting` if it was sent.
    """
    row = _held(actor, scheduled)
    if row.state == ScheduledState.CANCELLED:
        return
    _require_open(row)
    row.body, row.failure, row.state = "", "", ScheduledState.CANCELLED
    row.save(update_fields=["body", "failure", "state"])
    _tell(ScheduledMessageCancelled, row, actor)


@transaction.atomic
def send_now(*, actor: User, scheduled: ScheduledMessage) -> Message:
    """Send it at once, also one that was not sent when its time had come; twice is once.

    Records `MessageSent` and `ScheduledMessageSent`. Raises `NotWaiting` if it was cancelled, and
    what `send_message` raises.
    """
    row = _held(actor, scheduled)
    if row.message is not None:
        return row.message
    _require_open(row)
    return _deliver(row, actor)


@transaction.atomic
def send_due_message(*, actor: User, scheduled_id: UUID) -> bool:
    """Send one whose time has come; False where another worker is at it, or it waits no more.

    Only the system user does. Whether its author may write there is asked now: if not, it failed,
    and says what to do; its words are kept. Records `MessageSent` and `ScheduledMessageSent`, or
    `ScheduledMessageFailed`.
    """
    require(actor, "messaging.change_scheduledmessage")
    row = _due(scheduled_id)
    if row is None:
        return False
    try:
        _deliver(row, actor)
    except RateLimited:
        return False  # it goes on waiting
    except NotAllowed:
        _fail(row, actor, NO_ACCESS)
    except ConversationIsClosed:
        _fail(row, actor, IS_CLOSED)
    except ActionError as error:
        _fail(row, actor, error.detail)
    return True


@transaction.atomic
def fail_scheduled(*, actor: User, scheduled_id: UUID) -> None:
    """Keep that it could not be sent by a fault of ours, so that nothing tries for ever.

    Only the system user does. Records `ScheduledMessageFailed`.
    """
    require(actor, "messaging.change_scheduledmessage")
    row = _due(scheduled_id)
    if row is not None:
        _fail(row, actor, OUR_FAULT)


def _deliver(row: ScheduledMessage, actor: User) -> Message:
    message = send_message(
        actor=row.author,
        conversation=row.conversation,
        body=row.body,
        client_id=row.client_id,
        reply_to=row.reply_to,
        tells_author=True,
    )
    # The message has the words now: what is deleted of it must not live on here.
    row.message, row.body, row.failure, row.state = message, "", "", ScheduledState.SENT
    row.save(update_fields=["message", "body", "failure", "state"])
    _tell(ScheduledMessageSent, row, actor, message_id=message.pk)
    return message


def _fail(row: ScheduledMessage, actor: User, words: str) -> None:
    row.state, row.failure = ScheduledState.FAILED, words[:300]
    row.save(update_fields=["state", "failure"])
    _tell(ScheduledMessageFailed, row, actor)


def _tell(event: Any, row: ScheduledMessage, actor: User, **more: Any) -> None:
    about = event(scheduled_id=row.pk, conversation_id=row.conversation_id, **more)
    record(about, stream=row.author.stream, actor=actor)


def _held(actor: User, scheduled: ScheduledMessage) -> ScheduledMessage:
    """The row as it stands, and stays until the end; raises `NotAllowed` for anybody else's."""
    rows = ScheduledMessage.objects.select_related(
        "author", "conversation", "reply_to", "message__author"
    )
    row = rows.select_for_update(no_key=True, of=("self",)).get(pk=scheduled.pk)
    if row.author_id != actor.pk:
        raise NotAllowed
    row.author = actor
    return row


def _due(scheduled_id: UUID) -> ScheduledMessage | None:
    """The row, unless somebody else holds it or it is not due any more."""
    rows = ScheduledMessage.objects.select_related("author", "conversation", "reply_to")
    due = rows.filter(pk=scheduled_id, state=ScheduledState.WAITING, send_at__lte=Now())
    return due.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()


def _require_open(row: ScheduledMessage) -> None:
    if not row.is_open:
        raise NotWaiting


def _refuse_more(actor: User) -> None:
    waiting = ScheduledMessage.objects.filter(author=actor, state=ScheduledState.WAITING)
    if waiting.count() >= MOST_WAITING:
        raise TooManyScheduled


def _already_scheduled(
    actor: User, conversation: Conversation, client_id: UUID
) -> ScheduledMessage | None:
    row = ScheduledMessage.objects.filter(author=actor, client_id=client_id).first()
    if row is None:
        return None
    if row.conversation_id != conversation.pk:
        raise ClientIdTaken(field="client_id")
    row.is_repeat = True
    return row
