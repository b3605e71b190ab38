"""Forms of rooms."""

from typing import Any

from django import forms
from django.utils import timezone

from core.forms import LocalDateTimeField
from rooms.models import Mode, Role, Room, RoomType, Status


class RoomForm(forms.Form):
    """What is asked for a new consultation."""

    name = forms.CharField(
        label="What is it about?",
        max_length=200,
        error_messages={"required": "Say in a few words what it is about."},
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )
    client_email = forms.EmailField(
        label="With whom?",
        required=False,
        help_text="The client's e-mail address. Who has no account gets an invitation by mail.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    room_type = forms.ModelChoiceField(
        label="Type",
        queryset=RoomType.objects.none(),
        empty_label=None,
        to_field_name="slug",
        help_text="Each type brings its agenda, which you can change.",
    )
    mode = forms.ChoiceField(
        label="When?", choices=Mode.choices, widget=forms.RadioSelect, initial=Mode.INSTANT
    )
    scheduled_at = LocalDateTimeField(label="Begins", required=False)
    duration_minutes = forms.IntegerField(
        label="Planned minutes",
        required=False,
        min_value=5,
        max_value=24 * 60,
        help_text="Left empty, the type's own.",
    )
    description = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = RoomType.objects.filter(is_active=True).order_by("position", "name")
        self.fields["room_type"].queryset = types  # type: ignore[attr-defined]
        zone = timezone.get_current_timezone_name()
        self.fields["scheduled_at"].help_text = f"In your time zone, {zone.replace('_', ' ')}."

    def clean(self) -> dict[str, Any]:
        """A scheduled consultation needs a time in the future."""
        values = super().clean() or {}
        if values.get("mode") == Mode.SCHEDULED:
            self._check_time(values)
        return values

    def _check_time(self, values: dict[str, Any]) -> None:
        if values.get("scheduled_at") is None:
            if "scheduled_at" not in self.errors:
                self.add_error("scheduled_at", "Choose day and time.")
        elif values["scheduled_at"] < timezone.now():
            self.add_error("scheduled_at", "This time has passed. Choose a later one.")


class RoomSettingsForm(forms.Form):
    """What can be changed of a room afterwards."""

    name = forms.CharField(max_length=200)
    description = forms.CharField(
        required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    scheduled_at = LocalDateTimeField(label="Begins", required=False)
    duration_minutes = forms.IntegerField(label="Planned minutes", min_value=5, max_value=24 * 60)

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if room.status != Status.SCHEDULED or room.mode == Mode.ASYNCHRONOUS:
            del self.fields["scheduled_at"]
        else:
            self.fields["scheduled_at"].stored = room.scheduled_at  # type: ignore[attr-defined]


class AddPersonForm(forms.Form):
    """Somebody's address and role: they are added, or invited if they have no account."""

    email = forms.EmailField(label="E-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(choices=Role.choices, initial=Role.PARTICIPANT)


class AgendaItemForm(forms.Form):
    """Something to talk about, and for how long."""

    title = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    minutes = forms.IntegerField(min_value=1, max_value=24 * 60, initial=10)
