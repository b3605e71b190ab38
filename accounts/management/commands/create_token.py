"""Print an API token for a person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.tokens import DAYS, SIGNED_IN_DAYS, create_api_token
from accounts.models import Scope, User
from accounts.permissions import may_administer
from accounts.queries import person_by_email


class Command(BaseCommand):
    """`manage.py create_token EMAIL`: the token alone on standard output."""

    help = "Print a new API token for the person with this e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person, and what the token is for."""
        parser.add_argument("email")
        parser.add_argument("--name", default="Made by a command", help="What it is for.")
        parser.add_argument(
            "--scope", choices=Scope.values, help="What it may do: as much as the person may."
        )
        parser.add_argument(
            "--days", type=int, choices=DAYS, default=SIGNED_IN_DAYS, help="How long it works."
        )

    def handle(
        self, *args: Any, email: str, name: str, scope: str | None, days: int, **_: Any
    ) -> None:
        """Make the token and print it; it cannot be read again later."""
        person = person_by_email(email)
        if person is None:
            raise CommandError(f"Nobody active has the address {email}.")
        scope = scope or (Scope.ADMIN if may_administer(person) else Scope.WRITE)
        token, _ = create_api_token(
            actor=User.objects.system(), user=person, name=name, scope=scope, days=days
        )
        self.stdout.write(token)
