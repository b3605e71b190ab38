"""What the command palette offers of messages."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from core.palette import Destination, matching, offers

VERBS = ("search", "find")


@offers
def messages(actor: Any, words: list[str]) -> Iterable[Destination]:
    """The page of the search; for `search invoice` what it finds of the word."""
    if not words:
        return
    address = reverse("messaging:search")
    page = Destination("Search messages", address, "search", also="find inbox")
    yield from matching([page], words)
    if len(words) > 1 and words[0] in VERBS:
        text = " ".join(words[1:])
        address = f"{address}?{urlencode({'q': text})}"
        yield Destination(f"Search messages for “{text}”", address, "search")
