"""What an event is: a frozen dataclass named in the past tense, stored as JSON in its stream."""

import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple, Self
from uuid import UUID

MAX_NUMBER = 2**63 - 1
"""The largest event number that the database can hold."""


PERSON = "user"
"""The kind of the stream about a person."""


class UnknownStream(ValueError):
    """A stream's name is not ``<kind>:<uuid>``."""


class StreamKey(NamedTuple):
    """The address of a stream, written ``conversation:0b7c...`` outside."""

    kind: str
    object_id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.object_id}"

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``<kind>:<uuid>``; raises `UnknownStream` on anything else."""
        kind, _, object_id = str(text).partition(":")
        refused = UnknownStream(f"{str(text)[:80]!r} is not a stream's name.")
        if not kind.isidentifier():
            raise refused
        try:
            return cls(kind, UUID(object_id))
        except ValueError:
            raise refused from None

    @property
    def group(self) -> str:
        """The channel-layer group (its names refuse a colon)."""
        return f"stream.{self.kind}.{self.object_id}"


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """Base of all events. The class's name is the event's name; its fields are the data.

    ``revokes`` names the field that holds the id of a person who loses the stream by this
    event: the hub cuts that person's sockets off when it delivers the event. ``ends`` names the
    field that holds the digest of a session or token of the stream's person that ends by this
    event (`core.context.session_digest`): the hub closes its sockets. ``changes_hiding`` says
    that the stream's person may keep other things from others now: their sockets look again.
    """

    classes: ClassVar[dict[str, type["DomainEvent"]]] = {}
    revokes: ClassVar[str | None] = None
    ends: ClassVar[str | None] = None
    changes_hiding: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        DomainEvent.classes[cls.__name__] = cls

    @classmethod
    def words(cls) -> str:
        """What happened, for people who read the log: how the class's docstring begins."""
        return re.split(r"[.;:]", cls.__doc__ or "", maxsplit=1)[0]

    def as_data(self) -> dict[str, Any]:
        """The fields as JSON-ready values (UUIDs as strings)."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: str(value) if isinstance(value, UUID) else value for name, value in values.items()
        }


@dataclass(frozen=True, kw_only=True)
class EncryptionKeysRotated(DomainEvent):
    """Stored secrets were encrypted with another key: how many, and how many no key decrypts."""

    renewed: int
    unreadable: int


@dataclass(frozen=True, kw_only=True)
class ErrandGivenUp(DomainEvent):
    """Background work failed too often; nobody tries it any more by itself."""

    errand_id: int


@dataclass(frozen=True, kw_only=True)
class ErrandTriedAgain(DomainEvent):
    """Somebody lets background work that was given up be tried again."""

    errand_id: int


def revoked_person(name: str, data: dict[str, Any]) -> str | None:
    """Id of the person who loses the stream by this event, if it is such an event."""
    event_class = DomainEvent.classes.get(name)
    if event_class is None or event_class.revokes is None:
        return None
    return str(data[event_class.revokes])


def ended_session(name: str, data: dict[str, Any]) -> str | None:
    """Digest of the session or token that ends by this event, if it is such an event."""
    event_class = DomainEvent.classes.get(name)
    if event_class is None or event_class.ends is None:
        return None
    digest = data.get(event_class.ends)  # not in events from before it was kept
    return str(digest) if digest else None


def is_about_hiding(name: str) -> bool:
    """Whether the stream's person may keep other things from others after this event."""
    event_class = DomainEvent.classes.get(name)
    return event_class is not None and event_class.changes_hiding
