"""What accounts does when something happens elsewhere."""

from typing import Any

from allauth.account.signals import (
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import permissions
from accounts.actions.guests import note_kept
from accounts.actions.people import record_sign_in
from accounts.actions.sessions import record_sign_out
from accounts.models import User


def synchronise_role_groups(**_: Any) -> None:
    """After migrating: the groups hold what the table of roles says."""
    # Permissions are made by a post_migrate receiver too; ours may run before the other apps'.
    for label in ("accounts", "rooms"):
        if apps.is_installed(label):
            create_permissions(apps.get_app_config(label), verbosity=0)
    permissions.synchronise_groups()


@receiver(user_logged_in)
def note_sign_in(user: User, method: str = "password", **_: Any) -> None:
    """allauth let somebody in by its form, or by a link."""
    record_sign_in(actor=user, method=method)


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
