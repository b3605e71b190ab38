"""Who may do what over `/api/`: every route and method. Not signed in is 401."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.permissions.cast import Columns, Statuses, Table

api = Columns(anonymous=401)
inside, signed_in_only, everybody = api.inside, api.signed_in_only, api.everybody

managing = api.managing


def clients_own(status: int) -> Statuses:
    """What is the client's alone."""
    return api.each(client=status, others=404)


SAY: dict[str, Any] = {"body": "Hello"}
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()
SAY_LATER = SAY | {"send_at": LATER}
ITEM: dict[str, Any] = {"title": "Risks", "minutes": 5}
TEMPLATE: dict[str, Any] = {"title": "Thanks", "body": "Thank you all"}
SHARED: dict[str, Any] = TEMPLATE | {"is_shared": True}

MEETING: dict[str, Any] = {
    "title": "Rehearsal",
    "starts_at": (datetime.now(UTC) + timedelta(days=2)).isoformat(),
    "duration_minutes": 45,
    "link": "https://meet.google.com/abc",
}

API: Table = {
    ("POST", "auth/signin/"): ({}, everybody(400)),
    ("POST", "auth/signup/"): ({}, everybody(400)),
    ("POST", "auth/signout/"): (None, signed_in_only(204)),
    ("GET", "auth/session/"): (None, signed_in_only(200)),
    ("GET", "profile/"): (None, signed_in_only(200)),
    ("PATCH", "profile/"): ({"name": "New name"}, signed_in_only(200)),
    ("GET", "profile/access-receipts/"): (None, signed_in_only(200)),
    ("GET", "room-types/"): (None, signed_in_only(200)),
    ("GET", "rooms/"): (None, signed_in_only(200)),
    # A superuser holds every permission in general, so also that of opening a room of one's own.
    ("POST", "rooms/"): (
        {"name": "Room", "room_type": "review"},
        api.each(owner=201, colleague=201, superuser=201, others=403),
    ),
    ("GET", "rooms/{room}/"): (None, inside(200, 200)),
    ("PATCH", "rooms/{room}/"): ({"name": "New name"}, inside(200, 403)),
    ("POST", "rooms/{waiting}/start/"): (None, inside(200, 403)),
    ("POST", "rooms/{room}/complete/"): (None, inside(200, 403)),
    ("POST", "rooms/{room}/cancel/"): (None, inside(200, 403)),
    ("GET", "rooms/{room}/messages/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/messages/"): (SAY, inside(201, 201)),
    ("GET", "rooms/{room}/timeline/"): (None, inside(200, 200)),
    ("GET", "rooms/{room}/participants/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/participants/"): ({"email": "helen@demo.test"}, inside(201, 403)),
    ("GET", "rooms/{room}/participants/{client}/"): (None, inside(200, 200)),
    ("PATCH", "rooms/{room}/participants/{client}/"): ({"role": "observer"}, inside(200, 403)),
    # One may leave; only who leads removes another.
    ("DELETE", "rooms/{room}/participants/{client}/"): (None, inside(204, 204, guest=403)),
    ("GET", "rooms/{room}/invitations/"): (None, inside(200, 403)),
    ("POST", "rooms/{room}/invitations/"): ({"email": "new@new.test"}, inside(201, 403)),
    ("GET", "rooms/{room}/invitations/{invitation}/"): (None, inside(200, 403)),
    ("DELETE", "rooms/{room}/invitations/{invitation}/"): (None, inside(204, 403)),
    ("POST", "rooms/{room}/invitations/{invitation}/resend/"): (None, inside(200, 403)),
    ("GET", "rooms/{room}/agenda/"): (None, inside(200, 200)),
    ("POST", "rooms/{room}/agenda/"): (ITEM, inside(201, 403)),
    ("POST", "rooms/{room}/agenda/current/"): ({"item": None}, inside(200, 403)),
    ("POST", "rooms/{room}/agenda/order/"): ({"items": "{items}"}, inside(200, 403)),
    ("POST", "rooms/{room}/agenda/clock/"): ({"follows_clock": True}, inside(200, 403)),
    ("PATCH", "rooms/{room}/agenda/{item}/"): ({"minutes": 7}, inside(200, 403)),
    ("DELETE", "rooms/{room}/agenda/{item}/"): (None, inside(204, 403)),
    ("GET", "organisations/{organisation}/members/"): (None, managing(200)),
    ("GET", "organisations/{organisation}/members/{client}/"): (None, managing(200)),
    ("PATCH", "organisations/{organisation}/members/{client}/"): (
        {"role": "client_admin"},
        managing(200),
    ),
    ("DELETE", "organisations/{organisation}/members/{client}/"): (None, managing(204)),
    ("GET", "organisations/{organisation}/invitations/"): (None, managing(200)),
    ("POST", "organisations/{organisation}/invitations/"): (
        {"email": "new@new.test"},
        managing(201),
    ),
    ("GET", "organisations/{organisation}/invitations/{member_invitation}/"): (
        None,
        managing(200),
    ),
    ("DELETE", "organisations/{organisation}/invitations/{member_invitation}/"): (
        None,
        managing(204),
    ),
    ("POST", "organisations/{organisation}/invitations/{member_invitation}/resend/"): (
        None,
        managing(200),
    ),
    ("POST", "files/upload/"): (
        {"file": "{upload}", "conversation": "{conversation}"}, inside(201, 201),
    ),
    ("GET", "files/{file}/"): (None, inside(200, 200)),
    # It was sent: gone with its message.
    ("DELETE", "files/{file}/"): (None, inside(403, 409, guest=403)),
    ("GET", "files/{file}/download/"): (None, inside(200, 200)),
    # What is not sent yet nobody else knows of.
    ("GET", "files/{waiting_file}/"): (None, clients_own(200)),
    ("DELETE", "files/{waiting_file}/"): (None, clients_own(204)),
    ("GET", "files/{waiting_file}/download/"): (None, clients_own(200)),
    ("GET", "search/"): (None, signed_in_only(200)),
    ("GET", "conversations/"): (None, signed_in_only(200)),
    # Who does not know the client does not find them.
    ("POST", "conversations/"): (
        {"people": "{just_the_client}"}, api.each(owner=201, manager=201, others=400),
    ),
    ("GET", "conversations/{conversation}/"): (None, inside(200, 200)),
    ("PATCH", "conversations/{conversation}/"): ({"archived": True}, inside(200, 200)),
    ("POST", "conversations/{talk}/clear/"): (
        None, api.each(owner=204, client=204, others=404),
    ),
    ("GET", "conversations/{conversation}/members/"): (None, inside(200, 200)),
    ("POST", "conversations/{group}/members/"): (
        {"people": "{just_the_colleague}"}, api.each(owner=204, client=403, others=404),
    ),
    ("DELETE", "conversations/{group}/members/{client}/"): (
        None, api.each(owner=204, client=204, others=404),
    ),
    ("POST", "conversations/{conversation}/meetings/"): (MEETING, inside(201, 201)),
    ("GET", "meetings/"): (None, signed_in_only(200)),
    ("GET", "meetings/{meeting}/"): (None, inside(200, 200)),
    ("PATCH", "meetings/{meeting}/"): ({"title": "Other"}, inside(200, 200)),
    ("POST", "meetings/{meeting}/cancel/"): (None, inside(200, 200)),
    ("GET", "contacts/"): (None, signed_in_only(200)),
    ("GET", "contact-requests/"): (None, signed_in_only(200)),
    # Clients ask consultants with whom they share nothing; staff see them, and cannot ask.
    ("POST", "contact-requests/"): (
        {"consultant": "{colleague}", "note": "Ward access"},
        api.each(
            client=201, manager=201, outsider=201, owner=403, staff=403, superuser=403, others=404
        ),
    ),
    ("POST", "contact-requests/{asked}/accept/"): (
        None, api.each(owner=200, outsider=403, others=404),
    ),
    ("POST", "contact-requests/{asked}/decline/"): (
        None, api.each(owner=200, outsider=403, others=404),
    ),
    ("POST", "contact-requests/{asked}/withdraw/"): (
        None, api.each(owner=403, outsider=200, others=404),
    ),
    ("GET", "conversations/{conversation}/messages/"): (None, inside(200, 200)),
    ("POST", "conversations/{conversation}/messages/"): (SAY, inside(201, 201)),
    ("POST", "conversations/{conversation}/read/"): ({"seq": 1}, inside(200, 200)),
    ("GET", "conversations/{conversation}/draft/"): (None, inside(200, 200)),
    ("PUT", "conversations/{conversation}/draft/"): (SAY, inside(200, 200)),
    ("DELETE", "conversations/{conversation}/draft/"): (None, inside(204, 204)),
    ("GET", "conversations/{conversation}/scheduled/"): (None, inside(200, 200)),
    ("POST", "conversations/{conversation}/scheduled/"): (SAY_LATER, inside(201, 201)),
    ("GET", "scheduled/"): (None, signed_in_only(200)),
    ("GET", "scheduled/{scheduled}/"): (None, clients_own(200)),
    ("PATCH", "scheduled/{scheduled}/"): (SAY, clients_own(200)),
    ("DELETE", "scheduled/{scheduled}/"): (None, clients_own(204)),
    ("POST", "scheduled/{scheduled}/send/"): (None, clients_own(200)),
    ("GET", "reminders/"): (None, signed_in_only(200)),
    ("POST", "reminders/"): (
        {"message": "{message}", "remind_at": LATER},
        api.each(owner=201, client=200, guest=201, others=400),
    ),
    ("GET", "reminders/{reminder}/"): (None, clients_own(200)),
    ("PATCH", "reminders/{reminder}/"): ({"note": "Soon"}, clients_own(200)),
    ("DELETE", "reminders/{reminder}/"): (None, clients_own(204)),
    ("POST", "reminders/{reminder}/done/"): (None, clients_own(200)),
    ("POST", "conversations/{conversation}/received/"): ({"seq": 1}, inside(204, 204)),
    ("GET", "conversations/{conversation}/settings/"): (None, inside(200, 200)),
    ("PATCH", "conversations/{conversation}/settings/"): (
        {"shows_typing": False},
        inside(200, 200),
    ),
    # Who shares no conversation with the client is told nothing of them (test_presence).
    ("GET", "presence/?users={client}"): (None, signed_in_only(200)),
    ("GET", "messaging/settings/"): (None, signed_in_only(200)),
    ("PATCH", "messaging/settings/"): ({"enter_sends": False}, signed_in_only(200)),
    ("GET", "messages/{message}/seen-by/"): (None, inside(200, 200)),
    ("GET", "messages/{message}/"): (None, inside(200, 200)),
    ("PATCH", "messages/{message}/"): (SAY, inside(403, 200, guest=403)),
    # The host moderates.
    ("DELETE", "messages/{message}/"): (None, inside(204, 204, guest=403)),
    ("GET", "messages/{message}/revisions/"): (None, inside(200, 200)),
    ("GET", "conversations/{conversation}/names/"): (None, inside(200, 200)),
    ("GET", "mentions/"): (None, signed_in_only(200)),
    ("GET", "reply-templates/"): (None, signed_in_only(200)),
    ("POST", "reply-templates/"): (TEMPLATE, signed_in_only(201)),
    ("POST", "reply-templates/?shared"): (
        SHARED,
        api.each(colleague=201, manager=201, others=403),
    ),
    ("GET", "reply-templates/{template}/"): (None, api.each(client=200, others=404)),
    ("PATCH", "reply-templates/{template}/"): (TEMPLATE, api.each(client=200, others=404)),
    ("DELETE", "reply-templates/{template}/"): (None, api.each(client=204, others=404)),
    # Everybody of the organisation uses it, its administrator changes it.
    ("GET", "reply-templates/{shared_template}/"): (
        None,
        api.each(client=200, manager=200, others=404),
    ),
    ("PATCH", "reply-templates/{shared_template}/"): (
        TEMPLATE,
        api.each(client=403, manager=200, others=404),
    ),
    ("DELETE", "reply-templates/{shared_template}/"): (
        None,
        api.each(client=403, manager=204, others=404),
    ),
    ("GET", "reply-templates/{shared_template}/filled/?conversation={conversation}"): (
        None,
        api.each(client=200, others=404),
    ),
    ("GET", "messages/{message}/reactions/"): (None, inside(200, 200)),
    ("POST", "messages/{message}/reactions/"): ({"emoji": "👍"}, inside(200, 200)),
    ("DELETE", "messages/{message}/reactions/?emoji=👍"): (None, inside(200, 200)),
    ("GET", "conversations/{conversation}/pins/"): (None, inside(200, 200)),
    ("POST", "messages/{message}/pin/"): (None, inside(200, 200)),
    ("DELETE", "messages/{message}/pin/"): (None, inside(200, 200)),
    ("GET", "saved/"): (None, signed_in_only(200)),
    ("POST", "messages/{message}/saved/"): (None, inside(200, 200)),
    ("DELETE", "messages/{message}/saved/"): (None, inside(204, 204)),
    ("POST", "messages/{message}/forward/"): (
        {"conversation": "{conversation}"},
        inside(201, 201),
    ),
    ("GET", "events/?stream=room:{room}"): (None, inside(200, 200)),
    ("GET", "events/?stream=conversation:{conversation}"): (None, inside(200, 200)),
    ("GET", "events/?stream=user:{client}"): (None, inside(404, 200, guest=404)),
    # With a reason, as those who administer say one with every request (tests.api).
    ("GET", "admin/users/"): (None, api.each(superuser=200, others=403)),
    ("GET", "admin/system-health/"): (None, api.each(superuser=200, others=403)),
    ("GET", "admin/audit-logs/"): (None, api.each(superuser=200, others=403)),
    ("POST", "admin/audit-logs/export/"): (
        {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        api.each(superuser=200, others=403),
    ),
    ("GET", "schema/"): (None, everybody(200)),
    ("GET", "docs/"): (None, everybody(200)),
    ("GET", "nothing/"): (None, everybody(404)),
}  # fmt: skip

UNKNOWN = "nothing/"
"""Stands for every address that is no route."""
