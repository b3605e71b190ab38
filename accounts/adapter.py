"""How allauth behaves here: accounts with a name, in our words, and recorded."""

import logging
import secrets
import time
from datetime import timedelta
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR, EmailVerificationMethod
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import EmailAddress, Login
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.account.utils import user_pk_to_url_str
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import (
    DefaultSocialAccountAdapter,
    _build_apps_from_settings,
)
from allauth.socialaccount.internal.flows.signup import complete_social_signup
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.actions.devices import note_device
from accounts.actions.passwords import change_password
from accounts.actions.people import record_sign_up
from accounts.actions.sessions import NO_ADDRESS
from accounts.actions.takeover import begin_anew
from accounts.clients.mail import hand_over
from accounts.limits import refused
from accounts.models import User
from accounts.models.user import validate_timezone
from accounts.queries import (
    DEVICE_KEPT,
    has_no_way_in,
    has_only_begun,
    is_last_needed_factor,
    is_only_named,
)
from core.addresses import address_of_request
from core.encryption import decrypt, encrypt, encrypted_in_json

logger = logging.getLogger(__name__)
_NAME_LENGTH = User._meta.get_field("name").max_length
DEVICE_COOKIE = "device"
BEGUN = "begun"
"""In a session: the account that was made in it."""

TOO_MANY_PASSWORDS = "There were too many wrong passwords for this account."
PROOFS = frozenset({"password", "mfa"})
"""Ways of signing in that are proof enough for changing how one signs in."""

encrypted_in_json("mfa.Authenticator", "data", "secret", "seed")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's own flow, our name field, our event and our voice."""

    error_messages: ClassVar[dict[str, str]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": (
            "E-mail and password do not match. Try again, or choose a new password."
        ),
        "enter_current_password": "That is not your current password.",
        "email_taken": "There is an account with this address. Sign in, or reset its password.",
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that allauth's own limits count, and its mails name."""
        return address_of_request(request) or NO_ADDRESS

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """As allauth, but not before what it tells of stands (`accounts.views.written`)."""
        request = allauth_context.request
        common = {"request": request, "email": email, "current_site": get_current_site(request)}
        hand_over(self.render_mail(template_prefix, email, common | context))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """As allauth; the mail knows to whom it goes, and says when in their time zone."""
        super().send_notification_mail(template_prefix, user, {"to": user} | (context or {}), email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt; raises `RateLimited`, so that pages and API answer 429."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise refused(request, "login_failed", key=key, words=TOO_MANY_PASSWORDS) from None

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of who has just signed in: that was the same proof.

        By the password or a second factor, that is; a link or a provider may have let in whoever
        had the mailbox or the provider's browser open. allauth itself counts what was proven
        again only.
        """
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        request = allauth_context.request
        proofs = [
            record["at"]
            for record in get_authentication_records(request, request.user)
            if record["method"] in PROOFS
        ]
        fresh_from = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return not proofs or proofs[-1] <= fresh_from

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The ways to prove who one is, each with ``id``, ``url`` and our words for it."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        words = {"mfa_reauthenticate:webauthn": "Use a passkey"}
        return [way | {"description": words.get(way["id"], way["description"])} for way in ways]

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Save the account of the sign-up form and record it."""
        user.name = form.cleaned_data["name"].strip()
        user.timezone = zone_of(request) or user.timezone
        with transaction.atomic():
            super().save_user(request, user, form, commit=commit)
            if commit:
                record_sign_up(actor=user)
        request.session[BEGUN] = str(user.pk)
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """By its mail's link. In another browser than the one that began the account, begin anew.

        Whoever has the mailbox need not be who signed up with its address, and a button says
        nothing about who laid out the ways in.
        """
        user = email_address.user
        with transaction.atomic():
            if has_only_begun(user) and not _began_here(request, user):
                begin_anew(actor=user)
            return bool(super().confirm_email(request, email_address))

    def get_email_verification_redirect_url(self, email_address: EmailAddress) -> str:
        """To choosing a password, where there is no way in but a new one."""
        user = email_address.user
        if not self.request.user.is_authenticated and has_no_way_in(user):
            token = PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
            parts = {"uidb36": user_pk_to_url_str(user), "key": token}
            return reverse("account_reset_password_from_key", kwargs=parts)
        return str(super().get_email_verification_redirect_url(email_address))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """After signing in: recognise the browser by its mark, which it gets the first time.

        The mark is the same for everybody who signs in there; each has a row of their own for it.
        """
        response: HttpResponse = super().post_login(request, user, **kwargs)
        mark = request.get_signed_cookie(
            DEVICE_COOKIE, default="", salt=DEVICE_COOKIE, max_age=DEVICE_KEPT
        )
        mark = mark or secrets.token_urlsafe(32)
        note_device(actor=user, mark=mark)
        response.set_signed_cookie(
            DEVICE_COOKIE,
            mark,
            salt=DEVICE_COOKIE,
            max_age=DEVICE_KEPT,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response

    def set_password(self, user: User, password: str) -> None:
        """A changed, first or reset password, from allauth's forms; by `change_password`."""
        is_here = self.request.user.is_authenticated and self.request.user.pk == user.pk
        keep = self.request.session.session_key if is_here else None
        change_password(actor=user, user=user, password=password, keep_session=keep)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors in our words, under the product's name."""

    error_messages: ClassVar[dict[str, str]] = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": (
            "Staff sign in with two steps here. Add a passkey first, then remove the app."
        ),
        "cannot_generate_recovery_codes": (
            "Recovery codes stand in for an authenticator app or a passkey. Set one up first."
        ),
        "incorrect_code": (
            "That did not work. Try again, with a fresh code, or with a recovery code that you "
            "have not used."
        ),
        "unverified_email": "Confirm all your e-mail addresses first, or remove those not yours.",
    }

    def get_totp_issuer(self) -> str:
        """The name under which an authenticator app lists the account."""
        return "Consult Suite"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name under which a browser keeps the passkey; it belongs to the site's host."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": "Consult Suite"}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's
        """What a passkey is called until its owner says otherwise."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"

    def encrypt(self, text: str) -> str:
        """How the app's secret and the recovery codes' seed are stored."""
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """What was stored; raises `Undecryptable`."""
        return decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of somebody who must have one."""
        return not is_last_needed_factor(authenticator)


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Accounts at Google and Microsoft: who they let in, and what is kept of what they say."""

    error_messages: ClassVar[dict[str, str]] = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": (
            "There is an account with this address. Sign in to it, then connect %s in your profile."
        ),
        "no_password": "Set a password first: without one you could not sign in any more.",
        "no_verified_email": "Confirm an e-mail address first: without one you could not sign in.",
        "connected_other": "That account is connected to another person here.",
    }

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Name and time zone of a new person; and of the claims only what is needed.

        An address counts as confirmed only where the provider speaks for it. Otherwise our own
        mail confirms it, and it opens no account that is there already.
        """
        user: User = super().populate_user(request, sociallogin, data)
        user.name = (data.get("name") or _joined(data))[:_NAME_LENGTH].strip()
        user.timezone = zone_of(request) or user.timezone
        claims = sociallogin.account.extra_data.get("id_token") or {}
        speaks = sociallogin.account.provider == "google" and _google_speaks_for(claims)
        for address in sociallogin.email_addresses:
            address.verified = speaks
        kept = {name: claims[name] for name in ("sub", "name", "email") if name in claims}
        sociallogin.account.extra_data = {"id_token": kept}
        return user

    def list_apps(
        self, request: HttpRequest | None, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those of the settings: none is kept in the database, so nothing is asked of it."""
        apps = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for of_one_kind in apps.values() for app in of_one_kind]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The access token has served: it is not even kept in the session."""
        sociallogin.token = None

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Only into an account whose own address is confirmed.

        Whoever has merely named the address has not shown that it is theirs.
        """
        confirmed = EmailAddress.objects.filter(email__iexact=email, verified=True)
        return bool(super().can_authenticate_by_email(login, email)) and confirmed.exists()

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A new person without a name is asked for it.

        Whose address somebody else has merely added to their account signs up here and now:
        allauth would count it as taken, which the sign-up form does not (`accounts.forms`).
        """
        if not sociallogin.user.name:
            return False
        if sociallogin.email_addresses and is_only_named(sociallogin.email_addresses[0].email):
            self.save_user(request, sociallogin)
            raise ImmediateHttpResponse(complete_social_signup(request, sociallogin))
        return True

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Save a new person and record it; by the form that asks for the rest if there is one."""
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            if form is None:  # otherwise `AccountAdapter.save_user` has
                record_sign_up(actor=user)
        request.session[BEGUN] = str(user.pk)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None,
        extra_context: Any = None,
    ) -> None:  # fmt: skip
        """Note what kind of failure it was; what the provider said may name somebody."""
        kind = type(exception).__name__ if exception else error
        logger.warning("Signing in with %s failed: %s", getattr(provider, "name", "?"), kind)


def _began_here(request: HttpRequest, user: User) -> bool:
    """Whether this browser made the account, or has just signed in to it."""
    if request.session.get(BEGUN) == str(user.pk):
        return True
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return stage is not None and stage.login.user == user


def _google_speaks_for(claims: dict[str, Any]) -> bool:
    """True for an address that Google itself hosts, as its documentation of ID tokens says.

    ``email_verified`` alone means that somebody once followed a mail there; the address may
    belong to another person by now.
    """
    if claims.get("email_verified") is not True:
        return False
    host = str(claims.get("email", "")).lower().rpartition("@")[2]
    return host == "gmail.com" or bool(claims.get("hd"))


def _joined(data: dict[str, Any]) -> str:
    return " ".join(filter(None, [data.get("first_name"), data.get("last_name")]))


def sign_in_by_link(request: HttpRequest, user: User, redirect_url: str) -> HttpResponse:
    """Let in whom a link has shown to be who they are, as allauth does after a password.

    A guest is signed out after GUEST_SESSION_DAYS. Answers with the way to ``redirect_url``.
    """
    record_authentication(request, user, method="link", email=user.email)
    login = Login(
        user=user,
        email_verification=EmailVerificationMethod.NONE,
        redirect_url=redirect_url,
    )
    response: HttpResponse = perform_login(request, login)
    if user.is_guest:
        request.session.set_expiry(timedelta(days=settings.GUEST_SESSION_DAYS))
    return response


def zone_of(request: HttpRequest) -> str:
    """The browser's time zone, or empty where it tells none that there is."""
    name = request.COOKIES.get("timezone", "")
    try:
        validate_timezone(name)
    except ValidationError:
        return ""
    return name
