"""What forms say where something is missing: what to do, for each field, in one place."""

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
