"""What the demo's people write to each other outside of consultations."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.context import Origin, acting_from
from core.permissions import require
from messaging.actions.contacts import open_direct, request_contact
from messaging.actions.conversations import mark_read
from messaging.actions.groups import open_group
from messaging.actions.messages import send_message
from messaging.models import Conversation, Message

PRIVATE = [
    (
        ("client", "consultant"),
        [
            (
                190,
                "client",
                "Our bookkeeper closes August this evening; then it is final.",
            ),
            (182, "consultant", "Good. Then let us rehearse once with the real numbers."),
            (156, "consultant", "Bring the file as it is, please do not tidy it first."),
            (45, "client", "Thursday at ten suits me. I will bring the August file."),
        ],
    ),
    (
        ("colleague", "consultant"),
        [(64, "colleague", "Can you look at the Halden agenda before you go home?")],
    ),
]
"""Who began and with whom; minutes ago, who, and what."""

TEAM = ["colleague", "client", "manager"]
TEAM_LINES = [(95, "colleague", "The last two accounts are closed.")]


@transaction.atomic
def tell_talks(*, actor: User, cast: Mapping[str, User]) -> None:
    """Make private conversations, a group, and a request that waits; the last lines are unread.

    Records what the actions that it calls record. Only the system user can.
    """
    require(actor, "accounts.manage_system")
    for (one, other), lines in PRIVATE:
        _tell(cast, open_direct(actor=cast[one], other=cast[other]), lines)
    people = [cast[place] for place in TEAM]
    team = open_group(actor=cast["consultant"], title="Northwind team", people=people)
    _tell(cast, team, TEAM_LINES)
    asks, asked = cast["manager"], cast["colleague"]
    request_contact(actor=asks, consultant=asked, note="Who looks after our ward access list?")


def _tell(cast: Mapping[str, User], talk: Conversation, lines: list[tuple[int, str, str]]) -> None:
    now = timezone.now()
    said = []
    for minutes, place, words in lines:
        said_at = now - timedelta(minutes=minutes)
        with acting_from(Origin(at=said_at)):
            message = send_message(actor=cast[place], conversation=talk, body=words)
            mark_read(actor=cast[place], conversation=talk, seq=message.seq)
        Message.objects.filter(pk=message.pk).update(created_at=said_at)
        said.append(said_at)
    opened_at = said[0] - timedelta(minutes=5)
    Message.objects.filter(conversation=talk, message_type="system").update(created_at=opened_at)
    rows = Conversation.objects.filter(pk=talk.pk)
    rows.update(created_at=opened_at, last_message_at=said[-1])
