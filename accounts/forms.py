"""Forms of people."""

import zoneinfo

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms

from accounts.models import User

MAX_PICTURE_BYTES = 2 * 1024 * 1024


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Sign-up asks for the name too."""

    name = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ("name", "email", "password1")


class ProfileForm(forms.Form):
    """What a person may change about themselves."""

    name = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    picture = forms.ImageField(required=False, help_text="PNG, JPEG or WebP of at most 2 MB.")
    timezone = forms.ChoiceField(label="Time zone", help_text="All times are shown in it.")
    locale = forms.ChoiceField(label="Language", choices=User._meta.get_field("locale").choices)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zoneinfo.available_timezones())
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]

    def clean_picture(self) -> object:
        """Refuse a picture over 2 MB."""
        picture = self.cleaned_data.get("picture")
        if picture and picture.size > MAX_PICTURE_BYTES:
            raise forms.ValidationError("This picture is over 2 MB. Choose a smaller one.")
        return picture
