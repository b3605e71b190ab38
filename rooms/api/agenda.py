"""The agenda of a room."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import listing, operation
from rooms.actions.agenda import (
    add_agenda_item,
    change_agenda_item,
    go_to_item,
    order_agenda,
    remove_agenda_item,
    set_agenda_clock,
)
from rooms.api.base import RoomView
from rooms.models import AgendaItem
from rooms.queries.ruler import current_item
from rooms.serializers import (
    AddAgendaItemSerializer,
    AgendaClockSerializer,
    AgendaItemSerializer,
    AgendaOrderSerializer,
    ChangeAgendaItemSerializer,
    CurrentItemSerializer,
    agenda_resource,
)


class AgendaView(RoomView):
    """A view of a room's agenda."""

    def agenda(self, room_id: UUID) -> Response:
        """The whole agenda as it stands now; it has at most 30 items."""
        room = self.room(room_id)
        items = list(room.agenda.order_by("position"))
        return Response({"results": agenda_resource(room, items), "next": None, "previous": None})

    def item(self, room_id: UUID, item_id: UUID) -> AgendaItem:
        """An item of the room's agenda; raises `Http404`."""
        rows = AgendaItem.objects.filter(room=self.room(room_id)).select_related("room")
        return get_object_or_404(rows, pk=item_id)

    def item_answer(self, item: AgendaItem, status: int = 200) -> Response:
        """An item as it stands now."""
        room = self.room(item.room_id)
        context = {"current": current_item(room, list(room.agenda.order_by("position")))}
        return Response(AgendaItemSerializer(item, context=context).data, status=status)


class Agenda(AgendaView):
    """All items."""

    @listing("agenda_list", AgendaItemSerializer, parameters=[])
    def get(self, request: Request, room_id: UUID) -> Response:
        """The agenda in order, on one page."""
        return self.agenda(room_id)

    @operation(
        "agenda_add", AgendaItemSerializer, body=AddAgendaItemSerializer, status=201, creates=True
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        """Add an item at the end. 409 once the consultation is over."""
        room = self.room(room_id)

        def add() -> Response:
            item = add_agenda_item(
                actor=self.person, room=room, **self.body(AddAgendaItemSerializer)
            )
            return self.item_answer(item, status=201)

        return self.once(add)


class AgendaItemDetail(AgendaView):
    """One item."""

    @operation("agenda_change", AgendaItemSerializer, body=ChangeAgendaItemSerializer)
    def patch(self, request: Request, room_id: UUID, item_id: UUID) -> Response:
        """Change title or minutes."""
        item = self.item(room_id, item_id)
        present: dict[str, Any] = {"title": item.title, "minutes": item.minutes}
        fields = present | self.body(ChangeAgendaItemSerializer)
        changed = change_agenda_item(actor=self.person, item=item, **fields)
        return self.item_answer(changed)

    @operation("agenda_remove", status=204)
    def delete(self, request: Request, room_id: UUID, item_id: UUID) -> Response:
        """Remove an item. 409 for the current one."""
        remove_agenda_item(actor=self.person, item=self.item(room_id, item_id))
        return Response(status=204)


class AgendaCurrent(AgendaView):
    """The item that is being talked about."""

    @listing("agenda_go_to", AgendaItemSerializer, parameters=[], body=CurrentItemSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Go to an item, or with null finish the last. 409 unless the consultation is live."""
        room = self.room(room_id)
        wanted = self.body(CurrentItemSerializer)["item"]
        item = room.agenda.filter(pk=wanted).first() if wanted else None
        if wanted and item is None:
            raise ValidationError({"item": ["There is no such item on this agenda."]})
        go_to_item(actor=self.person, room=room, item=item)
        return self.agenda(room_id)


class AgendaOrder(AgendaView):
    """The order of the items."""

    @listing("agenda_order", AgendaItemSerializer, parameters=[], body=AgendaOrderSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Bring all items into another order."""
        room = self.room(room_id)
        order_agenda(
            actor=self.person, room=room, item_ids=self.body(AgendaOrderSerializer)["items"]
        )
        return self.agenda(room_id)


class AgendaClock(AgendaView):
    """By time or by hand."""

    @listing("agenda_clock", AgendaItemSerializer, parameters=[], body=AgendaClockSerializer)
    def post(self, request: Request, room_id: UUID) -> Response:
        """Let the current item move on by time, or by hand."""
        room = self.room(room_id)
        set_agenda_clock(actor=self.person, room=room, **self.body(AgendaClockSerializer))
        return self.agenda(room_id)
