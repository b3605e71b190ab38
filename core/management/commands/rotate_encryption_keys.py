"""Encrypt stored secrets with the newest key."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from core.actions.encryption import rotate_encryption_keys


class Command(BaseCommand):
    """`manage.py rotate_encryption_keys`: one line for each column; exits 1 if a value is lost."""

    help = "Encrypt all stored secrets with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and print the counts."""
        system = get_user_model()._default_manager.system()
        rotated = rotate_encryption_keys(actor=system)
        for column, counts in rotated.items():
            self.stdout.write(f"{column}: {counts.renewed} encrypted anew")
        lost = {column: c.unreadable for column, c in rotated.items() if c.unreadable}
        if lost:
            lines = [f"{column}: {number} values" for column, number in lost.items()]
            raise CommandError(
                "No key decrypts these; put the key that did into ENCRYPTION_KEYS and run this "
                "again:\n" + "\n".join(lines)
            )
        self.stdout.write("Only the first key is needed now.")
