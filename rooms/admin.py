"""Rooms and their types in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from audit.admin import PersonalAdmin
from audit.queries import Subject
from core.admin import ActionAdmin, Inline, ReadOnlyAdmin, ReadOnlyInline
from core.requests import person
from rooms.actions.lifecycle import cancel_room, complete_room, update_room
from rooms.actions.room_types import save_room_type, set_type_agenda
from rooms.models import (
    AgendaItem,
    Participant,
    Room,
    RoomInvitation,
    RoomType,
    RoomTypeAgendaItem,
    RoomUserObjectPermission,
    Visit,
)


def room_subject(room: Room) -> Subject:
    """A consultation and everybody who takes or took part in it."""
    people = User.objects.filter(room_places__room=room)
    return Subject("room", room.pk, f"the consultation “{room}”", people)


class OfRoomAdmin(PersonalAdmin):
    """Rows of a table with a ``room``: they open like the room."""

    def subject_of(self, row: Any) -> Subject:
        """The room, which belongs to everybody who takes or took part."""
        return room_subject(row.room)


class TypeAgendaInline(Inline):
    """The agenda that new rooms of the type start with; saved by `set_type_agenda`."""

    model = RoomTypeAgendaItem
    fields = ["position", "title", "minutes"]
    ordering = ["position", "pk"]
    extra = 1


@admin.register(RoomType)
class RoomTypeAdmin(ActionAdmin):
    """Kinds of consultations, with their settings and starting agendas."""

    list_display = ["name", "slug", "position", "default_duration_minutes", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "slug", "description"]
    ordering = ["position", "name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TypeAgendaInline]

    def save_model(self, request: HttpRequest, obj: RoomType, form: Any, change: bool) -> None:
        """By `save_room_type`, if a setting changed."""
        if form.changed_data:
            save_room_type(actor=person(request), room_type=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """By `set_type_agenda`, in the order of the positions typed."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        kept = [
            row.cleaned_data
            for row in formset.forms
            if row.cleaned_data.get("title") and not row.cleaned_data.get("DELETE")
        ]
        kept.sort(key=lambda row: row["position"])
        items = [(row["title"], row["minutes"]) for row in kept]
        set_type_agenda(actor=person(request), room_type=form.instance, items=items)


class ParticipantsInline(ReadOnlyInline):
    """Who takes part; changed in the room, by its host."""

    model = Participant
    fields = ["user", "role", "added_at", "joined_at", "left_at"]
    readonly_fields = ["user", "role", "added_at", "joined_at", "left_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        """With the person, in one query."""
        return super().get_queryset(request).select_related("user")


@admin.register(Room)
class RoomAdmin(PersonalAdmin, ActionAdmin):
    """Consultations: when, who, how they stand. What is said and written in them is not shown."""

    list_display = [
        "id",
        "room_type",
        "mode",
        "status",
        "created_by",
        "scheduled_at",
        "started_at",
        "duration_minutes",
        "actual_minutes",
    ]
    list_filter = ["status", "mode", "room_type"]
    list_select_related = ["room_type", "created_by"]
    search_fields = ["=id", "participants__user__email", "participants__user__name"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    inlines = [ParticipantsInline]
    actions = ["complete", "cancel"]
    readonly_fields = [
        "room_type",
        "mode",
        "status",
        "created_by",
        "created_at",
        "started_at",
        "completed_at",
        "cancelled_at",
    ]
    fields = ["name", "scheduled_at", "duration_minutes", *readonly_fields]

    def subject_of(self, row: Room) -> Subject:
        """Itself."""
        return room_subject(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: consultants open rooms in the product, and become their hosts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not once it is over."""
        is_over = obj is not None and obj.is_over
        return not is_over and super().has_change_permission(request, obj)

    @admin.display(description="actual minutes")
    def actual_minutes(self, room: Room) -> int | None:
        """From start to completion."""
        return room.actual_duration_minutes

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        """By `update_room`."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        update_room(actor=person(request), room=obj, changes=changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The people are only shown."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

    @admin.action(description="Complete: end the chosen live consultations")
    def complete(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """By `complete_room`."""
        self.act_on_each(
            request,
            queryset,
            lambda room: complete_room(actor=person(request), room=room),
            "completed",
        )

    @admin.action(description="Cancel the chosen consultations")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        """By `cancel_room`."""
        self.act_on_each(
            request,
            queryset,
            lambda room: cancel_room(actor=person(request), room=room),
            "cancelled",
        )


@admin.register(Participant)
class ParticipantAdmin(OfRoomAdmin, ReadOnlyAdmin):
    """Places in rooms."""

    list_display = ["user", "room_id", "role", "added_at", "joined_at", "left_at"]
    list_filter = ["role", ("left_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "=room__id"]
    date_hierarchy = "added_at"
    ordering = ["-added_at"]


@admin.register(RoomInvitation)
class RoomInvitationAdmin(OfRoomAdmin, ReadOnlyAdmin):
    """Invitations by e-mail; made, sent again and revoked in the room. Links are not shown."""

    list_display = ["email", "room_id", "role", "invited_by", "created_at", "status"]
    list_filter = [
        "role",
        ("accepted_at", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["invited_by"]
    search_fields = ["email", "invited_by__email", "=room__id"]
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    exclude = ["nonce"]


@admin.register(Visit)
class VisitAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Stays in rooms."""

    list_display = ["visitor", "room_id", "entered_at", "ended_at"]
    list_filter = [("ended_at", admin.EmptyFieldListFilter)]
    list_select_related = ["participant__user"]
    search_fields = ["participant__user__email", "=participant__room__id"]
    date_hierarchy = "entered_at"
    ordering = ["-entered_at"]

    def subject_of(self, row: Visit) -> Subject:
        """The room."""
        return room_subject(row.participant.room)

    @admin.display(description="person", ordering="participant__user__name")
    def visitor(self, visit: Visit) -> str:
        """Who."""
        return str(visit.participant.user)

    @admin.display(description="room", ordering="participant__room_id")
    def room_id(self, visit: Visit) -> str:
        """Where."""
        return str(visit.participant.room_id)


@admin.register(AgendaItem)
class AgendaItemAdmin(OfRoomAdmin, ReadOnlyAdmin):
    """Agendas of rooms; edited in the room."""

    list_display = ["room_id", "position", "minutes", "started_at", "finished_at"]
    search_fields = ["=room__id"]
    ordering = ["-room__created_at", "position"]
    fields = ["room", "position", "title", "minutes", "started_at", "finished_at"]


@admin.register(RoomTypeAgendaItem)
class RoomTypeAgendaItemAdmin(ReadOnlyAdmin):
    """Starting agendas; edited on the page of their type."""

    list_display = ["title", "room_type", "position", "minutes"]
    list_filter = ["room_type"]
    list_select_related = ["room_type"]
    search_fields = ["title", "room_type__name"]
    ordering = ["room_type__position", "position"]


@admin.register(RoomUserObjectPermission)
class RoomGrantAdmin(PersonalAdmin, ReadOnlyAdmin):
    """Grants on rooms; `rooms.permissions` alone makes and withdraws them."""

    def subject_of(self, row: RoomUserObjectPermission) -> Subject:
        """The room."""
        return room_subject(row.content_object)

    list_display = ["user", "permission", "content_object_id"]
    list_filter = ["permission__codename"]
    list_select_related = ["user", "permission__content_type"]
    search_fields = ["user__email", "=content_object__id"]
    ordering = ["-pk"]
