"""People, organisations and their business roles."""

from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    """Keeps the groups of the business roles equal to `accounts.permissions` after migrating."""

    name = "accounts"

    def ready(self) -> None:
        """Register what hears from outside."""
        receivers = import_module("accounts.receivers")
        post_migrate.connect(receivers.synchronise_role_groups, sender=self)
        import_module("accounts.consumers")
        import_module("accounts.palette")
        import_module("accounts.adapter")
