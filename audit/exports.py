"""The log as a file: CSV for spreadsheets, JSON lines for programs; written while it is read."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from audit.actions.receipts import look_through
from audit.models import AccessReceipt
from audit.queries import (
    AUDIT_LOG,
    DONE,
    REFUSED,
    Search,
    action_of,
    is_refusal,
    object_of,
    page_behind,
    shown_by,
)
from core.context import Origin, acting_from, current_origin
from core.database import in_database
from core.models import Event

COLUMNS = (
    "at",
    "outcome",
    "action",
    "actor",
    "actor_email",
    "actor_name",
    "object",
    "stream",
    "seq",
    "ip",
    "user_agent",
    "session",
    "data",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings that a spreadsheet takes for a formula (OWASP, CSV injection)."""

Lines = Callable[[Sequence[Event]], str]


def as_csv(events: Sequence[Event]) -> str:
    """Lines of comma-separated values; what looks like a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in map(_row, events):
        writer.writerow([_harmless(row[name]) for name in COLUMNS])
    return text.getvalue()


def as_json_lines(events: Sequence[Event]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(_row(event), cls=DjangoJSONEncoder) + "\n" for event in events)


FORMS: dict[str, tuple[Lines, str, str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8", ",".join(COLUMNS) + "\r\n"),
    "jsonl": (as_json_lines, "application/x-ndjson", ""),
}
"""Name -> how lines are written, the media type, what stands before the first line."""


@dataclass(frozen=True)
class Reading:
    """What is read, under which receipt, from where: it goes on after the request is answered."""

    search: Search
    receipt: AccessReceipt
    origin: Origin

    def page(self, last: Event | None) -> list[Event]:
        """What comes behind this entry, when everybody whom it shows has been told."""
        found = page_behind(self.search, last)
        receipt = self.receipt
        with acting_from(self.origin):
            look_through(
                actor=receipt.staff,
                listing=AUDIT_LOG,
                people=shown_by(found),
                reason=receipt.reason,
            )
        return found


def export(
    request: HttpRequest, search: Search, form: str, receipt: AccessReceipt
) -> StreamingHttpResponse:
    """The file, written page by page: no more than a page is in memory.

    ``receipt`` is that of `record_export`.
    """
    lines, media_type, head = FORMS[form]
    is_async = isinstance(request, ASGIRequest)
    reading = Reading(search, receipt, current_origin())
    content: Any = (_apages if is_async else _pages)(reading, lines, head)
    response = StreamingHttpResponse(content, content_type=media_type)
    name = f"audit-log-{timezone.now():%Y-%m-%d}.{form}"
    # Under ASGI Django's middleware would compress each part by itself; browsers read the first.
    response["Content-Encoding"] = "identity"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _pages(reading: Reading, lines: Lines, head: str) -> Iterator[str]:
    yield head
    last: Event | None = None
    while page := reading.page(last):
        yield lines(page)
        last = page[-1]


async def _apages(reading: Reading, lines: Lines, head: str) -> AsyncIterator[str]:
    """As `_pages`; each page is read in a thread of its own, so the server's loop goes on."""
    yield head
    last: Event | None = None
    while page := await in_database(reading.page, last):
        yield lines(page)
        last = page[-1]


def _row(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "outcome": REFUSED if is_refusal(event) else DONE,
        "action": action_of(event),
        "actor": event.actor_id,
        "actor_email": event.actor.email,
        "actor_name": event.actor.name,
        "object": object_of(event),
        "stream": str(event.stream),
        "seq": event.seq,
        "ip": event.ip,
        "user_agent": event.user_agent,
        "session": event.session,
        "data": event.data,
    }


def _harmless(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, cls=DjangoJSONEncoder)
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
