"""The agenda is edited, and moves on by hand or by time."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import User
from core.errors import ActionError, Conflict
from core.permissions import require
from core.publish import record
from rooms.events import AgendaChanged, AgendaItemStarted
from rooms.models import AgendaItem, Room
from rooms.models.room_type import MAX_MINUTES
from rooms.queries.ruler import current_item

MAX_ITEMS = 30


class InvalidAgenda(ActionError):
    """An item or an order that is not acceptable."""


class AgendaIsFixed(Conflict):
    """The consultation does not allow the change now."""

    code = "agenda_fixed"


@transaction.atomic
def add_agenda_item(*, actor: User, room: Room, title: str, minutes: int) -> AgendaItem:
    """Add an item at the end. Records `AgendaChanged`; raises `NotAllowed`, `InvalidAgenda`."""
    room = _open(actor, room)
    title = _check(title, minutes)
    if room.agenda.count() >= MAX_ITEMS:
        raise InvalidAgenda(f"An agenda has at most {MAX_ITEMS} items. Remove one first.")
    last = room.agenda.aggregate(last=Max("position"))["last"]
    item = AgendaItem.objects.create(
        room=room, title=title, minutes=minutes, position=0 if last is None else last + 1
    )
    _changed(actor, room)
    return item


@transaction.atomic
def change_agenda_item(*, actor: User, item: AgendaItem, title: str, minutes: int) -> AgendaItem:
    """Change an item's title and minutes. Records `AgendaChanged`; raises `AgendaIsFixed`."""
    room = _open(actor, item.room)
    item.title, item.minutes = _check(title, minutes), minutes
    if not room.agenda.filter(pk=item.pk).update(title=item.title, minutes=minutes):
        raise AgendaIsFixed("Somebody has removed this item meanwhile.")
    _changed(actor, room)
    return item


@transaction.atomic
def remove_agenda_item(*, actor: User, item: AgendaItem) -> None:
    """Remove an item that is not on, by hand or by the clock. Records `AgendaChanged`."""
    room = _open(actor, item.room)
    if room.agenda_follows_clock:
        on = current_item(room, list(room.agenda.order_by("position")))
    else:
        on = room.current_item
    if on == item:
        raise AgendaIsFixed("This item is being talked about. Go to another one first.")
    item.delete()
    _changed(actor, room)


@transaction.atomic
def order_agenda(*, actor: User, room: Room, item_ids: list[UUID]) -> None:
    """Bring the items into this order. Records `AgendaChanged`; every item must be named once."""
    room = _open(actor, room)
    items = {item.pk: item for item in room.agenda.all()}
    if len(item_ids) != len(items) or set(item_ids) != set(items):
        raise InvalidAgenda("The agenda has changed meanwhile. Reload the page and try again.")
    for position, item_id in enumerate(item_ids):
        items[item_id].position = position
    AgendaItem.objects.bulk_update(items.values(), ["position"])
    _changed(actor, room)


@transaction.atomic
def set_agenda_clock(*, actor: User, room: Room, follows_clock: bool) -> None:
    """Let the current item move on by time, or by hand. Records `AgendaChanged`.

    By hand it goes on from the item that is on by the clock.
    """
    room = _open(actor, room)
    if room.agenda_follows_clock == follows_clock:
        return
    if room.agenda_follows_clock:
        _take_over_from_clock(room)
    room.agenda_follows_clock = follows_clock
    room.save(update_fields=["agenda_follows_clock"])
    _changed(actor, room)


@transaction.atomic
def go_to_item(*, actor: User, room: Room, item: AgendaItem | None) -> None:
    """Make an item the current one by hand; None finishes the last. Records `AgendaItemStarted`.

    Raises `AgendaIsFixed` unless the consultation is live.
    """
    room = _open(actor, room)
    if not room.is_active:
        raise AgendaIsFixed("The agenda moves once the consultation has started.")
    if item is not None and item.room_id != room.pk:
        raise InvalidAgenda("This item belongs to another consultation.")
    if room.agenda_follows_clock:
        _take_over_from_clock(room)
    _move(actor, room, item)
    if room.agenda_follows_clock:
        room.agenda_follows_clock = False
        room.save(update_fields=["agenda_follows_clock"])


def begin_agenda(*, actor: User, room: Room) -> None:
    """Part of starting a room: the first item becomes the current one."""
    first = room.agenda.order_by("position").first()
    if first is not None:
        _move(actor, room, first)


def end_agenda(*, actor: User, room: Room) -> None:
    """Part of completing a room: no item is current any more."""
    if room.current_item_id is not None:
        _move(actor, room, None)


def _move(actor: User, room: Room, item: AgendaItem | None) -> None:
    now = timezone.now()
    if room.current_item_id is not None:
        room.agenda.filter(pk=room.current_item_id).update(finished_at=now)
    room.current_item = item
    room.save(update_fields=["current_item"])
    if item is not None:
        item.started_at, item.finished_at = now, None
        item.save(update_fields=["started_at", "finished_at"])
    record(AgendaItemStarted(item_id=item.pk if item else None), stream=room.stream, actor=actor)


def _take_over_from_clock(room: Room) -> None:
    """Write down what the clock shows now: earlier items finished, one on, later ones to come."""
    if not room.is_active or room.started_at is None or not room.has_clock:
        return
    items = list(room.agenda.order_by("position"))
    on = current_item(room, items)
    is_past, starts_at = True, room.started_at
    for item in items:
        ends_at = starts_at + timedelta(minutes=item.minutes)
        is_past = is_past and item != on
        item.started_at = starts_at if is_past or item == on else None
        item.finished_at = ends_at if is_past else None
        starts_at = ends_at
    AgendaItem.objects.bulk_update(items, ["started_at", "finished_at"])
    room.current_item = on
    room.save(update_fields=["current_item"])


def _open(actor: User, room: Room) -> Room:
    """The room, locked; refused to who may not manage it, and once it is over."""
    require(actor, "rooms.manage", room)
    room = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
    if room.is_over:
        raise AgendaIsFixed("This consultation is over; its agenda stays as it is.")
    return room


def _check(title: str, minutes: int) -> str:
    title = title.strip()
    if not title:
        raise InvalidAgenda("Name the agenda item.", field="title")
    limit = AgendaItem._meta.get_field("title").max_length or 0
    if len(title) > limit:
        raise InvalidAgenda(f"At most {limit} characters.", field="title")
    if not 1 <= minutes <= MAX_MINUTES:
        raise InvalidAgenda(f"An item lasts 1 to {MAX_MINUTES} minutes.", field="minutes")
    return title


def _changed(actor: User, room: Room) -> None:
    record(AgendaChanged(room_id=room.pk), stream=room.stream, actor=actor)
