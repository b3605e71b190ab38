"""What is shown to who was stopped by one of allauth's limits."""

from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

from accounts.limits import ACCOUNT, refused
from core.requests import too_often

ACTIONS = {
    "account_login": (ACCOUNT, "login"),
    "account_signup": (ACCOUNT, "signup"),
    "account_email": (ACCOUNT, "manage_email"),
    "account_reset_password": (ACCOUNT, "reset_password"),
    "account_reset_password_from_key": (ACCOUNT, "reset_password_from_key"),
    "account_change_password": (ACCOUNT, "change_password"),
    "account_set_password": (ACCOUNT, "change_password"),
    "account_reauthenticate": (ACCOUNT, "reauthenticate"),
    "mfa_reauthenticate": (ACCOUNT, "reauthenticate"),
    "mfa_reauthenticate_webauthn": (ACCOUNT, "reauthenticate"),
    "mfa_login_webauthn": ("allauth.mfa", "webauthn_login"),
}
"""Which limit allauth counts on which of its pages."""


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """429, with the time after which it works again, in the form that was sent."""
    match = request.resolver_match
    app, action = ACTIONS[match.view_name if match else ""]
    key = request.POST.get("email", "").lower() or None
    error = refused(request, action, key=key, app=app)
    if action == "webauthn_login":  # its button is on the page where one signs in
        request.resolver_match = resolve(reverse("account_login"))
    return too_often(request, error)
