"""What accounts does when something happens elsewhere."""

from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions

from accounts import permissions


def synchronise_role_groups(**_: Any) -> None:
    """After migrating: the groups hold what the table of roles says."""
    # Permissions are made by a post_migrate receiver too; ours may run before the other apps'.
    for label in ("accounts", "rooms"):
        if apps.is_installed(label):
            create_permissions(apps.get_app_config(label), verbosity=0)
    permissions.synchronise_groups()
