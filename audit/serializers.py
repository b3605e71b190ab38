"""The audit log in the API."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from rest_framework import serializers

from audit.exports import FORMS
from audit.queries import DONE, OUTCOMES, REFUSED, Search, action_of, is_refusal, object_of
from core.events import MAX_NUMBER, StreamKey, UnknownStream
from core.models import Event
from core.serializers import UTCDateTimeField


class SearchQuery(serializers.Serializer[Any]):
    """What to look for; what is left out is anything."""

    person = serializers.CharField(
        required=False,
        max_length=254,
        help_text="Who did it: an id or an e-mail address. An address also finds the failed "
        "sign-ins with it, whether or not anybody has it.",
    )
    object = serializers.CharField(
        required=False,
        max_length=100,
        help_text="What it was about: `room:<id>`, `user:<id>`, `message:<id>`, or the id alone.",
    )
    action = serializers.CharField(
        required=False,
        max_length=100,
        help_text="An event's name, for example RoomCompleted; of refused attempts the way in, "
        "for example `POST api:room-complete`.",
    )
    outcome = serializers.ChoiceField(
        choices=OUTCOMES, required=False, help_text="Left out: what was done and what was refused."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With `from` and `to`, which Python keeps for itself."""
        return {
            **super().get_fields(),
            "from": UTCDateTimeField(required=False, source="since", help_text="The beginning."),
            "to": UTCDateTimeField(
                required=False, source="until", help_text="The end, itself left out."
            ),
        }

    def validate_person(self, text: str) -> Any:
        """Their id, whoever they are, and the address by which they were named."""
        if "@" not in text:
            return {"person": serializers.UUIDField().run_validation(text)}
        people = get_user_model().objects.filter(email__iexact=text)
        return {"person": people.values_list("pk", flat=True).first(), "address": text}

    def validate_object(self, text: str) -> str:
        """An id, or a kind and an id."""
        try:
            StreamKey.parse(text if ":" in text else f"any:{text}")
        except UnknownStream:
            raise serializers.ValidationError("An object is <kind>:<id>, or its id.") from None
        return text

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """As one search."""
        form = {"form": attrs.pop("format")} if "format" in attrs else {}
        named = attrs.pop("person", {})
        return {"search": Search(**named, **attrs), **form}


class ExportSerializer(SearchQuery):
    """What to take away, and how."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """A file has a beginning and an end."""
        fields = super().get_fields()
        fields["from"].required = fields["to"].required = True
        form = serializers.ChoiceField(choices=[*FORMS], default="csv")
        return {**fields, "format": form}


class ActorSerializer(serializers.Serializer[Any]):
    """Who did it. Where nobody was signed in, the user that background work acts as."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    email = serializers.EmailField()


class PersonalSerializer(serializers.Serializer[Any]):
    """What is ``personal`` of a row is null unless the context says that a reason shows it."""

    personal: ClassVar[tuple[str, ...]]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Those that can be kept back may be null."""
        fields = super().get_fields()
        for name in self.personal:
            fields[name].allow_null = True
        return fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """The row, or what anybody who administers may see of it."""
        shown: dict[str, Any] = super().to_representation(instance)
        return shown if self.context["shows_all"] else shown | dict.fromkeys(self.personal)


class EntrySerializer(PersonalSerializer):
    """Something that was done, or tried."""

    personal = ("actor", "object", "stream", "seq", "ip", "user_agent", "session", "data")

    id = serializers.IntegerField(max_value=MAX_NUMBER)
    at = UTCDateTimeField()
    outcome = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField()
    actor = ActorSerializer()
    object = serializers.SerializerMethodField()
    stream = serializers.CharField()
    seq = serializers.IntegerField()
    ip = serializers.IPAddressField(allow_null=True)
    user_agent = serializers.CharField()
    session = serializers.CharField(help_text="A digest that tells sessions apart.")
    data = serializers.DictField()  # type: ignore[assignment]  # hides the serializer's own

    def get_outcome(self, event: Event) -> str:
        """`done` or `refused`."""
        return REFUSED if is_refusal(event) else DONE

    def get_action(self, event: Event) -> str:
        """The event's name, or what was tried."""
        return action_of(event)

    def get_object(self, event: Event) -> str:
        """`<kind>:<id>`, or empty."""
        return object_of(event)


class AccessReceiptSerializer(serializers.Serializer[Any]):
    """Somebody who runs the system looked at your data."""

    id = serializers.UUIDField()
    staff = ActorSerializer()
    object = serializers.CharField(
        help_text="`<kind>:<id>`; of a list in which you were shown its kind alone, `accounts` or "
        "`audit_log`."
    )
    title = serializers.CharField(help_text="What, in words.")
    reason = serializers.CharField()
    at = UTCDateTimeField()
    ends_at = UTCDateTimeField(help_text="Until then they could look again.")
