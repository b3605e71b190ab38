"""Prove that object permissions are those of the roles."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from accounts import permissions as accounts_permissions
from messaging import permissions as messaging_permissions
from rooms import permissions as rooms_permissions


class Command(BaseCommand):
    """`manage.py check_grants`: one line for each difference; exits 1 if there is any."""

    help = "Compare the permissions that people hold with those that their roles give."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the differences of all apps."""
        lines = [
            *accounts_permissions.differences(),
            *messaging_permissions.differences(),
            *rooms_permissions.differences(),
        ]
        if lines:
            self.stdout.write("\n".join(lines))
            sys.exit(1)
        self.stdout.write("ok: every grant is that of a role")
