"""Whatever mails an invitation, or a link, or tells somebody that they were added, is limited."""

import ast
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.actions.members import invite_member
from accounts.models import BusinessRole, Organisation, OrganisationInvitation, User
from consultsuite import settings as project
from core.limits import spend
from core.models import Event
from rooms.actions.invitations import invite, join_as_guest
from rooms.models import Role, Room, RoomInvitation
from tests.fixtures import everything_stored

LENA, TOMAS = "lena@demo.test", "tomas@demo.test"
ONE = {"person": "1/h", "address": "1/h"}

MAIL = {
    "add_or_invite", "add_participant", "create_room", "invite", "invite_member",
    "resend_invitation", "resend_member_invitation", "send_guest_link",
}  # fmt: skip
"""Actions after which somebody gets a mail from us."""

PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "accounts.views.organisation.people": (
        "/organisations/{organisation}/", {"email": LENA, "role": "client_user"}
    ),
    "accounts.views.organisation.resend": (
        "/organisations/{organisation}/invitations/{member}/resend/", {}
    ),
    "rooms.views.join.again": ("/rooms/join/{token}/again/", {}),
    "rooms.views.lists.create": (
        "/rooms/new/",
        {"name": "A talk", "room_type": "review", "mode": "instant", "client_email": TOMAS},
    ),
    "rooms.views.people.add": ("/rooms/{room}/people/add/", {"email": LENA, "role": "client"}),
    "rooms.views.people.guest_link": ("/rooms/{room}/people/{guest}/link/", {}),
    "rooms.views.people.resend": ("/rooms/{room}/invitations/{invitation}/resend/", {}),
}  # fmt: skip
FORMS = {"accounts.views.organisation.people", "rooms.views.lists.create"}
"""Those that are sent without htmx: the page keeps what was typed."""
API: dict[str, tuple[str, dict[str, str]]] = {
    "accounts.api.members.MemberInvitations.post": (
        "/api/organisations/{organisation}/invitations/", {"email": LENA, "role": "client_user"}
    ),
    "accounts.api.members.ResendMemberInvitation.post": (
        "/api/organisations/{organisation}/invitations/{member}/resend/", {}
    ),
    "rooms.api.invitations.Invitations.post": (
        "/api/rooms/{room}/invitations/", {"email": LENA, "role": "client"}
    ),
    "rooms.api.invitations.ResendInvitation.post": (
        "/api/rooms/{room}/invitations/{invitation}/resend/", {}
    ),
    "rooms.api.participants.Participants.post": (
        "/api/rooms/{room}/participants/", {"email": LENA, "role": "client"}
    ),
    "rooms.api.rooms.Rooms._create": (
        "/api/rooms/", {"name": "A talk", "room_type": "review", "client_email": TOMAS}
    ),
}  # fmt: skip
WAYS = PAGES | API


@pytest.fixture
def places(
    room: Room, consultant: User, client_user: User, manager: User, northwind: Organisation,
    system: User,
) -> dict[str, UUID | str]:  # fmt: skip
    """What stands in the addresses: links that were mailed a while ago, and a guest."""
    invitation = invite(actor=consultant, room=room, email="ines@demo.test", role=Role.CLIENT)
    link = invite(actor=consultant, room=room, email="noor@demo.test", role=Role.CLIENT)
    guest = join_as_guest(actor=system, token=link.token, name="Noor")
    member = invite_member(
        actor=manager, organisation=northwind, email="ines@demo.test", role=BusinessRole.CLIENT_USER
    )
    for model in (RoomInvitation, OrganisationInvitation):
        model.objects.update(renewed_at=timezone.now() - timedelta(hours=1))
    return {
        "room": room.pk,
        "invitation": invitation.pk,
        "token": link.token,
        "guest": guest.user_id,
        "organisation": northwind.pk,
        "member": member.pk,
    }


@pytest.mark.parametrize("way", WAYS)
def test_each_way_to_mail_somebody_is_limited(
    way: str, places: dict[str, UUID | str], consultant: User, manager: User, settings: Settings
) -> None:
    address, fields = WAYS[way]
    actor = manager if "organisation" in address else consultant
    browser: Any = APIClient() if way in API else Client()
    if way in API:
        browser.force_authenticate(actor)
    elif way != "rooms.views.join.again":
        browser.force_login(actor, backend="django.contrib.auth.backends.ModelBackend")
    settings.RATE_LIMITS = project.RATE_LIMITS | {"invitation": ONE}
    spend("invitation", person=actor.pk, address="127.0.0.1")
    before = everything_stored()
    refused = browser.post(address.format(**places), fields)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 3000
    assert everything_stored() == before
    if way in FORMS:
        html = refused.content.decode()
        assert html.count("That was too often. Try again in") == 1
        assert all(f'value="{value}"' in html for value in fields.values())

    settings.RATE_LIMITS = project.RATE_LIMITS
    events = Event.objects.count()
    assert browser.post(address.format(**places), fields).status_code < 400
    assert Event.objects.count() > events


@pytest.mark.django_db
def test_a_room_without_a_client_mails_nobody(consultant: User, settings: Settings) -> None:
    settings.RATE_LIMITS = project.RATE_LIMITS | {"invitation": ONE}
    api, browser = APIClient(), Client()
    api.force_authenticate(consultant)
    browser.force_login(consultant, backend="django.contrib.auth.backends.ModelBackend")
    fields = {"name": "A talk", "room_type": "review", "mode": "instant", "client_email": ""}
    for _ in range(2):
        assert api.post("/api/rooms/", {"name": "A", "room_type": "review"}).status_code == 201
        assert browser.post("/rooms/new/", fields).status_code == 302
    assert api.post("/api/rooms/", [], format="json").status_code == 400


def test_no_way_is_missing_here() -> None:
    found = {name for app in ("accounts", "core", "messaging", "rooms") for name in callers(app)}
    assert found == WAYS.keys()


def callers(app: str) -> Iterator[str]:
    """The functions outside of actions that name one of them."""
    root: Path = settings.BASE_DIR
    for path in (root / app).rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        if {"actions", "tests", "migrations"} & set(parts):
            continue
        for node in ast.parse(path.read_text()).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            prefix = [*parts, node.name] if isinstance(node, ast.ClassDef) else [*parts]
            for function in inner:
                if names(function) & MAIL:
                    yield ".".join([*prefix, getattr(function, "name", "(module)")])


def names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
