"""People keep messages for themselves."""

from django.db import transaction

from accounts.models import User
from core.permissions import require
from core.publish import record
from messaging.actions.messages import refuse_gone
from messaging.events import MessageSaved, MessageUnsaved
from messaging.models import Message, SavedMessage


@transaction.atomic
def save_message(*, actor: User, message: Message) -> None:
    """Keep a message to come back to. Only oneself knows.

    Records `MessageSaved` on the person's own stream, unless it is kept. Raises `NotAllowed`,
    `MessageIsDeleted`, `NotThisMessage`.
    """
    require(actor, "messaging.read", message.conversation)
    refuse_gone(actor=actor, message=message)
    _, is_new = SavedMessage.objects.get_or_create(user=actor, message=message)
    if is_new:
        saved = MessageSaved(conversation_id=message.conversation_id, message_id=message.pk)
        record(saved, stream=actor.stream, actor=actor)


@transaction.atomic
def unsave_message(*, actor: User, message: Message) -> None:
    """No longer keep a message; one that is not kept changes nothing.

    Records `MessageUnsaved` on the person's own stream. Raises `NotAllowed`.
    """
    require(actor, "messaging.read", message.conversation)
    removed, _ = SavedMessage.objects.filter(user=actor, message=message).delete()
    if removed:
        unsaved = MessageUnsaved(conversation_id=message.conversation_id, message_id=message.pk)
        record(unsaved, stream=actor.stream, actor=actor)
