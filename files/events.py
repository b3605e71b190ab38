"""What happens to files. Stream: ``user:<id>`` of who uploaded them. That others have them is told
by what they are attached to.

Events hold ids, never names: what was deleted must not live on in the log.
"""

from dataclasses import dataclass
from uuid import UUID

from core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class FileUploaded(DomainEvent):
    """Somebody uploaded a file, which nobody else sees yet."""

    file_id: UUID
    place_kind: str
    place_id: UUID


@dataclass(frozen=True, kw_only=True)
class FileDeleted(DomainEvent):
    """Somebody threw away a file that they had uploaded."""

    file_id: UUID
