"""What was refused is kept: who, what, on what, why, from where; never so much that it harms."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from audit.actions import refusals
from audit.actions.refusals import forget_old_refusals, record_refusal
from audit.tasks import forget_old_refusals as forget_task
from consultsuite.asgi import application
from core import grants
from core.context import Origin, acting_from
from core.database import in_database
from core.errors import NotAllowed
from core.models import Event
from core.permissions import require
from core.refusals import Attempt, attempt_of, clue
from rooms.actions.participants import change_role
from rooms.models import Participant, Room, RoomUserObjectPermission
from tests.api import signed_in
from tests.fixtures import PASSWORD, everything_stored, prove, refused
from tests.sockets import COMMITTED, OpenSocket, Socket

ATTEMPT = Attempt(action="GET rooms:room", reason="not_allowed")


def kept() -> list[Event]:
    return list(Event.objects.filter(name="AttemptRefused").order_by("pk").select_related("actor"))


def only() -> Event:
    (event,) = kept()
    return event


def test_a_permission_that_is_missing_is_named(client_user: User, room: Room) -> None:
    with pytest.raises(NotAllowed) as caught:
        require(client_user, "rooms.manage", room)
    attempt = attempt_of("frame x", caught.value)
    assert attempt == Attempt(
        action="frame x",
        reason="not_allowed",
        permission="rooms.manage",
        subject=f"room:{room.pk}",
    )
    with pytest.raises(NotAllowed) as caught:
        require(client_user, "rooms.add_room")
    assert attempt_of("x", caught.value, subject="y").subject == "y"


def test_refused_by_the_api(client_user: User, room: Room) -> None:
    api = signed_in(client_user)
    api.get("/api/profile/")  # notes that the token is used
    before = everything_stored()
    answer = api.post(
        f"/api/rooms/{room.pk}/complete/", HTTP_USER_AGENT="Script/1", REMOTE_ADDR="192.0.2.7"
    )
    assert answer.status_code == 403
    assert everything_stored() == before
    event = only()
    assert (event.actor, str(event.stream)) == (client_user, f"attempts:{client_user.pk}")
    assert (event.ip, event.user_agent) == ("192.0.2.7", "Script/1")
    assert event.data == {
        "action": "POST api:room-complete",
        "reason": "not_allowed",
        "permission": "rooms.manage",
        "object": f"room:{room.pk}",
        "clue": "",
        "times": 1,
    }


def test_refused_on_a_page(client: Client, client_user: User, room: Room) -> None:
    client.force_login(client_user)
    answer = client.post(f"/rooms/{room.pk}/complete/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert only().data["action"] == "POST rooms:complete"
    assert only().session != ""
    assert client.get("/rooms/new/").status_code == 403
    assert kept()[1].data["action"] == "GET rooms:create"


def test_refused_at_the_door_of_the_admin(client: Client, consultant: User) -> None:
    client.force_login(consultant)
    assert client.get("/admin/", follow=True).status_code == 403
    assert only().data["action"] == "GET admin:login"


def test_what_does_not_exist_for_somebody_is_no_attempt(client: Client, outsider: User) -> None:
    client.force_login(outsider)
    assert client.get(f"/rooms/{uuid4()}/").status_code == 404
    assert client.get("/api/rooms/").status_code == 200
    client.logout()
    assert client.get("/api/rooms/").status_code == 401
    assert kept() == []


def test_a_form_from_elsewhere(client_user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(client_user)
    assert browser.post("/profile/", {"name": "x"}).status_code == 403
    assert (only().data["action"], only().data["reason"]) == ("POST accounts:profile", "csrf")
    assert browser.patch("/api/profile/", {"name": "x"}).status_code == 403
    assert kept()[1].data["action"] == "PATCH api:profile"


def test_a_token_that_is_none(db: None) -> None:
    api = signed_in(None)
    api.credentials(HTTP_AUTHORIZATION="Token 00000000")
    assert api.get("/api/rooms/").status_code == 401
    assert only().data["reason"] == "invalid_token"
    assert only().actor.is_system


def test_a_wrong_password_leaves_a_digest_of_the_address(client: Client, client_user: User) -> None:
    form = {"login": "Tomas@demo.test", "password": "not-it"}
    assert client.post("/accounts/login/", form).status_code == 200
    event = only()
    assert event.actor.is_system
    assert event.data["clue"] == clue("tomas@demo.test")
    assert "tomas" not in str(event.data).lower()
    api = signed_in(None)
    wrong = {"email": client_user.email, "password": "not-it"}
    assert api.post("/api/auth/signin/", wrong).status_code == 401
    assert [event.data["action"] for event in kept()] == ["sign in", "sign in"]
    right = {"email": client_user.email, "password": PASSWORD}
    assert api.post("/api/auth/signin/", right).status_code == 200
    assert len(kept()) == 2


def test_in_the_admin_what_an_action_refuses(
    client: Client, make_person: Any, room: Room, system: User
) -> None:
    """A clerk with Django's permission to change rooms but no role of ours."""
    clerk = make_person("Nora Clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_room", "view_room"]))
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    client.force_login(User.objects.get(pk=clerk.pk))
    prove(client, clerk, is_in_admin=True)
    chosen = {"action": "cancel", "_selected_action": [str(room.pk)]}
    client.post("/admin/rooms/room/", chosen)
    assert (only().data["permission"], only().actor) == ("rooms.manage", clerk)


def test_many_attempts_fill_no_disk(client_user: User, system: User) -> None:
    for _ in range(300):
        record_refusal(actor=client_user, attempt=ATTEMPT)
    assert [event.data["times"] for event in kept()] == [*range(1, 21), 32, 64, 128, 256]
    # Others are kept as before.
    record_refusal(actor=system, attempt=ATTEMPT)
    assert kept()[-1].data["times"] == 1


def test_nobody_is_counted_by_address_and_all_together(
    system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def attempts(*addresses: str) -> list[int]:
        last = len(kept())
        for address in addresses:
            with acting_from(Origin(ip=address)):
                record_refusal(actor=system, attempt=ATTEMPT)
        return [event.data["times"] for event in kept()[last:]]

    assert attempts("192.0.2.1", "192.0.2.1", "192.0.2.2") == [1, 2, 1]
    # One customer has a whole /64.
    assert attempts("2001:db8::1", "2001:db8::2") == [1, 2]
    monkeypatch.setattr(refusals, "KEPT_OF_NOBODY", 5)
    assert attempts("192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6") == [1]  # the eighth


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    """The cache's server is away."""
    there = settings.CACHES
    settings.CACHES = {"default": there["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    yield
    settings.CACHES = there


def test_without_redis_the_log_counts_itself(client_user: User, no_redis: None) -> None:
    for _ in range(25):
        record_refusal(actor=client_user, attempt=ATTEMPT)
    assert [event.data["times"] for event in kept()] == [*range(1, 21)]


def test_a_window_that_ends_meanwhile_begins_anew(
    client_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "add", lambda *_: False)
    record_refusal(actor=client_user, attempt=ATTEMPT)
    assert only().data["times"] == 1


def test_the_answer_stays_when_it_cannot_be_kept(
    client_user: User, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(refusals, "WINDOW", None)
    assert signed_in(client_user).post(f"/api/rooms/{room.pk}/complete/").status_code == 403
    assert kept() == []
    assert "send_robust" in caplog.text


def test_old_ones_end_and_nothing_else(client_user: User, system: User, settings: Settings) -> None:
    old = timezone.now() - timedelta(days=settings.REFUSALS_KEPT_DAYS + 1)
    with acting_from(Origin(at=old)):
        record_refusal(actor=client_user, attempt=ATTEMPT)
    record_refusal(actor=client_user, attempt=ATTEMPT)
    number = Event.objects.count()
    with refused(NotAllowed):
        forget_old_refusals(actor=client_user)
    forget_task()
    assert [event.data["times"] for event in kept()] == [2]
    assert Event.objects.count() == number - 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        only().delete()


@COMMITTED
async def test_refused_frames_and_tokens(
    open_socket: OpenSocket, client_user: User, room: Room
) -> None:
    def make_reader() -> None:
        participant = Participant.objects.get(room=room, user=client_user)
        change_role(actor=room.created_by, participant=participant, role="observer")

    await in_database(make_reader)
    socket: Socket = await open_socket(client_user)
    await socket.say(
        "message.send", conversation=str(room.conversation_id), body="x", client_id=str(uuid4())
    )
    assert (await socket.until("error"))["code"] == "not_allowed"
    (event,) = await in_database(kept)
    assert event.actor == client_user
    assert event.data["action"] == "frame message.send"
    assert event.data["object"] == f"conversation:{room.conversation_id}"
    stranger = WebsocketCommunicator(application, "/ws/", subprotocols=["token.00000000"])
    assert (await stranger.connect())[0]
    assert (await stranger.receive_output())["code"] == 4401
    await stranger.wait()
    assert [event.data["action"] for event in await in_database(kept)][1:] == ["open a socket"]


@pytest.mark.parametrize("htmx", [True, False])
def test_what_an_action_refuses_to_a_form_is_no_fault_of_a_field(
    client: Client, client_user: User, manager: User, room: Room, htmx: bool
) -> None:
    """Whoever may invite, and does not lead, adds nobody who leads."""
    grants.set_grants(RoomUserObjectPermission, room, client_user.pk, {"view", "invite"})
    client.force_login(client_user, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(
        f"/rooms/{room.pk}/people/add/",
        {"email": manager.email, "role": "host"},
        headers={"HX-Request": "true"} if htmx else {},
    )
    assert answer.status_code == (403 if htmx else 302)
    event = only()
    assert (event.actor, event.data["permission"]) == (client_user, "rooms.manage")
    assert not Participant.objects.filter(room=room, user=manager).exists()
