"""Messages are sent, edited and deleted. Every way in (page, API, socket, command) ends here.

Permissions are asked for twice: first to refuse early, then again under the stream's lock, so that
nothing is written after the removal that took them. A message is stored on the condition that what
was found at first still holds; only if it does not is it looked at again, to say why.
"""

import uuid
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.errors import ActionError, Conflict, NotAllowed
from core.events import DomainEvent
from core.insertion import insert
from core.permissions import forget_grants, has_permission, require
from core.publish import lock, record
from files.actions.contents import WrongFile
from messaging.actions.attachments import (
    attach,
    files_for,
    forget_attached,
    refuse_too_many,
    shown_of,
)
from messaging.actions.mentions import change_mentions, render_body, tell_mentioned
from messaging.events import MessageDeleted, MessageEdited, MessageSent
from messaging.limits import slow_repeats
from messaging.models import Conversation, Message, MessageRevision, MessageType, Pin
from messaging.queries.contacts import has_clients, is_staff
from messaging.queries.conversations import (
    audience_of,
    beside_message,
    look_again,
    members_of,
    still_so,
    told_among,
)
from messaging.queries.mentions import people_named
from messaging.queries.threads import with_people
from messaging.words import clean_body


class WrongReply(ActionError):
    """The message replied to is not in this conversation."""

    code = "wrong_reply"
    detail = "The message you reply to is not in this conversation."


class ConversationIsClosed(Conflict):
    """Writing after the end."""

    code = "closed"
    detail = "This conversation is closed: nothing can be written or changed any more."


class MessageIsDeleted(Conflict):
    """Changing what is gone."""

    code = "deleted"
    detail = "This message was deleted."


class NotThisMessage(Conflict):
    """Doing with a line of the record what is for people's messages."""

    code = "system_message"
    detail = "This line is part of the record. Only what people write can be used so."


class ForwardedStays(NotAllowed):
    """Putting other words into somebody's mouth."""

    code = "forwarded"
    detail = "A forwarded message keeps its words. Delete it and write your own."


class ClientIdTaken(Conflict):
    """One client id, two different conversations."""

    code = "client_id_taken"
    detail = "This client_id belongs to a message elsewhere. Make a new one."


def send_message(
    *,
    actor: User,
    conversation: Conversation,
    body: str,
    client_id: UUID | None = None,
    reply_to: Message | None = None,
    metadata: dict[str, Any] | None = None,
    attachments: Sequence[UUID] = (),
    copies_files: bool = False,
    tells_author: bool = False,
) -> Message:
    """Send a text message. Sending the same ``client_id`` again returns the first message, which
    then ``is_repeat``. ``metadata`` is what the product itself says of it. ``attachments`` are ids
    of files that the actor uploaded into this conversation, or with ``copies_files`` of any that
    they pass on; a message that has some needs no words. ``tells_author`` is for an action that
    goes on to record on the author's own stream: its lock is taken with those of the people named.

    Records `MessageSent`, whose number becomes the message's ``seq``. Raises `NotAllowed`,
    `EmptyMessage`, `MessageTooLong`, `WrongReply`, `ConversationIsClosed`, `ClientIdTaken`,
    `TooManyFiles`, `WrongFile`.
    """
    require(actor, "messaging.post", conversation)
    refuse_staff(actor=actor, conversation=conversation)
    body = clean_body(body, may_be_empty=bool(attachments))
    refuse_too_many(actor=actor, ids=attachments)
    if reply_to is not None and reply_to.conversation_id != conversation.pk:
        raise WrongReply(field="reply_to")
    client_id = client_id or uuid.uuid4()
    if copies_files or not attachments:  # other files are new each time, and counted as uploads
        slow_repeats(actor.pk, " ".join([body, *map(str, attachments)]), client_id)
    try:
        with transaction.atomic():
            return post_message(
                actor=actor,
                conversation=conversation,
                body=body,
                client_id=client_id,
                reply_to=reply_to,
                metadata=metadata or {},
                attachments=attachments,
                copies_files=copies_files,
                tells_author=tells_author,
            )
    except (IntegrityError, ConversationIsClosed, WrongFile):
        # Only here, because a repeat is rare: the same client_id was sent before, perhaps at this
        # very moment, or before the conversation was closed. Its files are then sent already.
        if (sent := _already_sent(actor, conversation, client_id)) is not None:
            return sent
        raise


@transaction.atomic
def post_system_message(
    *, actor: User, conversation: Conversation, text: str, metadata: dict[str, Any]
) -> Message:
    """Say something in the conversation's own voice, about its room's life. Plain text.

    Only the system user can. Records `MessageSent`.
    """
    require(actor, "messaging.add_message")
    return post_message(
        actor=actor,
        conversation=conversation,
        body=text,
        client_id=uuid.uuid4(),
        message_type=MessageType.SYSTEM,
        metadata=metadata,
    )


@transaction.atomic
def edit_message(*, actor: User, message: Message, body: str) -> Message:
    """Change one's own message; what it said before stays readable as a revision. Also in a closed
    conversation, where that leaves one's own messages open to changes.

    Records `MessageEdited` unless nothing changes. Raises `NotAllowed`, `EmptyMessage`,
    `MessageTooLong`, `MessageIsDeleted`, `ConversationIsClosed`, `ForwardedStays`.
    """
    _require_own(actor, message)
    refuse_staff(actor=actor, conversation=message.conversation)
    if message.forwarded_from:
        raise ForwardedStays
    body = clean_body(body, may_be_empty=bool(message.files))
    message = _lock(message)
    forget_grants(actor)
    _require_own(actor, message)
    if message.is_deleted:
        raise MessageIsDeleted
    if body == message.body:
        return message
    _tell(MessageEdited(message_id=message.pk), actor, message.conversation)
    _refuse_change(actor, message)
    MessageRevision.objects.create(
        message=message,
        body=message.body,
        body_html=message.body_html,
        written_at=message.edited_at or message.created_at,
    )
    before, message.body = message.body, body
    names = render_body(actor=actor, message=message)
    message.edited_at = timezone.now()
    message.save(update_fields=["body", "body_html", "edited_at"])
    if "@" in before or "@" in body:
        change_mentions(actor=actor, message=message, names=names)
    return message


@transaction.atomic
def delete_message(*, actor: User, message: Message) -> Message:
    """Delete one's own message (a moderator: anybody's). A tombstone stays; the words go, its
    files, what people answered with emoji, and its pin. In a closed conversation at most one's own.

    Records `MessageDeleted`; deleting twice changes nothing. Raises `NotAllowed`,
    `ConversationIsClosed`.
    """
    require(actor, "messaging.read", message.conversation)
    if message.message_type == MessageType.MEETING:
        raise NotAllowed("Its card stays: to be rid of it, cancel the meeting.")
    _require_own_or_moderate(actor, message)
    if message.message_type == MessageType.SYSTEM:
        raise NotAllowed("This line is part of the record and stays.")
    message = _lock(message)
    forget_grants(actor)
    _require_own_or_moderate(actor, message)
    if message.is_deleted:
        return message
    _tell(MessageDeleted(message_id=message.pk), actor, message.conversation)
    _refuse_change(actor, message)
    message.revisions.all().delete()
    message.mentions.all().delete()
    message.reactions.all().delete()
    Pin.objects.filter(message=message).delete()
    if message.files:
        forget_attached(actor=actor, message=message)
    message.body = message.body_html = ""
    message.metadata, message.files = {}, None
    message.deleted_at = timezone.now()
    message.save(update_fields=["body", "body_html", "metadata", "files", "deleted_at"])
    return message


@transaction.atomic
def hold_message(*, actor: User, message: Message) -> Message:
    """Part of every action with a message for which one must be allowed to write: its stream's
    lock, and the message as it stands under it.

    Raises `NotAllowed`, `MessageIsDeleted`, `NotThisMessage`, `ConversationIsClosed`.
    """
    require(actor, "messaging.post", message.conversation)
    refuse_staff(actor=actor, conversation=message.conversation)
    message = _lock(message)
    forget_grants(actor)
    require(actor, "messaging.post", message.conversation)
    refuse_gone(actor=actor, message=message)
    _refuse_closed(message.conversation)
    return message


def refuse_gone(*, actor: User, message: Message) -> None:
    """Part of every action with what somebody wrote.

    Raises `MessageIsDeleted`, `NotThisMessage`.
    """
    if message.message_type == MessageType.SYSTEM:
        raise NotThisMessage
    if message.is_deleted:
        raise MessageIsDeleted


def post_message(
    *,
    actor: User,
    conversation: Conversation,
    body: str,
    client_id: UUID,
    reply_to: Message | None = None,
    message_type: str = MessageType.TEXT,
    metadata: dict[str, Any] | None = None,
    attachments: Sequence[UUID] = (),
    copies_files: bool = False,
    tells_author: bool = False,
) -> Message:
    """Part of sending: record the event, which takes the stream's lock and number, then write the
    message. Records `MessageSent`."""
    message = Message(
        conversation=conversation,
        author=actor,
        body=body,
        client_id=client_id,
        reply_to=reply_to,
        message_type=message_type,
        metadata=metadata or {},
    )
    names_nobody = "@" not in message.body
    if message.message_type == MessageType.TEXT and names_nobody:
        render_body(actor=actor, message=message)  # before the lock is held
    event = record(
        MessageSent(message_id=message.pk, client_id=message.client_id),
        stream=conversation.stream,
        actor=actor,
        about=message,
    )
    message.seq = event.seq
    if message.message_type == MessageType.SYSTEM:
        insert(message)
        return message
    files = files_for(actor=actor, message=message, ids=attachments, are_copied=copies_files)
    message.files = shown_of(actor=actor, files=files)
    names = None if names_nobody else render_body(actor=actor, message=message)
    people = people_named(message, names)
    (members,) = _store(actor, message, people)
    if files:
        attach(actor=actor, message=message, files=files)
    tell_mentioned(actor=actor, message=message, people=people, tells_author=tells_author)
    event.audience = told_among(members)
    return message


def _store(actor: User, message: Message, people: Collection[UUID]) -> tuple[Any, ...]:
    """Write it, and answer what `members_of` asks, if what was found at first still holds."""
    conversation = message.conversation
    beside, members = beside_message(message, people), members_of(conversation)
    answer = insert(message, only_if=still_so(actor, conversation), also=beside, asking=members)
    if answer is None:
        look_again(actor, conversation)
        require(actor, "messaging.post", conversation)
        _refuse_closed(conversation)
        answer = insert(message, also=beside, asking=members)
    return answer or ([],)


def _tell(event: DomainEvent, actor: User, conversation: Conversation) -> None:
    """Record it, and let lists look again: they show how the newest message begins."""
    row = record(event, stream=conversation.stream, actor=actor)
    row.audience = audience_of(conversation)


def refuse_staff(*, actor: User, conversation: Conversation) -> None:
    """Part of writing or uploading. Who enters the admin takes no part in a client's conversation,
    however they came into it."""
    if is_staff(actor) and has_clients(conversation, beside=actor):
        raise NotAllowed(
            "You administer Consult Suite, so you take no part in a client's conversation. "
            "Ask a colleague, or use another account for your consultations."
        )


def _refuse_closed(conversation: Conversation) -> None:
    """Under the stream's lock, after looking again: nobody writes behind a close."""
    if conversation.closed_at is not None:
        raise ConversationIsClosed


def _refuse_change(actor: User, message: Message) -> None:
    """As `_refuse_closed`; one's own message may be left open to changes."""
    if not (message.conversation.takes_changes and message.is_words_of(actor)):
        _refuse_closed(message.conversation)


def _already_sent(actor: User, conversation: Conversation, client_id: UUID) -> Message | None:
    message = with_people(Message.objects.filter(author=actor, client_id=client_id)).first()
    if message is None:
        return None
    if message.conversation_id != conversation.pk:
        raise ClientIdTaken(field="client_id")
    message.is_repeat = True
    return message


def _lock(message: Message) -> Message:
    """The message as it stands. Its stream's lock keeps it so, and no lock on its row is needed:
    a reply holds the stream and then refers to the row, so taking them the other way round
    could wait for it for ever."""
    lock(message.conversation.stream)
    return with_people(Message.objects.select_related("conversation")).get(pk=message.pk)


def _require_own(actor: User, message: Message) -> None:
    require(actor, "messaging.post", message.conversation)
    if not message.is_words_of(actor):
        raise NotAllowed("Only its author can change a message.")


def _require_own_or_moderate(actor: User, message: Message) -> None:
    require(actor, "messaging.read", message.conversation)
    if not has_permission(actor, "messaging.moderate", message.conversation):
        _require_own(actor, message)
