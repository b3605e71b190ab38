"""Forms of people."""

import zoneinfo
from typing import Any
from uuid import uuid4

from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.socialaccount.forms import SignupForm as AllauthProviderSignupForm
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.utils.crypto import salted_hmac
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from accounts.actions.tokens import DAYS, SIGNED_IN_DAYS
from accounts.limits import SAID_BY_FORMS, factor_key, refused
from accounts.models import ApiToken, Organisation, Scope, User
from accounts.queries import account_of

MAX_PICTURE_BYTES = 2 * 1024 * 1024
MAX_CREDENTIAL_CHARACTERS = 64 * 1024
"""Attestation certificates included, answers have a few kilobytes."""


class _ByProof:
    """An address is taken by whoever signed up with it or has confirmed it.

    allauth counts an address that somebody has merely added to their account, too: that would
    hold up its owner, who would be told of an account, and sent a new password for a stranger's.
    """

    account_already_exists: bool

    def validate_unique_email(self, value: str) -> str:
        """The address; whether it is taken is told by mail alone."""
        self.account_already_exists = account_of(value) is not None
        return value


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    """Mails a link to whose address it is, not to whoever has added it to their account."""

    def clean_email(self) -> str:
        """The address, and the one person whose password is meant."""
        email: str = super().clean_email()
        owner = account_of(email)
        self.users = [owner] if owner is not None and owner.is_active else []
        return email


class SignupForm(_ByProof, AllauthSignupForm):  # type: ignore[misc]
    """Sign-up asks for the name too."""

    name = forms.CharField(
        max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})
    )
    field_order = ("name", "email", "password1")


class ProviderSignupForm(_ByProof, AllauthProviderSignupForm):  # type: ignore[misc]
    """What a provider did not say about a new person: the name, or the address."""

    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["name"] = self.sociallogin.user.name


class _Counted:
    """A form of allauth that counts attempts: over the limit it raises `RateLimited` (429)."""

    user: User

    def add_error(self, field: str | None, error: Any) -> None:
        """As always, but where allauth says that there were too many attempts."""
        if getattr(error, "code", "") in SAID_BY_FORMS:
            key = factor_key(self.user.pk)
            words = "There were too many wrong codes for this account."
            raise refused(context.request, "login_failed", key=key, words=words) from None
        super().add_error(field, error)  # type: ignore[misc]


class _OneTime(_Counted):
    """A code is good for one use, for as long as it would be accepted.

    allauth remembers a used code for one period, but with a tolerance accepts it for three: who
    looked over a shoulder could use it again.
    """

    def clean_code(self) -> str:
        """The code, which is right and was not used before."""
        code: str = super().clean_code()  # type: ignore[misc]
        plain = normalize_user_code(code)  # allauth ignores spaces and dashes: so must this
        used = salted_hmac("accounts.one-time-code", f"{self.user.pk} {plain}").hexdigest()
        periods = 2 * mfa_settings.TOTP_TOLERANCE + 1
        seconds = periods * mfa_settings.TOTP_PERIOD
        if not cache.add(f"one-time-code:{used}", True, timeout=seconds):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class SecondStepForm(_OneTime, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in: a code of the app, or a recovery code."""


class SecondStepAgainForm(_OneTime, ReauthenticateForm):  # type: ignore[misc]
    """Proving once more who one is, with such a code."""


class SetUpAppForm(_Counted, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app shows that it has the right key."""

    code = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # An empty form would show a new key; after too many attempts (`core.requests.too_often`)
        # the key that the app has must stay.
        kwargs.setdefault("data", context.request.POST or None)
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        """The code; what is said of a wrong one names no recovery codes: there are none yet."""
        try:
            return str(super().clean_code())
        except forms.ValidationError as error:
            if error.code == "incorrect_code":
                error.message = "That code did not work. Enter the one that the app shows now."
            raise


class CredentialField(forms.JSONField):
    """What a browser's authenticator answered, as JSON: shaped as WebAuthn says, or refused.

    allauth hands it to `fido2`, which takes a well-formed answer for granted.
    """

    def __init__(self, shape: type[RegistrationResponse | AuthenticationResponse]) -> None:
        none = {"required": "No answer came from a passkey. Try again."}
        super().__init__(widget=forms.HiddenInput, error_messages=none)
        self.shape = shape

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Nothing to show again: each challenge takes an answer of its own."""
        return None

    def to_python(self, value: Any) -> Any:
        """The answer as JSON; it is parsed here only to see that it can be."""
        refusal = get_mfa_adapter().validation_error("incorrect_code")
        if isinstance(value, str) and len(value) > MAX_CREDENTIAL_CHARACTERS:
            raise refusal
        try:
            answer = super().to_python(value)
            if answer not in self.empty_values:
                self.shape.from_dict(answer)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            raise refusal from None
        return answer


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey signs in alone unless one asks for less."""

    credential = CredentialField(RegistrationResponse)
    name = forms.CharField(
        max_length=100,
        required=False,
        help_text="So that you know it again, for example “Laptop” or “Blue key”.",
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without the password",
        required=False,
        initial=True,
        help_text="It then asks for your fingerprint, face or PIN. Older security keys cannot "
        "do that: leave it out for those.",
    )


class PasskeyStepForm(_Counted, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The second step of signing in, with a passkey."""

    credential = CredentialField(AuthenticationResponse)


class PasskeyLoginForm(LoginWebAuthnForm):  # type: ignore[misc]
    """Signing in with a passkey alone."""

    credential = CredentialField(AuthenticationResponse)


class PasskeyAgainForm(_Counted, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Proving once more who one is, with a passkey."""

    credential = CredentialField(AuthenticationResponse)


class RemovePasskeyForm(forms.Form):
    """Asks for nothing, and refuses to leave somebody without what they must sign in with."""

    def __init__(self, *args: Any, authenticator: Authenticator, **kwargs: Any) -> None:
        self.authenticator = authenticator
        super().__init__(*args, **kwargs)

    def clean(self) -> None:
        """Refuse the last needed one, as the app's page does."""
        if not get_mfa_adapter().can_delete_authenticator(self.authenticator):
            raise forms.ValidationError(
                "Staff sign in with two steps here. Set up an authenticator app or another "
                "passkey first, then remove this one."
            )


class NameForm(forms.Form):
    """How somebody who comes by a link is called."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class KeepAccountForm(forms.Form):
    """The password of an account whose address is known to be the person's."""

    password1 = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class NewAccountForm(KeepAccountForm, NameForm):
    """Name and password of a new account."""

    field_order = ("name", "password1")


class ApiTokenForm(forms.Form):
    """A new API token. ``key`` is each form's own: sent again, it makes no second token."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    name = forms.CharField(
        label="What is it for?",
        max_length=ApiToken._meta.get_field("name").max_length,
        help_text="For example: nightly export.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label="What may it do?",
        choices=[
            (Scope.READ, "Read what you can read"),
            (Scope.WRITE, "Read and change what you can"),
            (Scope.ADMIN, "Administer as well"),
        ],
        initial=Scope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(
        label="How long does it work?",
        choices=[(days, "1 year" if days == 365 else f"{days} days") for days in DAYS],
        initial=SIGNED_IN_DAYS,
        coerce=int,
    )

    def __init__(self, *args: Any, administers: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        scope: Any = self.fields["scope"]
        if not administers:
            scope.choices = [choice for choice in scope.choices if choice[0] != Scope.ADMIN]


class InviteMemberForm(forms.Form):
    """Somebody's address, and their role in an organisation."""

    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField()

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [(role.value, role.label) for role in organisation.roles]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


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
