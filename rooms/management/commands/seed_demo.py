"""Make the demo cast and their consultations."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.queries import is_empty
from core.errors import ActionError
from rooms.actions.demo import ADDRESSES, PASSWORD, seed_demo


class Command(BaseCommand):
    """`manage.py seed_demo`: for a first look; a second run changes nothing."""

    help = "Make the demo cast (docs: README) and consultations that read like real work."

    def add_arguments(self, parser: CommandParser) -> None:
        """When to do nothing, and when to do it all the same."""
        parser.add_argument(
            "--if-empty", action="store_true", help="Do nothing if there are people already."
        )
        parser.add_argument(
            "--force-demo",
            action="store_true",
            help="Seed in production too, although everybody knows the password.",
        )

    def handle(self, *args: Any, if_empty: bool, force_demo: bool, **options: Any) -> None:
        """Seed, and say what is there now."""
        if settings.PRODUCTION and not force_demo:
            raise CommandError(
                "This is production, and the password of the demo cast is public. "
                "Say --force-demo if you mean it."
            )
        if if_empty and not is_empty():
            self.stdout.write("There are people already: nothing seeded.")
            return
        try:
            is_new = seed_demo(actor=User.objects.system())
        except ActionError as error:
            raise CommandError(error.detail) from None
        if is_new:
            self.stdout.write(f"Sign in as {', '.join(ADDRESSES)}; password: {PASSWORD}")
        else:
            self.stdout.write("The demo cast is there already: nothing changed.")
