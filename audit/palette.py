"""What the command palette offers of the audit."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from core.palette import Destination, matching, offers


@offers
def audit(actor: Any, words: list[str]) -> Iterable[Destination]:
    """Only when words ask for it."""
    receipts = reverse("audit:receipts")
    page = Destination(
        "Who looked at your data", receipts, "eye", also="access receipts audit privacy staff"
    )
    return matching([page], words) if words else []
