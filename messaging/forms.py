"""Forms of messaging."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime

from accounts.models import Organisation
from core.forms import LocalDateTimeField
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
