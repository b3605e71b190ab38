"""Say something in a conversation as somebody."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.queries import person_by_email
from core.errors import ActionError
from messaging.actions.messages import send_message
from rooms.queries.rooms import conversation_of


class Command(BaseCommand):
    """`manage.py say PLACE EMAIL "text"`: PLACE is the id of a conversation or of a room."""

    help = "Send a message as a person, by the same action as pages, API and sockets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, who, what."""
        parser.add_argument("place", type=UUID, help="Id of a conversation or of a room.")
        parser.add_argument("email")
        parser.add_argument("text")

    def handle(self, *args: Any, place: UUID, email: str, text: str, **options: Any) -> None:
        """Send it and print the message's number and id."""
        person = person_by_email(email)
        if person is None:
            raise CommandError(f"Nobody active has the address {email}.")
        conversation = conversation_of(person, place)
        if conversation is None:
            raise CommandError(f"There is nothing with the id {place} that {email} may see.")
        try:
            message = send_message(actor=person, conversation=conversation, body=text)
        except ActionError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{message.seq} {message.pk}")
