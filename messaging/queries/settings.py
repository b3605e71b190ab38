"""How people want to be reached, and what others may know: in general, and per conversation."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, F, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from messaging.models import Conversation, ConversationMember, MessagingSettings, Notify

PRESENCE = "presence"
TYPING = "typing"


class Occasion(StrEnum):
    """What somebody could be notified of."""

    MESSAGE = "message"
    MENTION = "mention"


_OCCASIONS = {
    Notify.ALL: frozenset(Occasion),
    Notify.MENTIONS: frozenset([Occasion.MENTION]),
    Notify.NONE: frozenset[Occasion](),
}


def shows(what: str) -> Coalesce:
    """Of places in conversations: whether the person shows ``what`` there.

    As the place says, else as their settings say, else they do.
    """
    general = F(f"user__messaging_settings__{what}")
    return Coalesce(F(what), general, Value(True), output_field=BooleanField())


def settings_of(user: User) -> MessagingSettings:
    """Somebody's settings; those that hold for everybody while they have changed none."""
    return MessagingSettings.objects.filter(user=user).first() or MessagingSettings(user=user)


def place_of(user: User, conversation: Conversation) -> ConversationMember | None:
    """Somebody's place in a conversation that they take part in, with their settings."""
    places = ConversationMember.objects.filter(conversation=conversation, user=user)
    return places.filter(removed_at__isnull=True).select_related("user__messaging_settings").first()


def notifies(user: User, conversation: Conversation, kind: Occasion, at: datetime) -> bool:
    """Whether somebody wants to be told at this moment of what happened there. One query."""
    return kind in wanted_at(place_of(user, conversation), user, at)


def wanted_at(place: ConversationMember | None, user: User, at: datetime) -> frozenset[Occasion]:
    """Of what somebody, whose place in a conversation this is, wants to be told at this moment.

    Nothing is told of a conversation that they muted or do not take part in, nor in their quiet
    hours.
    """
    if place is None or (place.muted_until is not None and place.muted_until > at):
        return frozenset()
    settings = settings_beside(place)
    if is_quiet(settings, at.astimezone(ZoneInfo(user.timezone))):
        return frozenset()
    return _OCCASIONS[Notify(place.notifications or settings.notifications)]


def settings_beside(place: ConversationMember) -> MessagingSettings:
    """The settings of the person of a place that was loaded with them."""
    return getattr(place.user, "messaging_settings", None) or MessagingSettings(user=place.user)


def is_quiet(settings: MessagingSettings, local: datetime) -> bool:
    """Whether it is within the quiet hours, at a moment in the person's own zone."""
    start, end = settings.quiet_from, settings.quiet_until
    if start is None or end is None:
        return False
    time, today = local.time(), local.weekday()
    if start < end:
        return start <= time < end and today in settings.quiet_days
    yesterday = (local - timedelta(days=1)).weekday()
    return (time >= start and today in settings.quiet_days) or (
        time < end and yesterday in settings.quiet_days
    )


def hidden_by(user_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    """What each of these people keeps from others, as their open sockets need it. Two queries.

    `PRESENCE`, `TYPING`, and ``typing:<conversation>`` or ``-typing:<conversation>`` where one
    conversation differs. Who hides nothing is left out.
    """
    hidden: dict[UUID, list[str]] = defaultdict(list)
    general = MessagingSettings.objects.filter(user__in=user_ids)
    for user_id, presence, typing in general.values_list(
        "user_id", "shows_presence", "shows_typing"
    ):
        words = {PRESENCE: presence, TYPING: typing}
        hidden[user_id] += [word for word, is_on in words.items() if not is_on]
    places = ConversationMember.objects.filter(user__in=user_ids, shows_typing__isnull=False)
    for user_id, conversation_id, is_on in places.values_list(
        "user_id", "conversation_id", "shows_typing"
    ):
        word = f"{TYPING}:{conversation_id}"
        hidden[user_id].append(f"-{word}" if is_on else word)
    return {user_id: frozenset(words) for user_id, words in hidden.items() if words}


def types_openly(hidden: Collection[str], conversation_id: UUID) -> bool:
    """Whether somebody who keeps these from others is seen writing in the conversation."""
    word = f"{TYPING}:{conversation_id}"
    return word not in hidden and (TYPING not in hidden or f"-{word}" in hidden)
