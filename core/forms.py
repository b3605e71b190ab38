"""What all forms share: what they say where something is missing, and times."""

from datetime import datetime
from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

NOT_AN_ADDRESS = "Enter a whole e-mail address, like name@example.org."

BY_AUTOCOMPLETE = {
    "current-password": "Enter your password.",
    "new-password": "Choose a password.",
    "one-time-code": "Enter the code.",
    "name": "Enter your name.",
    "email": "Enter your e-mail address.",
    "username": "Enter your e-mail address.",
}
BY_KIND: list[tuple[type[forms.Field], str]] = [
    (forms.EmailField, "Enter an e-mail address."),
    (forms.BooleanField, "Tick this to go on."),
    (forms.ImageField, "Choose a picture."),
    (forms.FileField, "Choose a file."),
    (forms.ChoiceField, "Choose one of these."),
    (forms.ModelChoiceField, "Choose one of these."),
    (forms.DateTimeField, "Choose a day and a time."),
    (forms.DateField, "Choose a day."),
    (forms.IntegerField, "Enter a number."),
]


DATETIME_LOCAL = "%Y-%m-%dT%H:%M"
CLOCKS_CHANGE = (
    "That time does not exist (or happens twice) on that day because the clocks change. "
    "Choose another."
)


class Field(forms.BoundField):
    """A field of any form: its own words stay, Django's "This field is required." do not."""

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        words = field.error_messages
        if words.get("required") == forms.Field.default_error_messages["required"]:
            words["required"] = _asked(field, str(self.label))
        if isinstance(field, forms.EmailField):
            words.setdefault("invalid", NOT_AN_ADDRESS)


class Renderer(TemplatesSetting):
    """Widgets may have templates of ours."""

    bound_field_class: Any = Field


class LocalDateTimeInput(forms.DateTimeInput):
    """The browser's own date and time picker, in the active time zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format=DATETIME_LOCAL)


class LocalDateTimeField(forms.DateTimeField):
    """A time in the active zone, to the minute. What is left as it was shown stays as stored:
    the browser shows neither seconds nor which of two equal hours is meant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=LocalDateTimeInput(),
            input_formats=[DATETIME_LOCAL, "%Y-%m-%dT%H:%M:%S"],
            **options,
        )
        self.stored: datetime | None = None

    @property
    def shown(self) -> str | None:
        """What the browser gets of the stored time."""
        shown: str | None = self.widget.format_value(self.prepare_value(self.stored))
        return shown

    def to_python(self, value: Any) -> datetime | None:
        """The time; says why one of the night in which the clocks change is refused."""
        if self.stored is not None and value == self.shown:
            return self.stored
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            raise forms.ValidationError(CLOCKS_CHANGE, code=error.code) from None


def _asked(field: forms.Field, label: str) -> str:
    """What to do with an empty field, by what browsers know of it, its kind, or its label."""
    known = BY_AUTOCOMPLETE.get(field.widget.attrs.get("autocomplete", ""))
    if known:
        return known
    for kind, words in BY_KIND:
        if isinstance(field, kind):
            return words
    if label.endswith("?"):
        return "Answer this in a few words."
    first, rest = label[:1].lower(), label[1:]
    if (first + rest).startswith("your "):
        return f"Enter {first}{rest}."
    return f"Enter {'an' if first in 'aeiou' else 'a'} {first}{rest}."
