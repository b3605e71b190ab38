"""What the command palette offers of messages: pages, conversations, people and the search."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from core.palette import Destination, matching, offers
from messaging.models import ConversationKind
from messaging.queries.contacts import contacts_of, named_like
from messaging.queries.inbox import Filters, listed, rows_of

VERBS = ("search", "find")
FOUND = 4
"""Conversations, and as many people to write to."""


@offers
def messages(actor: Any, words: list[str]) -> Iterable[Destination]:
    """The pages; conversations and people that are called so; for `search invoice` what the
    search finds of the word. Those of consultations are offered as rooms."""
    if not words:
        return
    address = reverse("messaging:search")
    pages = [
        Destination("Messages", reverse("messaging:inbox"), "message-square", also="inbox"),
        Destination("New message", reverse("messaging:new"), "square-pen", also="write"),
        Destination("Search messages", address, "search", also="find inbox"),
    ]
    yield from matching(pages, words)
    yield from _called(actor, " ".join(words))
    if len(words) > 1 and words[0] in VERBS:
        text = " ".join(words[1:])
        address = f"{address}?{urlencode({'q': text})}"
        yield Destination(f"Search messages for “{text}”", address, "search")


def _called(actor: Any, text: str) -> Iterable[Destination]:
    found = listed(actor, Filters(text=text)).exclude(conversation__kind=ConversationKind.ROOM)
    rows = rows_of(actor, found[:FOUND])
    for row in rows:
        address = reverse("messaging:conversation", args=[row.conversation.pk])
        yield Destination(row.title, address, row.icon, note=row.organisation or "conversation")
    known = [row.other.pk for row in rows if row.other]
    for person in named_like(contacts_of(actor).exclude(pk__in=known), text)[:FOUND]:
        address = reverse("messaging:person", args=[person.pk])
        yield Destination(person.name, address, "user", note="write to them")
