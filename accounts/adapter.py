"""How allauth makes accounts here: with a name, and recorded."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.actions.people import record_sign_up
from accounts.actions.sessions import NO_ADDRESS
from accounts.models import User
from accounts.models.user import validate_timezone
from core.addresses import address_of_request


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's own flow, our name field, our event and our voice."""

    error_messages: ClassVar[dict[str, str]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "E-mail and password do not match. Try again, or choose a new password."
        ),
        "too_many_login_attempts": "That was too often. Try again in a few minutes.",
        "email_taken": "There is an account with this address. Sign in, or reset its password.",
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that allauth's own limits count, and its mails name."""
        return address_of_request(request) or NO_ADDRESS

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the account of the sign-up form and record it."""
        user.name = form.cleaned_data["name"].strip()
        user.timezone = _zone_of(request) or user.timezone
        super().save_user(request, user, form, commit=commit)
        if commit:
            record_sign_up(actor=user)
        return user


def _zone_of(request: HttpRequest) -> str:
    name = request.COOKIES.get("timezone", "")
    try:
        validate_timezone(name)
    except ValidationError:
        return ""
    return name
