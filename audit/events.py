"""What the audit itself adds to the log."""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class AttemptRefused(DomainEvent):
    """Somebody tried what they may not. Stream: ``attempts:<id>`` of the person.

    Where nobody was signed in, the actor and the stream are the system user's. The fields are
    those of `core.refusals.Attempt`; ``object`` is what it was about (``room:<id>``). ``times``
    says that it was the n-th attempt of this person or address within the hour: of many only a
    few are kept.
    """

    action: str
    reason: str
    permission: str
    object: str
    clue: str
    times: int


@dataclass(frozen=True, kw_only=True)
class AuditLogExported(DomainEvent):
    """Somebody took a part of the log away as a file. Stream: their own.

    What they looked for: ``since`` and ``until`` are ISO 8601 times, ``person`` an id, the
    others as in `audit.queries.Search`.
    """

    form: str
    since: str
    until: str
    person: str
    about: str
    action: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class StaffLooked(DomainEvent):
    """A member of staff opened something of the person's. Stream: ``user:<id>`` of each concerned.

    ``object`` is what (``conversation:<id>``), or the list in which they were shown (``accounts``,
    ``audit_log``); the reason stands in the receipt.
    """

    receipt_id: UUID
    object: str


@dataclass(frozen=True, kw_only=True)
class AdminEntered(DomainEvent):
    """A member of staff entered the admin, or came back after a while. Stream: their own."""

    user_id: UUID
