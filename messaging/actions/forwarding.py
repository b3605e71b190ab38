"""What was said in one conversation is passed on to another."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.permissions import require
from messaging.actions.messages import refuse_gone, send_message
from messaging.models import Conversation, Message


@transaction.atomic
def forward_message(
    *,
    actor: User,
    message: Message,
    conversation: Conversation,
    client_id: UUID | None = None,
) -> Message:
    """Say in ``conversation`` what the message says, under its author's name: a new message of
    the actor's with ``metadata["forwarded_from"]`` and the same files. What is forwarded again
    keeps its first author.
    The same ``client_id`` again is the first message.

    Records `MessageSent`. Raises `NotAllowed`, `MessageIsDeleted`, `NotThisMessage`, and as
    `send_message`.
    """
    require(actor, "messaging.read", message.conversation)
    refuse_gone(actor=actor, message=message)
    source = message.forwarded_from or {
        "message": str(message.pk),
        "conversation": str(message.conversation_id),
        "author": str(message.author_id),
        "author_name": message.author.name,
        "at": message.created_at.isoformat(),
    }
    return send_message(
        actor=actor,
        conversation=conversation,
        body=message.body,
        client_id=client_id,
        metadata={"forwarded_from": source},
        attachments=[UUID(file.id) for file in message.shown_files],
        copies_files=True,
    )
