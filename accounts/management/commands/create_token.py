"""Print an API token for a person."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actions.people import create_api_token
from accounts.models import User
from accounts.queries import person_by_email


class Command(BaseCommand):
    """`manage.py create_token EMAIL`: the token alone on standard output."""

    help = "Print a new API token for the person with this e-mail address."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Make the token and print it; it cannot be read again later."""
        person = person_by_email(email)
        if person is None:
            raise CommandError(f"Nobody active has the address {email}.")
        token, _ = create_api_token(actor=User.objects.system(), user=person)
        self.stdout.write(token)
