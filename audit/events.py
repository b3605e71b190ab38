"""What the audit itself adds to the log."""

from dataclasses import dataclass

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
