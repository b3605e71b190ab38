"""From event rows to the frames that go out: rendered once per event, not once per viewer.

An app's `fragments.py` registers a renderer for its events. It receives many rows at once, so
that replaying 200 events costs as many queries as replaying one.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError

from core.events import DomainEvent, StreamKey, ended_session, revoked_person
from core.models import Event

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rendered:
    """An event's data and viewer-neutral HTML as the outside sees them.

    Of one that ``is_withheld`` nothing is told but its number, which a reader must come past.
    """

    data: dict[str, Any]
    html: str = ""
    is_withheld: bool = False


WITHHELD = "Withheld"
"""The name of what is withheld, whatever it was."""


@dataclass(frozen=True)
class Frame:
    """A ready JSON text for the sockets of a stream."""

    stream: str
    seq: int
    text: str
    revokes: str | None
    ends: str | None = None


Renderer = Callable[[Sequence[Event]], Sequence[Rendered]]
_renderers: dict[str, Renderer] = {}


def renders(*event_classes: type[DomainEvent]) -> Callable[[Renderer], Renderer]:
    """Register a function that renders rows of these events, answering in the same order."""

    def register(function: Renderer) -> Renderer:
        _renderers.update({event_class.__name__: function for event_class in event_classes})
        return function

    return register


def _plain(events: Sequence[Event]) -> Sequence[Rendered]:
    return [Rendered(event.data) for event in events]


def render(events: Sequence[Event]) -> list[Rendered]:
    """Render rows (their order is kept), one call per renderer.

    One event that cannot be rendered must not keep everybody from the rest of its stream: it
    goes out with its plain data, and the log says so.
    """
    by_renderer: dict[Renderer, list[Event]] = defaultdict(list)
    for event in events:
        by_renderer[_renderers.get(event.name, _plain)].append(event)
    rendered: dict[int, Rendered] = {}
    for renderer, rows in by_renderer.items():
        answers = _tried(renderer, rows)
        rendered.update(zip((row.pk for row in rows), answers, strict=True))
    return [rendered[event.pk] for event in events]


def _tried(renderer: Renderer, rows: Sequence[Event]) -> Sequence[Rendered]:
    try:
        return renderer(rows)
    except DatabaseError:
        raise  # trying again may help
    except Exception:
        if len(rows) > 1:
            return [rendered for row in rows for rendered in _tried(renderer, [row])]
        logger.exception("Rendering %s failed", rows[0])
        return _plain(rows)


def _told(event: Event, rendered: Rendered) -> dict[str, Any]:
    if rendered.is_withheld:
        return {"name": WITHHELD, "actor": None, "at": None}
    return {"name": event.name, "actor": event.actor_id, "at": event.at}


def resources(events: Sequence[Event]) -> list[dict[str, Any]]:
    """The events as `/api/events/` lists them."""
    return [
        {
            "seq": event.seq,
            **_told(event, rendered),
            "data": rendered.data,
        }
        for event, rendered in zip(events, render(events), strict=True)
    ]


def frames(stream: StreamKey, events: Sequence[Event]) -> list[Frame]:
    """The events of one stream as ready socket frames."""
    return [
        Frame(
            stream=str(stream),
            seq=event.seq,
            text=json.dumps(
                {
                    "type": "event",
                    "stream": str(stream),
                    "seq": event.seq,
                    **_told(event, rendered),
                    "data": rendered.data,
                    "html": rendered.html,
                },
                cls=DjangoJSONEncoder,
                separators=(",", ":"),
                ensure_ascii=False,
            ),
            revokes=revoked_person(event.name, event.data),
            ends=ended_session(event.name, event.data),
        )
        for event, rendered in zip(events, render(events), strict=True)
    ]
