"""Rooms, their people and agenda in the API."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.queries import people
from accounts.serializers import MemberInvitationSerializer, PersonSerializer
from core.serializers import UTCDateTimeField
from rooms.models import AgendaItem, Mode, Role, Room, RoomType, Status
from rooms.models.room_type import MAX_MINUTES
from rooms.permissions import LEADING_ROLES
from rooms.queries.ruler import current_item

INVITED_ROLES = [choice for choice in Role.choices if choice[0] not in LEADING_ROLES]


class TypeAgendaItemSerializer(serializers.Serializer[Any]):
    """An item of the agenda that new rooms of a type start with."""

    title = serializers.CharField()
    minutes = serializers.IntegerField()


class RoomTypeSerializer(serializers.Serializer[Any]):
    """A kind of consultation and what a new room of it starts with."""

    slug = serializers.SlugField()
    name = serializers.CharField()
    description = serializers.CharField()
    default_duration_minutes = serializers.IntegerField()
    agenda = serializers.SerializerMethodField()

    @extend_schema_field(TypeAgendaItemSerializer(many=True))
    def get_agenda(self, room_type: RoomType) -> Any:
        """In order."""
        items = sorted(room_type.agenda.all(), key=lambda item: (item.position, item.pk))
        return TypeAgendaItemSerializer(items, many=True).data


class AgendaItemSerializer(serializers.Serializer[Any]):
    """Something to talk about."""

    # Needs the current item, or None, as context["current"].
    id = serializers.UUIDField()
    title = serializers.CharField()
    minutes = serializers.IntegerField()
    started_at = UTCDateTimeField(allow_null=True)
    finished_at = UTCDateTimeField(allow_null=True)
    is_current = serializers.SerializerMethodField(help_text="It is being talked about.")

    def get_is_current(self, item: AgendaItem) -> bool:
        """As marked by hand, or by the clock if the agenda follows it."""
        return bool(item == self.context["current"])


def agenda_resource(room: Room, items: Sequence[AgendaItem]) -> list[dict[str, Any]]:
    """The items of a room's agenda, which are given in order."""
    context = {"current": current_item(room, list(items))}
    return list(AgendaItemSerializer(items, many=True, context=context).data)


class ParticipantSerializer(serializers.Serializer[Any]):
    """Somebody's place in a room."""

    user = PersonSerializer()
    role = serializers.ChoiceField(choices=Role.choices)
    joined_at = UTCDateTimeField(allow_null=True, help_text="When they first entered.")
    left_at = UTCDateTimeField(allow_null=True, help_text="When they left for good.")


class RoomSerializer(serializers.Serializer[Any]):
    """A room as you see it."""

    # Needs what rooms.queries.resources.as_seen_by loads.
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    room_type = serializers.SlugField(source="room_type.slug")
    mode = serializers.ChoiceField(choices=Mode.choices)
    status = serializers.ChoiceField(choices=Status.choices)
    conversation = serializers.UUIDField(source="conversation_id")
    created_at = UTCDateTimeField()
    scheduled_at = UTCDateTimeField(allow_null=True)
    duration_minutes = serializers.IntegerField(help_text="As planned.")
    started_at = UTCDateTimeField(allow_null=True)
    completed_at = UTCDateTimeField(allow_null=True)
    cancelled_at = UTCDateTimeField(allow_null=True)
    actual_duration_minutes = serializers.IntegerField(
        allow_null=True, help_text="From start to completion."
    )
    participants = ParticipantSerializer(
        source="present",
        many=True,
        help_text="Who takes part now; the first 50. All are at `participants/`.",
    )
    permissions = serializers.ListField(
        child=serializers.CharField(), source="codenames", help_text="What you may do in it."
    )
    agenda_follows_clock = serializers.BooleanField()
    agenda = serializers.SerializerMethodField()

    @extend_schema_field(AgendaItemSerializer(many=True))
    def get_agenda(self, room: Any) -> list[dict[str, Any]]:
        """The agenda in order."""
        return agenda_resource(room, room.items)


class RoomsQuery(serializers.Serializer[Any]):
    """Which rooms to list."""

    status = serializers.ChoiceField(choices=Status.choices, required=False)


class CreateRoomSerializer(serializers.Serializer[Any]):
    """A new room, which stays scheduled until it is started."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    room_type = serializers.SlugRelatedField(
        slug_field="slug", queryset=RoomType.objects.filter(is_active=True), help_text="Its slug."
    )
    client_email = serializers.EmailField(
        required=False,
        allow_null=True,
        help_text="Who comes in as the client, or is invited.",
    )
    scheduled_at = UTCDateTimeField(required=False, allow_null=True)
    duration_minutes = serializers.IntegerField(
        required=False, min_value=5, max_value=MAX_MINUTES, help_text="The type's, unless given."
    )
    mode = serializers.ChoiceField(
        choices=Mode.choices,
        required=False,
        help_text="`scheduled` with a time, else `instant`, unless given.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The fields as `create_room` takes them."""
        scheduled_at = attrs.get("scheduled_at")
        attrs.setdefault("mode", Mode.INSTANT if scheduled_at is None else Mode.SCHEDULED)
        if scheduled_at is not None and attrs["mode"] != Mode.SCHEDULED:
            raise serializers.ValidationError(
                {"scheduled_at": ["Only a room of the mode 'scheduled' has a time."]}
            )
        attrs["client_email"] = attrs.get("client_email") or ""
        return attrs


class ChangeRoomSerializer(serializers.Serializer[Any]):
    """What can be changed of a room."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    scheduled_at = UTCDateTimeField(required=False, allow_null=True)
    duration_minutes = serializers.IntegerField(required=False, min_value=5, max_value=MAX_MINUTES)


class ParticipantsQuery(serializers.Serializer[Any]):
    """Which participants to list."""

    left = serializers.BooleanField(
        default=False, help_text="Those who took part and left, instead of who takes part."
    )


class AddParticipantSerializer(serializers.Serializer[Any]):
    """Somebody to add: by address or by id, not both."""

    email = serializers.EmailField(required=False)
    user = serializers.UUIDField(required=False)
    role = serializers.ChoiceField(choices=Role.choices, default=Role.PARTICIPANT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the person in place of their id; an address stays one."""
        if ("email" in attrs) == ("user" in attrs):
            raise serializers.ValidationError({"email": ["Name one person, by email or user."]})
        if "email" in attrs:
            return attrs
        person = people().filter(pk=attrs["user"]).first()
        if person is None:
            raise serializers.ValidationError({"user": ["Nobody with this id can sign in here."]})
        return attrs | {"user": person}


class InvitationSerializer(MemberInvitationSerializer):
    """An open invitation. Its link is in the mail alone."""

    role = serializers.ChoiceField(choices=Role.choices)


class InviteSerializer(serializers.Serializer[Any]):
    """Somebody to invite."""

    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(choices=INVITED_ROLES, default=Role.CLIENT)


class ChangeRoleSerializer(serializers.Serializer[Any]):
    """Another role."""

    role = serializers.ChoiceField(choices=Role.choices)


class AddAgendaItemSerializer(serializers.Serializer[Any]):
    """A new item, which goes to the end."""

    title = serializers.CharField(max_length=120)
    minutes = serializers.IntegerField(min_value=1, max_value=MAX_MINUTES)


class ChangeAgendaItemSerializer(serializers.Serializer[Any]):
    """What can be changed of an item."""

    title = serializers.CharField(max_length=120, required=False)
    minutes = serializers.IntegerField(min_value=1, max_value=MAX_MINUTES, required=False)


class CurrentItemSerializer(serializers.Serializer[Any]):
    """The item to talk about from now on; null when the last one is done."""

    item = serializers.UUIDField(allow_null=True)


class AgendaOrderSerializer(serializers.Serializer[Any]):
    """All items in their new order."""

    items = serializers.ListField(child=serializers.UUIDField(), max_length=200)


class AgendaClockSerializer(serializers.Serializer[Any]):
    """How the current item moves on."""

    follows_clock = serializers.BooleanField()
