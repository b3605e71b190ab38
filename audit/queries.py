"""Searching the event log: by person, object, action, time and outcome.

Every search has an index of `core.models.Event` to go by; a test asks PostgreSQL for the plans.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now

from audit.events import AttemptRefused, StaffLooked
from audit.models import AccessReceipt
from core.events import PERSON, DomainEvent, StreamKey, UnknownStream
from core.models import Event
from core.refusals import clue

DONE, REFUSED = "done", "refused"
OUTCOMES = (DONE, REFUSED)
NEWEST_FIRST = ("-at", "-pk")

SENT_WITHIN = timedelta(hours=1)
"""How long after a reason has ended a form that was opened with it is still taken."""

MAX_TRIED = 1000
"""How many failed sign-ins with an address are found."""

MAX_PEOPLE = 100
"""How many people words may stand for; who means more has to be more exact."""

TOLD_OF = 5
"""Of how many people a search by name finds what others did to them, too."""


_ABOUT = """
    WITH about AS MATERIALIZED (
        SELECT id FROM core_event WHERE stream_id IN
            (SELECT id FROM core_stream WHERE object_id = %s AND %s IN ('', kind))
        UNION
        SELECT event.id FROM unnest(%s::jsonb[]) AS wanted
            JOIN core_event AS event ON event.data @> wanted
    ) SELECT id FROM about
"""


class UnknownObject(ValueError):
    """What names an object is neither ``<kind>:<id>`` nor an id."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for; everything that is left empty is anything.

    ``person`` did it (their id); with ``address`` also failed sign-ins by it count, where nobody
    was signed in. ``object`` is what it was about, ``<kind>:<id>`` or the id
    alone, ``action`` an event's name or, of refused attempts, the way in.
    """

    person: UUID | None = None
    address: str = ""
    object: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    outcome: str = ""


def is_refusal(event: Event) -> bool:
    """Whether it was tried only."""
    return event.name == AttemptRefused.__name__


def action_of(event: Event) -> str:
    """The event's name; of a refused attempt what was tried."""
    return str(event.data.get("action", "")) if is_refusal(event) else event.name


def object_of(event: Event) -> str:
    """What it was about, ``<kind>:<id>``: the stream, or what the event itself names."""
    return str(event.data.get("object") or ("" if is_refusal(event) else event.stream))


def entries(search: Search) -> QuerySet[Event]:
    """The log's events that match, newest first, each with its actor and stream.

    ``until`` itself is left out. Raises `UnknownObject`.
    """
    found = Event.objects.select_related("actor", "stream").order_by(*NEWEST_FIRST)
    if search.address:
        people = [search.person] if search.person else []
        found = found.filter(_by(people, search.address))
    elif search.person is not None:
        found = found.filter(actor_id=search.person)
    if search.object:
        found = about(found, search.object)
    if search.action:
        found = found.filter(named(search.action))
    if search.since is not None:
        found = found.filter(at__gte=search.since)
    if search.until is not None:
        found = found.filter(at__lt=search.until)
    return of_outcome(found, search.outcome)


def of_outcome(found: QuerySet[Event], outcome: str) -> QuerySet[Event]:
    """What was done, or what was refused; with another word both."""
    refused = Q(name=AttemptRefused.__name__)
    if outcome == REFUSED:
        return found.filter(refused)
    return found.exclude(refused) if outcome == DONE else found


def about(found: QuerySet[Event], text: str) -> QuerySet[Event]:
    """Events in the object's own stream, and those of other streams that name it.

    The matches are found first and sorted then: guided by its statistics alone, PostgreSQL may
    prefer to read the whole log backwards until a page is full, which takes long where few match.
    Raises `UnknownObject`.
    """
    return found.filter(_about(*check_object(text)))


def _about(kind: str, object_id: UUID) -> Q:
    named = [json.dumps(data) for data in _named_in_data(kind, object_id)]
    return Q(pk__in=RawSQL(_ABOUT, [object_id, kind, named]))  # noqa: S611 - constant


def check_object(text: str) -> tuple[str, UUID]:
    """The kind, which may be empty, and the id. Raises `UnknownObject`."""
    try:
        return "", UUID(text)
    except ValueError:
        pass
    try:
        return StreamKey.parse(text)
    except UnknownStream:
        raise UnknownObject("An object is <kind>:<id>, or its id alone.") from None


def matching(found: QuerySet[Event], text: str) -> QuerySet[Event]:
    """What a person who searches means: an object, or who did it, by name or address.

    What was done to them is found too, of as few people as `TOLD_OF`. A whole address also finds
    the failed sign-ins with it.
    """
    text = text.strip()[:200]
    try:
        return about(found, text)
    except UnknownObject:
        pass
    people = people_meant(text)
    wanted = _by(people, text)
    for user_id in people if len(people) <= TOLD_OF else []:
        wanted |= _about(PERSON, user_id)
    return found.filter(wanted)


def people_meant(text: str) -> list[UUID]:
    """The ids of those whose name or address the text is a part of, or of whom it is the id."""
    text = text.strip()[:200]
    found = get_user_model().objects.order_by("pk")
    try:
        found = found.filter(pk=check_object(text)[1])
    except UnknownObject:
        found = found.filter(Q(email__icontains=text) | Q(name__icontains=text))
    return [*found.values_list("pk", flat=True)[:MAX_PEOPLE]] if text else []


def _by(people: list[UUID], text: str) -> Q:
    """What they did; where the text is an address, also the failed sign-ins with it."""
    by_people = Q(actor__in=people)
    if "@" not in text:
        return by_people
    tried = Event.objects.filter(
        name=AttemptRefused.__name__, data__contains={"clue": clue(text.strip().lower())}
    )
    return by_people | Q(pk__in=[*tried.values_list("pk", flat=True)[:MAX_TRIED]])


def page_behind(search: Search, last: Event | None, size: int = 1000) -> list[Event]:
    """The events that come after this one in the list, at most ``size``."""
    found = entries(search)
    if last is not None:
        found = found.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk), at__lte=last.at)
    return list(found[:size])


def named(action: str) -> Q:
    """Events of this name; of refused attempts those with this way in."""
    if action in DomainEvent.classes:
        return Q(name=action)
    return Q(name=AttemptRefused.__name__, data__contains={"action": action})


def _named_in_data(kind: str, object_id: UUID) -> list[dict[str, Any]]:
    """How events name an object: ``room_id``, or ``object`` with the kind before it."""
    kinds = [kind] if kind else sorted(_kinds())
    text = str(object_id)
    return [
        *({f"{each}_id": text} for each in kinds),
        *({"object": f"{each}:{text}"} for each in kinds),
    ]


def _kinds() -> set[str]:
    """The kinds of objects that events name: those with a field ``<kind>_id``."""
    return {
        field.name.removesuffix("_id")
        for event_class in DomainEvent.classes.values()
        for field in fields(event_class)
        if field.name.endswith("_id")
    }


@dataclass(frozen=True)
class Subject:
    """Something that staff may want to look at, and whose data it is.

    ``title`` says what it is to those people: "the conversation “Order import”".
    """

    kind: str
    object_id: UUID
    title: str
    people: QuerySet[Any]

    def __str__(self) -> str:
        return f"{self.kind}:{self.object_id}"


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list of many people's data, which a reason opens whoever stands in it.

    ``permission`` is what its readers hold; ``title`` says what it is to who stands in it.
    """

    kind: str
    permission: str
    title: str


AUDIT_LOG = Listing(
    kind="audit_log",
    permission="accounts.view_audit_logs",
    title="the audit log, with entries about you",
)


def looks_through(staff: Any, listing: Listing, *, session: str) -> QuerySet[AccessReceipt]:
    """The reasons that this session has given for the list and that still count, newest first."""
    given = AccessReceipt.objects.filter(
        staff=staff, kind=listing.kind, object_id=None, session=session, ends_at__gt=Now()
    )
    return given.order_by(*NEWEST_FIRST)


def shown_by(events: Iterable[Event], *, person: UUID | None = None, about: str = "") -> set[UUID]:
    """Whose data entries of the log show, with whom the search names by ``person`` and ``about``.

    Who acted, and on whose own stream it stands. Not who is named by an id alone inside an entry,
    and not who has a receipt for what the entry tells of: everybody would be told again of being
    told, for ever. The set may hold ids that are nobody's.
    """
    people = {event.actor_id for event in events}
    for event in events:
        if event.stream.kind == PERSON and event.name != StaffLooked.__name__:
            people.add(event.stream.object_id)
    if person is not None:
        people.add(person)
    with suppress(UnknownObject):
        people.add(check_object(about)[1])
    return people


def may_look(staff: Any, subject: Subject, *, session: str, is_write: bool = False) -> bool:
    """Whether this session has given a reason that still counts, or needs none.

    Nobody needs a reason for what is theirs alone; for what is nobody's yet they do. A form that
    was opened with a reason may be sent for `SENT_WITHIN` after it ended: nothing typed is lost,
    and the change is recorded by itself.
    """
    given = AccessReceipt.objects.filter(
        staff=staff, kind=subject.kind, object_id=subject.object_id, session=session
    )
    grace = SENT_WITHIN if is_write else timedelta(0)
    given = given.filter(ends_at__gt=Now() - grace)
    return given.exists() or is_own(staff, subject)


def is_own(staff: Any, subject: Subject) -> bool:
    """Whether it is the data of who looks, and of nobody else."""
    owners = set(subject.people.order_by("pk").values_list("pk", flat=True).distinct()[:2])
    return owners == {staff.pk}


def concerned(staff: Any, subject: Subject) -> QuerySet[Any]:
    """Those whose data it is, without who looks."""
    return subject.people.exclude(pk=staff.pk)


def receipts_of(user: Any) -> QuerySet[AccessReceipt]:
    """Who looked at the person's data, newest first."""
    found = AccessReceipt.objects.visible_to(user).select_related("staff")
    return found.order_by(*NEWEST_FIRST)
