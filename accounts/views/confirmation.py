"""The page after signing up, which sends the mail again."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    consume_email_verification_rate_limit,
    get_address_for_login,
)
from allauth.account.models import Login
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.account.views import EmailVerificationSentView
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.limits import refused


@method_decorator(never_cache, name="dispatch")
class LookInYourInbox(EmailVerificationSentView):  # type: ignore[misc]
    """Tells where the mail went, and sends it again.

    Where somebody has the address already, the session holds no person but the address alone.
    They get another mail; words, limit and the time that it takes are the same.
    """

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """``email`` is where the mail went, None once that was too long ago."""
        found: dict[str, Any] = super().get_context_data(**kwargs)
        login = _waiting(self.request)
        return found | {"email": login and _address_of(login), "form": Form()}

    def post(self, request: HttpRequest) -> HttpResponse:
        """Send it again, at most once in three minutes (429)."""
        login = _waiting(request)
        if login is None:
            messages.info(request, "That was a while ago. Sign in, and we send a new link.")
            return redirect("account_login")
        email = _address_of(login)
        if not consume_email_verification_rate_limit(request, email):
            words = "A mail went out only just now. Look among the spam, too."
            raise refused(request, "confirm_email", key=email.lower(), words=words)
        address = get_address_for_login(login) if login.user else None
        if address is None or address.verified:
            get_adapter().send_account_already_exists_mail(email)
        else:
            address.send_confirmation(request, signup=login.signup)
        messages.success(request, f"We have sent another mail to {email}.")
        return redirect("account_email_verification_sent")


def _waiting(request: HttpRequest) -> Login | None:
    """Who waits in this browser for an address to be confirmed."""
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return stage.login if stage else None


def _address_of(login: Login) -> str:
    address = get_address_for_login(login) if login.user else None
    return str(address.email if address else login.email)
