"""Forms of messaging."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime

from accounts.models import Organisation
from core.forms import LocalDateTimeField
from messaging.models import ConversationMember, MessagingSettings, Notify
from messaging.models.meeting import LEAST_MINUTES, MAX_LINK_CHARACTERS, MAX_MINUTES
from messaging.models.meeting import MAX_TITLE_CHARACTERS as MAX_MEETING_TITLE
from messaging.models.message import MAX_BODY_CHARACTERS
from messaging.models.reminder import MAX_NOTE_CHARACTERS
from messaging.models.template import MAX_SHORTCUT_CHARACTERS, MAX_TITLE_CHARACTERS


class ReplyTemplateForm(forms.Form):
    """A template for replies."""

    title = forms.CharField(
        max_length=MAX_TITLE_CHARACTERS,
        help_text="By this you find it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shortcut = forms.CharField(
        required=False,
        max_length=MAX_SHORTCUT_CHARACTERS + 1,
        help_text="A short word to type after the slash, such as “thanks”.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    body = forms.CharField(
        label="Reply",
        max_length=MAX_BODY_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
    )
    is_shared = forms.BooleanField(required=False)

    def __init__(self, *args: Any, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if organisation is None:
            del self.fields["is_shared"]
        else:
            self.fields["is_shared"].label = f"Everybody at {organisation.name} may use it"


class MomentField(LocalDateTimeField):
    """A time as the picker gives it, in the active zone; or as a button gives it, with its zone."""

    def to_python(self, value: Any) -> datetime | None:
        """The moment."""
        try:
            moment = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment
        return super().to_python(value)


class SendLaterForm(forms.Form):
    """When a message is to be sent."""

    send_at = MomentField(label="When?")


class ScheduledForm(SendLaterForm):
    """Words and time of a message that waits."""

    body = forms.CharField(
        label="Message",
        max_length=MAX_BODY_CHARACTERS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )
    field_order = ["body", "send_at"]


class ReminderForm(forms.Form):
    """When to be reminded, and of what beside the message itself."""

    remind_at = MomentField(label="When?")
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=MAX_NOTE_CHARACTERS,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


DAYS = [
    (0, "Monday"),
    (1, "Tuesday"),
    (2, "Wednesday"),
    (3, "Thursday"),
    (4, "Friday"),
    (5, "Saturday"),
    (6, "Sunday"),
]


class TimeInput(forms.TimeInput):
    """The browser's own picker of a time of day."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


USUAL_NIGHT = {"quiet_from": time(22), "quiet_until": time(7)}
"""Proposed to whoever keeps no quiet hours yet."""


class SettingsForm(forms.Form):
    """Somebody's settings of messaging; quiet hours are in their own zone."""

    notifications = forms.ChoiceField(
        label="Tell me about", choices=Notify.choices, widget=forms.RadioSelect
    )
    has_quiet_hours = forms.BooleanField(label="Keep quiet hours", required=False)
    quiet_from = forms.TimeField(label="From", required=False, widget=TimeInput())
    quiet_until = forms.TimeField(label="Until", required=False, widget=TimeInput())
    quiet_days = forms.TypedMultipleChoiceField(
        label="On",
        choices=DAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    shows_receipts = forms.BooleanField(
        label="Read receipts",
        required=False,
        help_text="Others see what has reached you and what you have seen, and when.",
    )
    shows_typing = forms.BooleanField(
        label="Typing", required=False, help_text="Others see that you are writing."
    )
    shows_presence = forms.BooleanField(
        label="Presence",
        required=False,
        help_text="Others see whether you are here, and when you were. Who is in a consultation "
        "with you sees that you are there in any case.",
    )
    enter_sends = forms.BooleanField(
        label="Enter sends",
        required=False,
        help_text="Shift Enter starts a line. Without it, Enter starts a line and Ctrl Enter "
        "sends.",
    )

    def __init__(self, data: Any = None, *, settings: MessagingSettings) -> None:
        initial: dict[str, Any] = {name: getattr(settings, name, None) for name in self.base_fields}
        initial["has_quiet_hours"] = settings.quiet_from is not None
        if settings.quiet_from is None:
            initial |= USUAL_NIGHT
        super().__init__(data, initial=initial)

    def clean(self) -> dict[str, Any]:
        """Quiet hours that are kept have both ends and a day."""
        values = super().clean() or {}
        if values.get("has_quiet_hours"):
            for name, words in {
                "quiet_from": "Enter when they begin.",
                "quiet_until": "Enter when they end.",
                "quiet_days": "Choose at least one day.",
            }.items():
                if name not in self.errors and values.get(name) in (None, []):
                    self.add_error(name, words)
        return values

    @property
    def changes(self) -> dict[str, Any]:
        """What `change_settings` takes."""
        values = dict(self.cleaned_data)
        if not values.pop("has_quiet_hours"):
            values |= {"quiet_from": None, "quiet_until": None}
            del values["quiet_days"]  # which days they were stays known
        return values


FOLLOWED = {"": None, "yes": True, "no": False}


class PlaceSettingsForm(forms.Form):
    """In what one conversation differs from somebody's settings, each of which it may follow."""

    notifications = forms.ChoiceField(label="Tell me about", required=False)
    shows_receipts = forms.TypedChoiceField(
        label="Read receipts", required=False, coerce=FOLLOWED.get, empty_value=None
    )
    shows_typing = forms.TypedChoiceField(
        label="Typing", required=False, coerce=FOLLOWED.get, empty_value=None
    )

    def __init__(
        self, data: Any = None, *, place: ConversationMember, settings: MessagingSettings
    ) -> None:
        words = {value: word for word, value in FOLLOWED.items()}
        initial = {
            "notifications": place.notifications,
            "shows_receipts": words[place.shows_receipts],
            "shows_typing": words[place.shows_typing],
        }
        super().__init__(data, initial=initial)
        general = Notify(settings.notifications).label.lower()
        fields: dict[str, Any] = self.fields
        fields["notifications"].choices = [
            ("", f"As in my settings: {general}"),
            *Notify.choices,
        ]
        for name in ("shows_receipts", "shows_typing"):
            general = "shown" if getattr(settings, name) else "hidden"
            fields[name].choices = [
                ("", f"As in my settings: {general}"),
                ("yes", "Show here"),
                ("no", "Hide here"),
            ]


class MeetingForm(forms.Form):
    """A meeting to call or to change."""

    title = forms.CharField(
        label="What is it about?",
        max_length=MAX_MEETING_TITLE,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    starts_at = LocalDateTimeField(label="When?")
    duration_minutes = forms.IntegerField(
        label="Minutes",
        min_value=LEAST_MINUTES,
        max_value=MAX_MINUTES,
        initial=30,
        widget=forms.NumberInput(attrs={"step": 5}),
    )
    link = forms.CharField(
        label="Link",
        max_length=MAX_LINK_CHARACTERS,
        help_text="Of a Google Meet, Zoom or Teams meeting, or of one of your consultations here.",
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
    )
