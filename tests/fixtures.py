"""The shared cast and what they meet in. Everything is made by the product's own actions."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import Settings

from accounts.actions.organisations import add_organisation, set_business_role
from accounts.actions.people import confirm_address, sign_up
from accounts.models import BusinessRole, Organisation, User
from audit.actions.receipts import look_through
from audit.queries import AUDIT_LOG
from consultsuite.celery import app
from core.context import Origin, acting_from, session_digest
from core.models import Event
from files.actions.uploads import upload_file
from files.models import StoredFile
from messaging.actions.messages import send_message
from messaging.models import Message
from rooms.actions.lifecycle import create_room, start_room
from rooms.models import Mode, Role, Room, RoomType

PASSWORD = "consult-demo"


@pytest.fixture
def worked_at_once() -> Iterator[None]:
    """What is queued is done at once: no worker runs beside the tests."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def system(db: None) -> User:
    """The user that background work acts as."""
    return User.objects.system()


@pytest.fixture
def make_person(system: User) -> Callable[..., User]:
    """`make_person("Mara Lindqvist", organisation, role)`: an account with a confirmed address."""

    def make(name: str, organisation: Organisation | None = None, role: str = "") -> User:
        email = f"{name.split(maxsplit=1)[0].lower()}@demo.test"
        user = sign_up(actor=system, email=email, name=name, password=PASSWORD)
        confirm_address(actor=system, user=user)
        if organisation is not None:
            set_business_role(actor=system, user=user, organisation=organisation, role=role)
        return User.objects.get(pk=user.pk)

    return make


@pytest.fixture
def house(system: User) -> Organisation:
    """The consultants' own organisation."""
    return add_organisation(actor=system, name="Lindqvist & Raman", is_internal=True)


@pytest.fixture
def northwind(system: User) -> Organisation:
    """The client's organisation."""
    return add_organisation(actor=system, name="Northwind")


@pytest.fixture
def consultant(make_person: Callable[..., User], house: Organisation) -> User:
    """Mara, who leads the consultation."""
    return make_person("Mara Lindqvist", house, BusinessRole.INTERNAL_ENGINEER)


@pytest.fixture
def colleague(make_person: Callable[..., User], house: Organisation) -> User:
    """Priya, a consultant who does not take part."""
    return make_person("Priya Raman", house, BusinessRole.INTERNAL_PM)


@pytest.fixture
def client_user(make_person: Callable[..., User], northwind: Organisation) -> User:
    """Tomas, the client (the name `client` is pytest-django's)."""
    return make_person("Tomas Okafor", northwind, BusinessRole.CLIENT_USER)


@pytest.fixture
def manager(make_person: Callable[..., User], northwind: Organisation) -> User:
    """Helen, client administrator of Northwind."""
    return make_person("Helen Brandt", northwind, BusinessRole.CLIENT_ADMIN)


@pytest.fixture
def outsider(make_person: Callable[..., User], system: User) -> User:
    """Jonas, client of another organisation."""
    organisation = add_organisation(actor=system, name="Halden Clinic")
    return make_person("Jonas Weber", organisation, BusinessRole.CLIENT_USER)


@pytest.fixture
def staff(make_person: Callable[..., User]) -> User:
    """Alma, who may do everything in the admin and nothing in others' rooms."""
    user = make_person("Alma Berg")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def make_room(consultant: User, client_user: User) -> Callable[..., Room]:
    """A room of consultant and client, scheduled unless `active=True`."""

    def make(
        name: str = "Order import: migration plan", *, active: bool = False, **fields: Any
    ) -> Room:
        room = create_room(
            actor=fields.pop("actor", consultant),
            name=name,
            room_type=RoomType.objects.get(slug="consultation"),
            mode=fields.pop("mode", Mode.INSTANT),
            client=fields.pop("client", client_user),
            **fields,
        )
        return start_room(actor=room.created_by, room=room) if active else room

    return make


@pytest.fixture
def room(make_room: Callable[..., Room]) -> Room:
    """An active room of consultant and client."""
    return make_room(active=True)


@pytest.fixture
def say() -> Callable[..., Message]:
    """`say(person, room, "words")`."""

    def send(actor: User, room: Room, body: str, **fields: Any) -> Message:
        return send_message(actor=actor, conversation=room.conversation, body=body, **fields)

    return send


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Where files are kept during the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def upload(media: Path) -> Callable[..., StoredFile]:
    """`upload(person, room, "plan.txt", b"What it says")`."""

    def keep(
        actor: User, room: Room, name: str = "plan.txt", content: bytes = b"The plan"
    ) -> StoredFile:
        return upload_file(
            actor=actor,
            kind="conversation",
            place=room.conversation,
            upload=ContentFile(content, name),
        )

    return keep


def prove(client: Client, user: User, *, seconds_ago: float = 0, is_in_admin: bool = False) -> None:
    """Make the browser's session one in which the person has given their password.

    ``is_in_admin``: and has entered the admin a moment ago.
    """
    session = client.session
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - seconds_ago}
    ]
    if is_in_admin:
        session["admin_seen_at"] = time.time()
    session.save()


def say_why(client: Client, user: User, reason: str = "Ticket 4711: who did it?") -> None:
    """Let the browser's session have given a reason for the audit log."""
    with acting_from(Origin(session=session_digest(client.session.session_key))):
        look_through(actor=user, listing=AUDIT_LOG, people=[], reason=reason)


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    """A browser in the admin."""
    client.force_login(staff)
    prove(client, staff, is_in_admin=True)
    return client


@contextmanager
def capture_events() -> Iterator[list[Event]]:
    """The events recorded inside the block, oldest first, filled in at its end."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    events: list[Event] = []
    yield events
    events.extend(
        Event.objects.filter(pk__gt=last).select_related("stream", "actor").order_by("pk")
    )


def everything_stored() -> dict[str, list[Any]]:
    """Every row of our apps, for comparing; without what tells of attempts that were refused."""
    refusals: dict[str, dict[str, Any]] = {
        "core.Event": {"name": "AttemptRefused"},
        "core.Stream": {"kind": "attempts"},
    }
    return {
        model._meta.label: list(
            model._default_manager.exclude(**refusals.get(model._meta.label, {"pk": None}))
            .order_by("pk")
            .values_list()
        )
        for label in ("core", "audit", "accounts", "files", "messaging", "rooms")
        for model in apps.get_app_config(label).get_models()
    }


@contextmanager
def refused(error: type[Exception], said: str = "") -> Iterator[None]:
    """The block raises this error, whose text contains ``said``, and no row changes."""
    before = everything_stored()
    with pytest.raises(error, match=re.escape(said) or None):
        yield
    assert everything_stored() == before


def names(events: list[Event]) -> list[str]:
    """The names of events, for comparing."""
    return [event.name for event in events]


@pytest.fixture(autouse=True)
def no_slowness_on_purpose(settings: Settings) -> None:
    """Hashing passwords and waiting for reloads would take most of the tests' time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.SOCKET_LEAVE_GRACE_SECONDS = 0


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """No test sees what another left in Redis."""
    yield
    cache.clear()


def signed_in_long_ago(client: Client) -> None:
    """Whoever is signed in proved who they are an hour ago, and not since."""
    session = client.session
    for proof in session["account_authentication_methods"]:
        proof["at"] -= 3600
    session.save()


__all__ = [
    "PASSWORD",
    "Role",
    "capture_events",
    "everything_stored",
    "names",
    "prove",
    "refused",
    "signed_in_long_ago",
]
