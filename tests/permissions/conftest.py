"""The cast of the tables."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django import Settings

from accounts.actions.devices import note_device
from accounts.actions.guests import guest_at
from accounts.actions.people import update_profile
from accounts.actions.tokens import create_api_token
from accounts.models import BusinessRole, Organisation, OrganisationInvitation, User
from accounts.models.invitation import PAUSE
from audit.actions.receipts import look_at
from core.actions.idempotency import answer_once
from core.models import PolicyViolation
from files.actions.uploads import upload_file
from messaging.actions.contacts import open_direct, request_contact
from messaging.actions.conversations import mark_read
from messaging.actions.drafts import save_draft
from messaging.actions.groups import open_group
from messaging.actions.meetings import schedule_meeting
from messaging.actions.messages import edit_message, send_message
from messaging.actions.pins import pin_message
from messaging.actions.reactions import add_reaction
from messaging.actions.reminders import set_reminder
from messaging.actions.saved import save_message
from messaging.actions.scheduled import schedule_message
from messaging.actions.settings import change_settings
from messaging.actions.templates import make_template
from rooms.actions.invitations import invite, join_as_guest
from rooms.actions.participants import add_participant, enter_room
from rooms.admin import room_subject
from rooms.models import Role, Room, RoomInvitation
from tests.passkeys import Authenticator
from tests.permissions.cast import WHO, Cast

CREATE = {"publicKey": {"challenge": "AAAA", "user": {"id": "AAAA"}}}


@pytest.fixture
def guest(system: User) -> User:
    """Greta, who came by a link and has no account of her own."""
    return guest_at(actor=system, email="greta@demo.test", name="Greta Lund")


@pytest.fixture
def desk(make_person: Callable[..., User]) -> User:
    """Sam, who may enter the admin and has no permission there."""
    user = make_person("Sam Desk")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def people(
    consultant: User, colleague: User, client_user: User, manager: User,
    outsider: User, guest: User, desk: User, staff: User,
) -> tuple[User | None, ...]:  # fmt: skip
    """In the order of the columns."""
    return (consultant, colleague, client_user, manager, outsider, guest, desk, staff, None)


@pytest.fixture
def cast(
    people: tuple[User | None, ...], consultant: User, client_user: User, guest: User,
    outsider: User, northwind: Organisation, make_room: Callable[..., Room],
    make_person: Callable[..., User], say: Callable[..., Any], settings: Settings, tmp_path: Path,
) -> Cast:  # fmt: skip
    """Everybody, and one of each thing that an address names."""
    settings.MEDIA_ROOT = tmp_path
    room, waiting = make_room(active=True), make_room("Waiting")
    system = User.objects.system()
    for each in (room, waiting):
        asked = invite(actor=consultant, room=each, email=guest.email, role=Role.PARTICIPANT)
        join_as_guest(actor=system, token=asked.token)
    asked = invite(actor=consultant, room=room, email="nora@new.test", role=Role.CLIENT)
    RoomInvitation.objects.filter(pk=asked.pk).update(renewed_at=asked.renewed_at - PAUSE)
    asked_in = OrganisationInvitation.objects.create(
        renewed_at=asked.renewed_at - PAUSE, organisation=client_user.membership.organisation,
        email="nora@new.test", role=BusinessRole.CLIENT_USER, invited_by=consultant,
    )  # fmt: skip
    message = say(client_user, room, "Hello")
    mark_read(actor=consultant, conversation=room.conversation, seq=message.seq)
    change_settings(actor=client_user, user=client_user, changes={"enter_sends": False})
    edit_message(actor=client_user, message=message, body="Hello all, @Mara Lindqvist")
    template = make_template(actor=client_user, title="Thanks", body="Thank you")
    manager = people[WHO.index("manager")]
    assert manager is not None
    shared = make_template(
        actor=manager, title="Away", body="Until {today}", organisation=northwind
    )
    add_reaction(actor=client_user, message=message, emoji="👍")
    pin_message(actor=client_user, message=message)
    save_message(actor=client_user, message=message)
    file, waiting_file = (
        upload_file(
            actor=client_user, kind="conversation", place=room.conversation, upload=_picture()
        )
        for _ in range(2)
    )
    send_message(actor=client_user, conversation=room.conversation, body="", attachments=[file.pk])
    update_profile(actor=client_user, user=client_user, changes={"picture": _picture()})
    client_user.refresh_from_db()
    tomorrow = timezone.now() + timedelta(days=1)
    scheduled = schedule_message(
        actor=client_user, conversation=room.conversation, body="Later", send_at=tomorrow
    )
    reminder = set_reminder(actor=client_user, message=message, remind_at=tomorrow)
    save_draft(actor=client_user, conversation=room.conversation, body="Not yet")
    items = [*room.agenda.order_by("-position").values_list("pk", flat=True)]
    forgetful = make_person("Frida Holm")
    new_address = EmailAddress.objects.create(user=forgetful, email="frida@new.test")
    enter_room(actor=guest, room=room)
    _, token = create_api_token(actor=client_user, user=client_user)
    note_device(actor=client_user, mark="a browser")
    answer_once(actor=guest, key="1", digest="", create=lambda: (201, {"id": "1"}))
    TOTP.activate(outsider, generate_totp_secret())
    RecoveryCodes.activate(outsider)
    key = WebAuthn.add(outsider, "Laptop", Authenticator().create(CREATE))
    SocialAccount.objects.create(user=outsider, provider="google", uid="1")
    colleague, boss = (people[WHO.index(who)] for who in ("colleague", "superuser"))
    assert colleague is not None
    PolicyViolation.objects.create(directive="img-src")
    look_at(actor=boss, subject=room_subject(room), reason="Ticket 4711")
    talk = open_direct(actor=client_user, other=consultant)
    send_message(actor=client_user, conversation=talk, body="Hello")
    group = open_group(actor=consultant, title="Both", people=[client_user])
    contact = request_contact(actor=outsider, consultant=consultant, note="Ward access")
    meeting = schedule_meeting(
        actor=consultant, conversation=room.conversation, title="Rehearsal",
        starts_at=timezone.now() + timedelta(days=1), duration_minutes=30,
        link="https://meet.google.com/abc",
    )  # fmt: skip
    things = {
        "file": file.pk,
        "waiting_file": waiting_file.pk,
        "upload": _picture(),
        "meeting": meeting.pk,
        "talk": talk.pk,
        "group": group.pk,
        "asked": contact.pk,
        "colleague": colleague.pk,
        "just_the_colleague": [colleague.pk],
        "just_the_client": [client_user.pk],
        "provider": "google",
        "key": key.instance.pk,
        "app": "core",
        "user_type": ContentType.objects.get_for_model(User).pk,
        "room": room.pk,
        "waiting": waiting.pk,
        "conversation": room.conversation_id,
        "message": message.pk,
        "template": template.pk,
        "shared_template": shared.pk,
        "scheduled": scheduled.pk,
        "reminder": reminder.pk,
        "client": client_user.pk,
        "owner": consultant.pk,
        "guest": guest.pk,
        "invitation": asked.pk,
        "link": asked.token,
        "organisation": asked_in.organisation_id,
        "member_invitation": asked_in.pk,
        "member_link": asked_in.token,
        "item": items[0],
        "items": items,
        "token": token.pk,
        "session": _session(client_user).pk,
        "picture": Path(str(client_user.picture)).name,
        "confirmation_key": EmailConfirmationHMAC(new_address).key,
        "reset_uid": user_pk_to_url_str(forgetful),
        "reset_token": default_token_generator.make_token(forgetful),
    }
    return Cast(dict(zip(WHO, people, strict=True)), things)


@pytest.fixture
def listener(cast: Cast, consultant: User, make_person: Callable[..., User]) -> User:
    """Lea, who observes the room without a word."""
    user = make_person("Lea Marin")
    room = Room.objects.get(pk=cast.things["room"])
    add_participant(actor=consultant, room=room, user=user, role=Role.OBSERVER)
    return user


@pytest.fixture
def frame_things(cast: Cast, listener: User) -> dict[str, Any]:
    """What frames name beside the things of addresses; ids as a frame writes them."""
    things = {name: str(cast.things[name]) for name in ("room", "conversation", "client")}
    return things | {
        "listener": str(listener.pk),
        "room_stream": f"room:{things['room']}",
        "conversation_stream": f"conversation:{things['conversation']}",
        "client_stream": f"user:{things['client']}",
        "planet_stream": f"planet:{things['room']}",
    }


def _session(user: User) -> UserSession:
    """Of a browser that is none of those in the tables."""
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    browser.get("/profile/")
    return UserSession.objects.get(session_key=browser.session.session_key)


def _picture() -> SimpleUploadedFile:
    stream = BytesIO()
    Image.new("RGB", (64, 64), "teal").save(stream, "PNG")
    return SimpleUploadedFile("me.png", stream.getvalue(), content_type="image/png")
