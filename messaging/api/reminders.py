"""Reminders over HTTP."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.schema import CURSOR, LIMIT, listing, operation
from core.api.views import ApiView
from messaging.actions.reminders import (
    cancel_reminder,
    change_reminder,
    complete_reminder,
    set_reminder,
)
from messaging.fragments import reminder_resource
from messaging.models import Message, Reminder
from messaging.queries.reminders import reminders_of
from messaging.serializers.reminders import (
    ChangeReminderSerializer,
    ReminderSerializer,
    RemindersQuery,
    SetReminderSerializer,
)

MOVED = {200: "There is a reminder of this message already: it was moved."}


class _Reminders(ApiView):
    """Base: one's own reminders."""

    def load(self, reminder_id: Any) -> Reminder:
        """One of them; 404 for anybody else's."""
        return get_object_or_404(reminders_of(self.person), pk=reminder_id)

    def shown(self, reminder_id: Any) -> Any:
        """As it stands now, with what may be read of its message."""
        return reminder_resource(self.load(reminder_id))


class Reminders(_Reminders):
    """What one wants to be reminded of."""

    @listing("reminders_list", ReminderSerializer, parameters=[RemindersQuery, CURSOR, LIMIT])
    def get(self, request: Request) -> Response:
        """Your reminders, the earliest first. Of a message that you may not read any more
        nothing is told."""
        rows = reminders_of(self.person)
        if state := self.query(RemindersQuery).get("state"):
            rows = rows.filter(state=state)
        return self.page(
            rows,
            lambda page: [reminder_resource(row) for row in page],
            ordering=("remind_at", "pk"),
        )

    @operation(
        "reminders_set", ReminderSerializer, body=SetReminderSerializer, status=201, also=MOVED,
        creates=True,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Be reminded of a message. There is one reminder of each: a second one moves it."""
        return self.once(self._set, again=self.shown)

    def _set(self) -> Response:
        fields = self.body(SetReminderSerializer)
        visible = Message.objects.visible_to(self.person).select_related("conversation")
        message = visible.filter(pk=fields["message"]).first()
        if message is None:
            raise ValidationError({"message": ["There is no such message."]})
        reminder = set_reminder(
            actor=self.person,
            message=message,
            remind_at=fields["remind_at"],
            note=fields.get("note", ""),
        )
        return Response(self.shown(reminder.pk), status=200 if reminder.is_repeat else 201)


class ReminderDetail(_Reminders):
    """One reminder."""

    @operation("reminders_read", ReminderSerializer)
    def get(self, request: Request, reminder_id: UUID) -> Response:
        """A reminder."""
        return Response(self.shown(reminder_id))

    @operation("reminders_change", ReminderSerializer, body=ChangeReminderSerializer)
    def patch(self, request: Request, reminder_id: UUID) -> Response:
        """Give it another time or note. One that is due waits again once it has another time."""
        reminder = self.load(reminder_id)
        fields = self.body(ChangeReminderSerializer)
        change_reminder(actor=self.person, reminder=reminder, **fields)
        return Response(self.shown(reminder_id))

    @operation("reminders_cancel", status=204)
    def delete(self, request: Request, reminder_id: UUID) -> Response:
        """Do not be reminded."""
        cancel_reminder(actor=self.person, reminder=self.load(reminder_id))
        return Response(status=204)


class ReminderDone(_Reminders):
    """Answering a reminder."""

    @operation("reminders_complete", ReminderSerializer)
    def post(self, request: Request, reminder_id: UUID) -> Response:
        """Say that it is done, before its time too."""
        complete_reminder(actor=self.person, reminder=self.load(reminder_id))
        return Response(self.shown(reminder_id))
