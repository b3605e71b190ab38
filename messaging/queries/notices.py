"""What somebody is told of while they are elsewhere."""

from datetime import datetime

from accounts.models import User
from messaging.models import Conversation, Message, MessageType
from messaging.queries.settings import Occasion, place_of, wanted_at


def newest_notice(
    user: User, conversation: Conversation, numbers: range, at: datetime
) -> Message | None:
    """Of the messages with these numbers the newest that the person is to be told of, with author
    and conversation. Two queries, or one where nothing is to be told.

    What they wrote, read or deleted for themselves is no news to them, nor is what the system says.
    Where they want mentions only, it is the newest that names them.
    """
    place = place_of(user, conversation)
    wanted = wanted_at(place, user, at)
    if place is None or not wanted or not numbers:
        return None
    seen = max(place.read_seq, place.cleared_seq)
    new = Message.objects.filter(
        conversation=conversation,
        seq__range=(max(numbers[0], seen + 1), numbers[-1]),
        deleted_at__isnull=True,
    )
    if Occasion.MESSAGE not in wanted:
        new = new.filter(mentions__user=user)
    told = new.exclude(author=user).exclude(message_type=MessageType.SYSTEM)
    return told.select_related("author", "conversation").order_by("-seq").first()
