"""Types of rooms, which administrators keep as data."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from core.errors import ActionError
from core.permissions import require
from core.publish import record
from rooms import permissions
from rooms.events import RoomTypeChanged
from rooms.models import RoomType, RoomTypeAgendaItem

SETTINGS = (
    "slug",
    "name",
    "description",
    "position",
    "is_active",
    "default_duration_minutes",
    "opening_message",
    "agenda_follows_clock",
    "clients_may_share_screen",
    "clients_may_edit_workspace",
    "messages_may_be_changed_after_completion",
)


class InvalidRoomType(ActionError):
    """A setting or an agenda item that is not acceptable."""


@transaction.atomic
def save_room_type(*, actor: User, room_type: RoomType) -> RoomType:
    """Add a type, or change its settings to those of the instance.

    What guests may do follows at once in the rooms of the type, what may be changed after
    completion in those completed from then on; everything else counts for new rooms only.
    Records `RoomTypeChanged`; raises `NotAllowed`, `InvalidRoomType`.
    """
    require(actor, "accounts.manage_system")
    _validate(room_type)
    room_type.save(update_fields=None if room_type._state.adding else SETTINGS)
    permissions.apply_type(room_type)
    _changed(actor, room_type)
    return room_type


@transaction.atomic
def set_type_agenda(*, actor: User, room_type: RoomType, items: list[tuple[str, int]]) -> None:
    """Replace the agenda, (title, minutes) in order, that new rooms of the type start with.

    Records `RoomTypeChanged` unless it is the same; raises `NotAllowed`, `InvalidRoomType`.
    """
    require(actor, "accounts.manage_system")
    rows = [
        RoomTypeAgendaItem(room_type=room_type, position=position, title=title, minutes=minutes)
        for position, (title, minutes) in enumerate(items)
    ]
    for row in rows:
        _validate(row)
    present = room_type.agenda.order_by("position", "pk").values_list("title", "minutes")
    if list(present) == items:
        return
    room_type.agenda.all().delete()
    RoomTypeAgendaItem.objects.bulk_create(rows)
    _changed(actor, room_type)


def _validate(row: RoomType | RoomTypeAgendaItem) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        field, lines = next(iter(error.message_dict.items()))
        raise InvalidRoomType(" ".join(lines), field=field) from None


def _changed(actor: User, room_type: RoomType) -> None:
    record(
        RoomTypeChanged(room_type_id=room_type.pk, name=room_type.name),
        stream=room_type.stream,
        actor=actor,
    )
