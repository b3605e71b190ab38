"""What shows a list asks the database as often for thirty rows as for one."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.actions.members import invite_member
from accounts.actions.tokens import create_api_token
from accounts.models import BusinessRole, Organisation, User
from audit.actions.receipts import look_at
from messaging.actions.drafts import save_draft
from messaging.actions.pins import pin_message
from messaging.actions.reactions import add_reaction
from messaging.actions.reminders import set_reminder
from messaging.actions.saved import save_message
from messaging.actions.scheduled import schedule_message
from messaging.actions.templates import make_template
from rooms.actions.agenda import MAX_ITEMS, add_agenda_item
from rooms.actions.invitations import invite
from rooms.actions.participants import add_participant
from rooms.admin import room_subject
from rooms.models import Role, Room
from tests.api import REASON
from tests.fixtures import prove, say_why

MORE = 29
PAGES = {
    "/": "consultant",
    "/rooms/": "consultant",
    "/go/": "consultant",
    "/go/?q=room": "consultant",
    "/rooms/{room}/": "consultant",
    "/rooms/{room}/people/": "consultant",
    "/rooms/{room}/agenda/": "consultant",
    "/rooms/{room}/stage/people/": "consultant",
    "/rooms/{room}/stage/agenda/": "consultant",
    "/rooms/{room}/stage/timeline/": "consultant",
    "/conversations/{conversation}/messages/": "consultant",
    "/conversations/{conversation}/names/": "consultant",
    "/conversations/{conversation}/templates/": "client",
    "/inbox/mentions/": "consultant",
    "/inbox/templates/": "client",
    "/inbox/": "consultant",
    "/inbox/new/": "consultant",
    "/inbox/meetings/": "consultant",
    "/conversations/{conversation}/scheduled/": "consultant",
    "/inbox/scheduled/": "consultant",
    "/inbox/reminders/": "consultant",
    "/inbox/search/?q=line": "consultant",
    "/conversations/{conversation}/pins/": "consultant",
    "/conversations/{conversation}/files/": "consultant",
    "/inbox/saved/": "consultant",
    "/messages/{message}/forward/": "consultant",
    "/messages/{message}/seen/": "consultant",
    "/profile/": "client",
    "/profile/tokens/": "client",
    "/profile/sessions/": "client",
    "/profile/who-looked/": "client",
    "/organisations/{organisation}/": "manager",
    "/admin/core/event/": "staff",
    "/admin/rooms/room/": "staff",
    "/admin/accounts/user/": "staff",
    "/admin/accounts/apitoken/": "staff",
    "/admin/audit/accessreceipt/": "staff",
}
LISTS = {
    "/api/rooms/": "consultant",
    "/api/room-types/": "consultant",
    "/api/rooms/{room}/messages/": "consultant",
    "/api/rooms/{room}/timeline/": "consultant",
    "/api/rooms/{room}/participants/": "consultant",
    "/api/rooms/{room}/invitations/": "consultant",
    "/api/rooms/{room}/agenda/": "consultant",
    "/api/conversations/": "consultant",
    "/api/conversations/{conversation}/messages/": "consultant",
    "/api/conversations/{conversation}/names/": "consultant",
    "/api/mentions/": "consultant",
    "/api/reply-templates/": "client",
    "/api/conversations/{conversation}/members/": "consultant",
    "/api/contacts/": "consultant",
    "/api/meetings/": "consultant",
    "/api/contact-requests/": "consultant",
    "/api/conversations/{conversation}/scheduled/": "consultant",
    "/api/scheduled/": "consultant",
    "/api/reminders/": "consultant",
    "/api/search/?q=line": "consultant",
    "/api/conversations/{conversation}/pins/": "consultant",
    "/api/messages/{message}/reactions/": "consultant",
    "/api/saved/": "consultant",
    "/api/messages/{message}/seen-by/": "consultant",
    "/api/events/?stream=room:{room}": "consultant",
    "/api/profile/access-receipts/": "client",
    "/api/organisations/{organisation}/members/": "manager",
    "/api/organisations/{organisation}/invitations/": "manager",
    "/api/admin/users/": "staff",
    "/api/admin/audit-logs/": "staff",
}

People = dict[str, User]
Scene = tuple[People, dict[str, Any], Callable[[int], None]]


@pytest.fixture
def scene(
    consultant: User, client_user: User, manager: User, staff: User, northwind: Organisation,
    room: Room, make_room: Any, make_person: Any, say: Any, upload: Any,
) -> Scene:  # fmt: skip
    """People, what the addresses name, and `grow(n)`: so many more of everything."""

    def grow(number: int) -> None:
        for _ in range(number):
            place = Room.objects.count()
            name = f"Room {place}"
            made = make_room(name, active=place % 2 == 0)
            if room.agenda.count() < MAX_ITEMS:
                add_agenda_item(actor=consultant, room=room, title=name, minutes=5)
            email = f"invited{place}@demo.test"
            invite(actor=consultant, room=room, email=email, role=Role.PARTICIPANT)
            someone = make_person(f"P{place} Okafor", northwind, BusinessRole.CLIENT_USER)
            add_participant(actor=consultant, room=room, user=someone, role=Role.PARTICIPANT)
            carried = [upload(someone, room).pk]
            said = say(someone, room, f"Line {place}, @Mara Lindqvist", attachments=carried)
            pin_message(actor=consultant, message=said)
            save_message(actor=consultant, message=said)
            for who in (consultant, someone):
                add_reaction(actor=who, message=said, emoji="👍")
            add_reaction(actor=someone, message=first, emoji="👍")
            message = said
            make_template(actor=client_user, title=name, body="Thank you")
            make_template(actor=manager, title=name, body="Thank you", organisation=northwind)
            at = timezone.now() + timedelta(days=1)
            save_draft(actor=consultant, conversation=made.conversation, body=name)
            schedule_message(
                actor=consultant, conversation=room.conversation, body=name, send_at=at
            )
            set_reminder(actor=consultant, message=message, remind_at=at)
            invite_member(
                actor=manager, organisation=northwind, email=email, role=BusinessRole.CLIENT_USER
            )
            create_api_token(actor=client_user, user=client_user, name=name)
            look_at(actor=staff, subject=room_subject(room), reason="They asked for help.")
            browser = Client()
            browser.force_login(client_user)
            browser.get("/profile/")

    first = say(consultant, room, "First")
    people = {"consultant": consultant, "client": client_user, "manager": manager, "staff": staff}
    named = {
        "room": room.pk,
        "conversation": room.conversation_id,
        "organisation": northwind.pk,
        "message": first.pk,
    }
    return people, named, grow


def _queries(browser: Client, url: str) -> list[str]:
    # What is asked once and remembered does not count, nor telling whom a list shows.
    browser.get(url, headers={"X-Reason": REASON})
    with CaptureQueriesContext(connection) as asked:
        answer = browser.get(url)
    assert answer.status_code == 200, url
    return [query["sql"] for query in asked]


@pytest.mark.django_db
def test_as_many_for_thirty_as_for_one(scene: Scene) -> None:
    people, named, grow = scene
    browsers = {}
    for who, user in people.items():
        browsers[who] = Client()
        browsers[who].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        prove(browsers[who], user, is_in_admin=True)
    say_why(browsers["staff"], people["staff"])
    grow(1)
    asked = {url: (browsers[who], url.format(**named)) for url, who in {**PAGES, **LISTS}.items()}
    for_one = {url: _queries(*where) for url, where in asked.items()}
    grow(MORE)
    wrong = []
    for url, where in asked.items():
        queries = _queries(*where)
        if len(queries) > len(for_one[url]):
            more = "\n  ".join(queries[len(for_one[url]) - 1 :][:3])
            wrong.append(f"{url}: {len(for_one[url])} queries, then {len(queries)}\n  {more}")
    assert not wrong, "\n".join(["", *wrong])


def test_every_list_of_the_api_has_its_line() -> None:
    """In the schema, a list is an answer with `results`."""
    generator: Any = SchemaGenerator
    schema = generator().get_schema(request=None, public=True)
    lists = {
        re.sub(r"{(\w+)_id}", r"{\1}", path)
        for path, ways in schema["paths"].items()
        if _is_list(schema, ways.get("get"))
    }
    # What was changed of one message is short: it has at most its own few versions.
    known = {url.partition("?")[0] for url in LISTS}
    assert lists - known <= {"/api/messages/{message}/revisions/"}


def _is_list(schema: Any, way: Any) -> bool:
    if way is None:
        return False
    answer = way["responses"]["200"].get("content", {}).get("application/json", {})
    name = answer.get("schema", {}).get("$ref", "").rpartition("/")[2]
    found = schema["components"]["schemas"].get(name, answer.get("schema", {}))
    return "results" in found.get("properties", {})
