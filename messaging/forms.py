"""Forms of messaging."""

from typing import Any

from django import forms

from accounts.models import Organisation
from messaging.models.message import MAX_BODY_CHARACTERS
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
