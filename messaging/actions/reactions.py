"""People answer messages with emoji, and take them back."""

from django.db import transaction

from accounts.models import User
from core.errors import ActionError, Conflict
from core.permissions import require
from core.publish import record
from messaging.actions.messages import hold_message
from messaging.emoji import known_emoji
from messaging.events import ReactionAdded, ReactionRemoved
from messaging.models import Message, Reaction
from messaging.models.reaction import MAX_EMOJI


class UnknownEmoji(ActionError):
    """Reacting with something that is no emoji."""

    code = "unknown_emoji"
    detail = "That is not an emoji. Choose one from the list."


class TooManyEmoji(Conflict):
    """Another emoji on a message that has many."""

    code = "too_many_emoji"
    detail = f"This message has {MAX_EMOJI} different emoji already. Use one of them."


@transaction.atomic
def add_reaction(*, actor: User, message: Message, emoji: str) -> None:
    """Answer a message with an emoji. Who may write may react; the same one twice is one.

    Records `ReactionAdded` unless it is there. Raises `NotAllowed`, `UnknownEmoji`,
    `TooManyEmoji`, `MessageIsDeleted`, `NotThisMessage`, `ConversationIsClosed`.
    """
    require(actor, "messaging.post", message.conversation)
    emoji = _known(emoji)
    message = hold_message(actor=actor, message=message)
    present = set(message.reactions.order_by().values_list("emoji", flat=True).distinct())
    if emoji not in present and len(present) >= MAX_EMOJI:
        raise TooManyEmoji
    _, is_new = Reaction.objects.get_or_create(message=message, user=actor, emoji=emoji)
    if is_new:
        added = ReactionAdded(message_id=message.pk, emoji=emoji)
        record(added, stream=message.conversation.stream, actor=actor)


@transaction.atomic
def remove_reaction(*, actor: User, message: Message, emoji: str) -> None:
    """Take one's own emoji back; one that is not there changes nothing.

    Records `ReactionRemoved`. Raises as `add_reaction`.
    """
    require(actor, "messaging.post", message.conversation)
    emoji = _known(emoji)
    message = hold_message(actor=actor, message=message)
    removed, _ = Reaction.objects.filter(message=message, user=actor, emoji=emoji).delete()
    if removed:
        taken = ReactionRemoved(message_id=message.pk, emoji=emoji)
        record(taken, stream=message.conversation.stream, actor=actor)


def _known(text: str) -> str:
    emoji = known_emoji(text)
    if emoji is None:
        raise UnknownEmoji(field="emoji")
    return emoji
