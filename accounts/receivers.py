"""What accounts does when something happens elsewhere."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.account.signals import (
    email_added,
    email_changed,
    email_confirmed,
    email_removed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_removed,
    authenticator_used,
)
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import permissions
from accounts.actions.addresses import (
    record_address_added,
    record_address_confirmed,
    record_address_removed,
    record_main_address_changed,
)
from accounts.actions.guests import note_kept
from accounts.actions.people import record_sign_in
from accounts.actions.providers import (
    record_provider_connected,
    record_provider_disconnected,
)
from accounts.actions.second_factors import (
    note_second_factor_used,
    record_second_factor_removed,
)
from accounts.actions.sessions import record_sign_out
from accounts.actions.tokens import note_token_used
from accounts.models import ApiToken, User
from core.authentication import token_used


def synchronise_role_groups(**_: Any) -> None:
    """After migrating: the groups hold what the table of roles says."""
    # Permissions are made by a post_migrate receiver too; ours may run before the other apps'.
    for label in ("accounts", "messaging", "rooms"):
        if apps.is_installed(label):
            create_permissions(apps.get_app_config(label), verbosity=0)
    permissions.synchronise_groups()


@receiver(user_logged_in)
def note_sign_in(request: HttpRequest, user: User, **_: Any) -> None:
    """allauth let somebody in by its forms, or by the link that confirms an address."""
    record_sign_in(actor=user, method=_method(get_authentication_records(request, user)))


def _method(records: list[dict[str, Any]]) -> str:
    """How somebody signed in: ``password``, ``password+totp``, ``passkey``, ``google`` ..."""
    words = []
    for step in records:
        if step.get("passwordless"):
            words.append("passkey")
        else:
            words.append(step.get("provider") or step.get("type") or step["method"])
    return "+".join(dict.fromkeys(words)) or "link"


@receiver(email_added)
def note_address_added(user: User, email_address: EmailAddress, **_: Any) -> None:
    """On the page about addresses."""
    record_address_added(actor=user, address=email_address)


@receiver(email_confirmed)
def note_address_confirmed(email_address: EmailAddress, **_: Any) -> None:
    """By the link in its mail."""
    record_address_confirmed(actor=email_address.user, address=email_address)


@receiver(email_removed)
def note_address_removed(user: User, email_address: EmailAddress, **_: Any) -> None:
    """On the page about addresses."""
    record_address_removed(actor=user, address=email_address)


@receiver(email_changed)
def note_main_address_changed(user: User, to_email_address: EmailAddress, **_: Any) -> None:
    """On the page about addresses."""
    record_main_address_changed(actor=user, address=to_email_address)


@receiver(authenticator_removed)
def note_second_factor_removed(user: User, authenticator: Authenticator, **_: Any) -> None:
    """With the last one the recovery codes go, too."""
    record_second_factor_removed(actor=user, factor=authenticator)


@receiver(authenticator_used)
def note_factor_used(user: User, authenticator: Authenticator, **_: Any) -> None:
    """As the second step, alone, or to prove once more who one is."""
    note_second_factor_used(actor=user, factor=authenticator)


@receiver(social_account_added)
def note_provider_connected(sociallogin: SocialLogin, **_: Any) -> None:
    """In the profile, or at the first time that a provider let somebody in."""
    person, provider = sociallogin.user, sociallogin.account.provider
    record_provider_connected(actor=person, provider=provider)


@receiver(social_account_removed)
def note_provider_disconnected(socialaccount: SocialAccount, **_: Any) -> None:
    """In the profile."""
    record_provider_disconnected(actor=socialaccount.user, provider=socialaccount.provider)


@receiver(user_logged_out)
def note_sign_out(request: HttpRequest, user: User | None, **_: Any) -> None:
    """Somebody signs out on a page, in the admin or over the API: their sockets close at once."""
    if user is not None and (key := request.session.session_key):
        record_sign_out(actor=user, session_key=key)


@receiver(password_reset)
@receiver(password_set)
@receiver(password_changed)
def note_account_kept(user: User, **_: Any) -> None:
    """A guest chose a password by allauth's pages, after its mail proved the address again."""
    note_kept(actor=user)


@receiver(token_used)
def keep_token_use(token: ApiToken, **_: Any) -> None:
    """A program asked something with it."""
    note_token_used(actor=token.user, token=token)
