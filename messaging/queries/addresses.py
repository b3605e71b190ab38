"""Where a message is read: in the inbox, or where its conversation's own app opens it."""

from collections.abc import Callable

from django.urls import reverse

from messaging.models import Conversation, Message

Home = Callable[[Conversation], str | None]
_homes: dict[str, Home] = {}


def opens(kind: str) -> Callable[[Home], Home]:
    """Register what answers the address of the page where conversations of this kind are open."""

    def register(home: Home) -> Home:
        _homes[kind] = home
        return home

    return register


def address_of(message: Message) -> str:
    """The page of the message's conversation, opened at the message."""
    conversation = message.conversation
    home = _homes.get(conversation.kind)
    found = home(conversation) if home else None
    address = found or reverse("messaging:conversation", args=[conversation.pk])
    return f"{address}?message={message.pk}"
