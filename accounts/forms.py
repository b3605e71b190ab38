"""Forms of people."""

import zoneinfo
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User

MAX_PICTURE_BYTES = 2 * 1024 * 1024


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """Sign-up asks for the name too."""

    name = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ("name", "email", "password1")


class PictureInput(forms.ClearableFileInput):
    """Choose a picture, or remove the present one."""

    template_name = "components/picture_input.html"


class ProfileForm(forms.Form):
    """What a person may change about themselves."""

    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    picture = forms.ImageField(
        required=False,
        help_text="PNG, JPEG or WebP of at most 2 MB.",
        widget=PictureInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    timezone = forms.ChoiceField(label="Time zone", help_text="All times are shown in it.")
    locale = forms.ChoiceField(label="Language", choices=settings.LANGUAGES)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(*args, **kwargs)
        zones = sorted(zoneinfo.available_timezones())
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]

    @property
    def changes(self) -> dict[str, Any]:
        """What was changed, for `update_profile`."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def clean_picture(self) -> Any:
        """Refuse a picture over 2 MB. Without a new one the value is the present picture."""
        picture = self.cleaned_data.get("picture")
        if isinstance(picture, UploadedFile) and (picture.size or 0) > MAX_PICTURE_BYTES:
            raise forms.ValidationError("This picture is over 2 MB. Choose a smaller one.")
        return picture
