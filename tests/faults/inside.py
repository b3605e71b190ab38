"""`python -m tests.faults.inside`: the product's own actions and queries, asked line by line.

Each line of the input is a JSON list: a name from `DOES` and its arguments. Each line of the
output is a JSON object with ``answer`` or, for what may be asked again, ``error``.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "consultsuite.settings")
    django.setup()

    from django.db import close_old_connections
    from django.db.models.functions import Now

    from accounts import permissions as business
    from accounts.actions.organisations import add_organisation, set_business_role
    from accounts.actions.people import confirm_address, sign_up
    from accounts.actions.tokens import create_api_token
    from accounts.models import BusinessRole, User
    from core import presence
    from core.database import DATABASE_AWAY
    from core.models import Errand
    from core.outages import QUEUE_AWAY
    from core.tasks import beat_heart, queue_due_errands
    from files.tasks import read_waiting
    from messaging import permissions as conversations
    from messaging.models import Reminder, ScheduledMessage
    from messaging.tasks import send_due_messages, tell_due_reminders
    from rooms import permissions as rooms
    from rooms.actions.lifecycle import create_room, start_room
    from rooms.actions.participants import add_participant
    from rooms.models import Mode, Room, RoomType, Visit
    from rooms.tasks import close_stale_visits

    DOES: dict[str, Callable[..., Any]] = {}

    def does(function: Callable[..., Any]) -> Callable[..., Any]:
        """May be asked for by its name."""
        DOES[function.__name__] = function
        return function

    @does
    def people(names: list[str]) -> dict[str, str]:
        """Make an account of each name; the first is a consultant. Answers their ids."""
        system = User.objects.system()
        house = add_organisation(actor=system, name=f"House {uuid4().hex}", is_internal=True)
        made: dict[str, str] = {}
        for name in names:
            email = f"{name}-{uuid4().hex}@demo.test"
            user = sign_up(actor=system, email=email, name=name.title(), password=None)
            confirm_address(actor=system, user=user)
            if not made:
                role = BusinessRole.INTERNAL_ENGINEER
                set_business_role(actor=system, user=user, organisation=house, role=role)
            made[name] = str(user.pk)
        return made

    @does
    def token(user_id: str) -> str:
        """A new API token of a person."""
        user = User.objects.get(pk=user_id)
        return create_api_token(actor=user, user=user)[0]

    @does
    def room(host_id: str, others: dict[str, str]) -> dict[str, str]:
        """An active room with these people in these roles."""
        host = User.objects.get(pk=host_id)
        new = create_room(
            actor=host,
            name="Everything breaks",
            room_type=RoomType.objects.get(slug="consultation"),
            mode=Mode.INSTANT,
            client=None,
        )
        for user_id, role in others.items():
            user = User.objects.get(pk=user_id)
            add_participant(actor=host, room=new, user=user, role=role)
        start_room(actor=host, room=new)
        return {"room": str(new.pk), "conversation": str(new.conversation_id)}

    @does
    def differing_grants() -> list[str]:
        """What `manage.py check_grants` compares."""
        return [*business.differences(), *conversations.differences(), *rooms.differences()]

    @does
    def present(room_id: str, user_ids: list[str]) -> dict[str, str]:
        """The state of each person who is in the room right now."""
        stream = str(Room.objects.get(pk=room_id).stream)
        found = presence.read(UUID(user_id) for user_id in user_ids)
        return {str(pk): who.state for pk, who in found.items() if stream in who.streams}

    @does
    def open_visits(room_id: str = "") -> list[str]:
        """The ids of those whose stay in the room has not ended; without a room: in any."""
        stays = Visit.objects.filter(ended_at__isnull=True)
        if room_id:
            stays = stays.filter(participant__room=UUID(room_id))
        return [str(pk) for pk in stays.values_list("participant__user_id", flat=True)]

    @does
    def ask_worker_to_beat() -> None:
        """Queue what beat queues every 15 seconds."""
        beat_heart.delay()

    @does
    def ask_worker_to_close_stale_visits() -> None:
        """Queue what beat queues every minute."""
        close_stale_visits.delay()

    @does
    def let_time_pass_for_errands() -> None:
        """What nobody has begun yet is found by the next sweep, not in half a minute."""
        Errand.objects.waiting().filter(attempts=0).update(due_at=Now())

    @does
    def let_time_pass_for_messages(scheduled_id: str) -> None:
        """The time of a scheduled message has come, if it waits."""
        ScheduledMessage.objects.filter(pk=scheduled_id).update(send_at=Now())

    @does
    def let_time_pass_for_reminders(reminder_id: str) -> None:
        """The time of a reminder has come, if it waits."""
        Reminder.objects.filter(pk=reminder_id).update(remind_at=Now())

    @does
    def ask_worker_to_do_what_is_due() -> None:
        """Queue what beat queues every five seconds."""
        send_due_messages.delay()
        tell_due_reminders.delay()

    @does
    def ask_worker_to_queue_errands() -> None:
        """Queue what beat queues every half minute."""
        queue_due_errands.delay()

    @does
    def ask_worker_to_read_documents() -> None:
        """Queue what beat queues every ten seconds."""
        read_waiting.delay()

    def reply(line: str) -> dict[str, Any]:
        """Do what a line asks for."""
        name, *arguments = json.loads(line)
        close_old_connections()
        try:
            return {"answer": DOES[name](*arguments)}
        except (*DATABASE_AWAY, *QUEUE_AWAY) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        finally:
            close_old_connections()

    for text in sys.stdin:
        print(json.dumps(reply(text)), flush=True)  # noqa: T201
