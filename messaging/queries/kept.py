"""Messages that are kept in view: pinned in a conversation, or saved by somebody."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from messaging.models import Conversation, Message, Reaction, SavedMessage
from messaging.models.pin import MAX_PINS
from messaging.queries.names import names_for
from messaging.queries.threads import shown_in, with_people

SAVED_SHOWN = 20
MOST_OWN = 2_000


def pinned_messages(conversation: Conversation) -> list[Message]:
    """At most as many as can be pinned, the last one first."""
    rows = shown_in(conversation).filter(pin__isnull=False)
    return list(with_people(rows).order_by("-pin__created_at", "-seq")[:MAX_PINS])


def saved_messages(user: User) -> QuerySet[SavedMessage]:
    """What the person saved and may still read, with message, author and conversation."""
    return SavedMessage.objects.visible_to(user).select_related(
        "message__author", "message__conversation"
    )


@dataclass(frozen=True)
class SavedPage:
    """Saved messages, each with what the person calls its conversation."""

    entries: list[tuple[SavedMessage, str]]
    earlier: int | None = None
    """For the page after it: the number to be ``before``."""


def saved_page(user: User, before: int | None = None) -> SavedPage:
    """The newest that the person saved, or those before one of them. Two queries."""
    rows = saved_messages(user)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: SAVED_SHOWN + 1])
    shown = found[:SAVED_SHOWN]
    names = names_for(user, [saved.message.conversation for saved in shown])
    return SavedPage(
        entries=[(saved, names[saved.message.conversation_id]) for saved in shown],
        earlier=shown[-1].pk if len(found) > SAVED_SHOWN else None,
    )


def messages_by_id(ids: Collection[UUID]) -> dict[UUID, Message]:
    """Messages with everything that is shown of them, in one query."""
    rows = with_people(Message.objects.filter(pk__in=ids))
    return {message.pk: message for message in rows}


def is_saved(user: User, message: Message) -> bool:
    """Whether the person keeps it."""
    return SavedMessage.objects.filter(user=user, message=message).exists()


def own_reactions(user: User, messages: Collection[UUID]) -> list[tuple[str, str]]:
    """Message and emoji of each of the person's reactions to these messages, at most 2,000."""
    rows = Reaction.objects.filter(user=user, message__in=messages)
    return [(str(message), emoji) for message, emoji in rows.values_list("message", "emoji")][
        :MOST_OWN
    ]
