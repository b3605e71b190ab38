"""Parts of the log are taken away as files."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from audit.actions.receipts import look_through
from audit.events import AuditLogExported
from audit.models import AccessReceipt
from audit.queries import AUDIT_LOG, Search, shown_by
from core.errors import ActionError
from core.permissions import require
from core.publish import record

READ = AUDIT_LOG.permission
MAX_DAYS = 92
"""A quarter: what is asked for together, and few enough rows to stream."""


class RangeTooLong(ActionError):
    """An export without an end, or over more days than one file holds."""

    code = "range_too_long"
    detail = f"An export needs a beginning and an end, at most {MAX_DAYS} days apart."


@transaction.atomic
def record_export(
    *, actor: Any, search: Search, form: str, reason: str | None = None
) -> AccessReceipt:
    """Note that somebody takes what matches away, before the first line leaves.

    The receipt is that of `look_through`; whom the lines show is told while they are read. Records
    `AuditLogExported`; raises `NotAllowed`, `RangeTooLong` and what `look_through` does.
    """
    require(actor, READ)
    if search.since is None or search.until is None:
        raise RangeTooLong(field="from")
    if not timedelta(0) <= search.until - search.since <= timedelta(days=MAX_DAYS):
        raise RangeTooLong(field="to")
    named = shown_by([], person=search.person, about=search.object)
    receipt = look_through(actor=actor, listing=AUDIT_LOG, people=named, reason=reason)
    event = AuditLogExported(
        form=form,
        since=search.since.isoformat(),
        until=search.until.isoformat(),
        person=str(search.person or ""),
        about=search.object,
        action=search.action,
        outcome=search.outcome,
    )
    record(event, stream=actor.stream, actor=actor)
    return receipt
