"""Messages are pinned in their conversation, and unpinned."""

from django.db import transaction

from accounts.models import User
from core.errors import Conflict
from core.permissions import require
from core.publish import record
from messaging.actions.messages import hold_message
from messaging.events import MessagePinned, MessageUnpinned
from messaging.models import Message, Pin
from messaging.models.pin import MAX_PINS


class TooManyPins(Conflict):
    """Another pin where there are many."""

    code = "too_many_pins"
    detail = f"{MAX_PINS} messages are pinned here, which is the most. Unpin one first."


@transaction.atomic
def pin_message(*, actor: User, message: Message) -> None:
    """Keep a message in view of everybody in its conversation. Who may write may pin.

    Records `MessagePinned` unless it is pinned. Raises `NotAllowed`, `TooManyPins`,
    `MessageIsDeleted`, `NotThisMessage`, `ConversationIsClosed`.
    """
    require(actor, "messaging.post", message.conversation)
    message = hold_message(actor=actor, message=message)
    pins = Pin.objects.filter(conversation=message.conversation)
    if message.is_pinned:
        return
    if pins.count() >= MAX_PINS:
        raise TooManyPins
    Pin.objects.create(message=message, conversation=message.conversation, pinned_by=actor)
    pinned = MessagePinned(message_id=message.pk)
    record(pinned, stream=message.conversation.stream, actor=actor)


@transaction.atomic
def unpin_message(*, actor: User, message: Message) -> None:
    """Take a message's pin out, whoever put it there.

    Records `MessageUnpinned` if it was pinned. Raises as `pin_message`.
    """
    require(actor, "messaging.post", message.conversation)
    message = hold_message(actor=actor, message=message)
    removed, _ = Pin.objects.filter(message=message).delete()
    if removed:
        unpinned = MessageUnpinned(message_id=message.pk)
        record(unpinned, stream=message.conversation.stream, actor=actor)
