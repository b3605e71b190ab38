"""Every model has its page in the admin; it changes things by actions only, and shows no words."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.files.base import ContentFile
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.actions.devices import note_device
from accounts.actions.people import confirm_address, sign_up
from accounts.actions.tokens import create_api_token
from accounts.models import (
    BusinessRole,
    Membership,
    Organisation,
    OrganisationInvitation,
    User,
)
from audit.actions.receipts import look_at
from core.models import Errand, Event, IdempotentAnswer, PolicyViolation
from files.actions.uploads import upload_file
from messaging.actions.contacts import request_contact
from messaging.actions.conversations import mark_read
from messaging.actions.drafts import save_draft
from messaging.actions.meetings import schedule_meeting
from messaging.actions.messages import edit_message, send_message
from messaging.actions.pins import pin_message
from messaging.actions.reactions import add_reaction
from messaging.actions.reminders import set_reminder
from messaging.actions.saved import save_message
from messaging.actions.scheduled import schedule_message
from messaging.actions.settings import change_settings
from messaging.actions.templates import make_template
from messaging.models import ContactRequest, Meeting, Message, MessageRevision, ReplyTemplate
from rooms.actions.invitations import invite
from rooms.actions.participants import enter_room
from rooms.admin import room_subject
from rooms.models import Role, Room, RoomType
from tests.fixtures import capture_events, everything_stored, names, say_why

OURS = [
    model
    for label in ("core", "audit", "accounts", "files", "messaging", "rooms")
    for model in apps.get_app_config(label).get_models()
]
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
every_model = pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)

SECRET = "Between the two of us"


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def content(room: Room, client_user: User, consultant: User, system: User, staff: User) -> None:
    """At least one row of every model, with words that are nobody else's business."""
    words = f"{SECRET}, @{room.created_by.name}"
    message = send_message(actor=client_user, conversation=room.conversation, body=words)
    make_template(actor=client_user, title=SECRET, body=SECRET)
    stranger = sign_up(actor=system, email="stranger@demo.test", name="Ada Holm", password=None)
    confirm_address(actor=system, user=stranger)
    request_contact(actor=stranger, consultant=consultant, note=SECRET)
    edit_message(actor=client_user, message=message, body=f"{words}, edited")
    mark_read(actor=room.created_by, conversation=room.conversation, seq=message.seq)
    change_settings(actor=client_user, user=client_user, changes={"enter_sends": False})
    at = timezone.now() + timedelta(days=1)
    schedule_message(actor=client_user, conversation=room.conversation, body=SECRET, send_at=at)
    set_reminder(actor=client_user, message=message, remind_at=at, note=SECRET)
    save_draft(actor=client_user, conversation=room.conversation, body=SECRET)
    file = upload_file(
        actor=client_user, kind="conversation", place=room.conversation,
        upload=ContentFile(SECRET.encode(), f"{SECRET}.txt"),
    )  # fmt: skip
    send_message(
        actor=client_user, conversation=room.conversation, body=SECRET, attachments=[file.pk]
    )
    schedule_meeting(
        actor=client_user, conversation=room.conversation, title=SECRET, starts_at=at,
        duration_minutes=30, link="https://meet.google.com/abc-defg-hij",
    )  # fmt: skip
    add_reaction(actor=client_user, message=message, emoji="👍")
    pin_message(actor=client_user, message=message)
    save_message(actor=client_user, message=message)
    enter_room(actor=client_user, room=room)
    create_api_token(actor=client_user, user=client_user)
    note_device(actor=client_user, mark=SECRET)
    invite(actor=room.created_by, room=room, email="lena@demo.test", role=Role.CLIENT)
    OrganisationInvitation.objects.create(
        organisation=Organisation.objects.get(name="Northwind"), email="lena@demo.test",
        role=BusinessRole.CLIENT_USER, invited_by=room.created_by,
    )  # fmt: skip
    Room.objects.filter(pk=room.pk).update(description=SECRET)
    Authenticator.objects.create(user=client_user, type=Authenticator.Type.TOTP, data={})
    SocialAccount.objects.create(user=client_user, provider="google", uid="1")
    look_at(actor=staff, subject=room_subject(room), reason="Ticket 4711")
    PolicyViolation.objects.create(directive="img-src")
    Errand.objects.create(event=Event.objects.earliest("pk"), name="core.tests.any")
    IdempotentAnswer.objects.create(
        user=client_user, key="k", request_digest="d", status=201, body={"body": SECRET}
    )


@pytest.fixture
def office(office: Client, staff: User) -> Client:
    """The browser in the admin, in which a reason was given."""
    say_why(office, staff)
    return office


def open_with_reason(office: Client, model: type[Model], pk: Any) -> Any:
    """The page of a row, after a reason was given if it asks for one."""
    address = page(model, "change", quote(str(pk)))
    response = office.get(address)
    if response.status_code == 200:
        return response
    assert response["Location"].startswith(page(model, "reason", quote(str(pk))))
    return office.post(response["Location"], {"reason": "Ticket 4711"}, follow=True)


def test_every_model_of_ours_is_there() -> None:
    assert set(OURS) - set(REGISTERED) == set()


@every_model
def test_staff_see_every_list_and_page(
    model: type[Model],
    content: None,
    office: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    office.get(page(model, "changelist"))  # whom the audit log shows is told, once
    with django_assert_max_num_queries(14):
        response = office.get(page(model, "changelist"))
    assert response.status_code == 200
    assert SECRET not in response.content.decode()
    row = admin.site._registry[model].get_queryset(_request(office)).first()
    assert row is not None
    response = open_with_reason(office, model, row.pk)
    assert response.status_code == 200
    # What was said is read in these places, for a reason that those who said it see.
    has_words = model in (ContactRequest, Meeting, Message, MessageRevision, ReplyTemplate)
    assert (SECRET in response.content.decode()) == has_words


def _request(office: Client) -> Any:
    return office.get(reverse("admin:index")).wsgi_request


def test_no_list_can_be_searched_for_words(content: None, office: Client) -> None:
    for model in OURS:
        fields = set(admin.site._registry[model].search_fields)
        words = {field for field in fields if "body" in field or "description" in field}
        assert words == ({"description"} if model is RoomType else set())
        assert office.get(page(model, "changelist"), {"q": "Between"}).status_code == 200


def test_others_are_sent_to_sign_in(content: None, client: Client, consultant: User) -> None:
    for person in (None, consultant):
        if person is not None:
            client.force_login(person)
        for model in REGISTERED:
            response = client.get(page(model, "changelist"))
            assert response.status_code == 302
            assert response["Location"].startswith(reverse("admin:login"))


def test_nobody_deletes_and_few_are_added(content: None, office: Client) -> None:
    before = everything_stored()
    for model in OURS:
        row = model._default_manager.order_by("-pk").first()
        assert row is not None
        response = office.post(page(model, "delete", quote(str(row.pk))), {"post": "yes"})
        assert response.status_code in (302, 403)
        expected = 200 if model in (Organisation, RoomType) else 403
        assert office.get(page(model, "add")).status_code == expected
    assert everything_stored() == before


def profile(person: User, **changed: Any) -> dict[str, Any]:
    """The form of a person's page, with the row of their membership."""
    membership = Membership.objects.filter(user=person).first()
    return {
        "name": person.name,
        "timezone": person.timezone,
        "locale": person.locale,
        "membership-TOTAL_FORMS": "1",
        "membership-INITIAL_FORMS": "1" if membership else "0",
        "membership-0-id": membership.pk if membership else "",
        "membership-0-user": str(person.pk),
        "membership-0-organisation": str(membership.organisation_id) if membership else "",
        "membership-0-role": membership.role if membership else "",
    } | changed


def test_a_person_is_saved_by_actions(office: Client, client_user: User, staff: User) -> None:
    open_with_reason(office, User, client_user.pk)
    form = profile(client_user, name="Tomas A. Okafor", **{"membership-0-role": "client_admin"})
    with capture_events() as events:
        response = office.post(page(User, "change", client_user.pk), form)
    assert response.status_code == 302
    assert names(events) == [
        "ProfileChanged", "MemberRoleChanged", "BusinessRoleChanged",
    ]  # fmt: skip
    assert {event.actor for event in events} == {staff}
    client_user.refresh_from_db()
    assert client_user.name == "Tomas A. Okafor"
    assert list(client_user.groups.values_list("name", flat=True)) == ["client_admin"]


def test_saving_without_a_change_records_nothing(office: Client, client_user: User) -> None:
    open_with_reason(office, User, client_user.pk)
    with capture_events() as events:
        response = office.post(page(User, "change", client_user.pk), profile(client_user))
    assert response.status_code == 302
    assert events == []


def test_somebody_without_an_organisation_gets_one(
    office: Client, staff: User, house: Organisation
) -> None:
    row = {"membership-0-organisation": str(house.pk), "membership-0-role": "admin"}
    response = office.post(page(User, "change", staff.pk), profile(staff, **row))
    assert response.status_code == 302
    assert Membership.objects.get(user=staff).role == "admin"


def test_what_an_action_refuses_is_said_in_the_form(office: Client, client_user: User) -> None:
    open_with_reason(office, User, client_user.pk)
    form = profile(client_user, name="Changed too", **{"membership-0-role": "internal_pm"})
    before = everything_stored()
    response = office.post(page(User, "change", client_user.pk), form)
    assert response.status_code == 200
    assert "exists in the consultants&#x27; own organisation only" in response.content.decode()
    assert "Changed too" in response.content.decode()
    assert everything_stored() == before


def test_people_are_deactivated_and_activated(
    office: Client, client_user: User, staff: User
) -> None:
    for action, event in (("deactivate", "PersonDeactivated"), ("activate", "PersonActivated")):
        chosen = {"action": action, "_selected_action": [str(client_user.pk)]}
        with capture_events() as events:
            response = office.post(page(User, "changelist"), chosen, follow=True)
        assert f"1 {action}d." in response.content.decode()
        assert names(events) == [event]
    chosen = {"action": "deactivate", "_selected_action": [str(staff.pk)]}
    response = office.post(page(User, "changelist"), chosen, follow=True)
    assert f"User {staff.email}: You cannot deactivate yourself" in response.content.decode()


def test_an_address_is_confirmed_by_hand(office: Client, client_user: User, staff: User) -> None:
    EmailAddress.objects.filter(user=client_user).update(verified=False)
    chosen = {"action": "confirm", "_selected_action": [str(client_user.pk)]}
    with capture_events() as events:
        response = office.post(page(User, "changelist"), chosen, follow=True)
    assert "1 confirmed." in response.content.decode()
    assert [(event.name, event.actor) for event in events] == [("AddressConfirmed", staff)]
    assert EmailAddress.objects.get(user=client_user).verified


@pytest.mark.django_db
def test_staff_sign_in_where_everybody_does(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)


def test_a_person_without_rights_meets_a_closed_door(client: Client, consultant: User) -> None:
    client.force_login(consultant)
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_system_user_is_not_for_changing(office: Client, system: User) -> None:
    assert office.get(page(User, "change", system.pk)).status_code == 302
    assert system.email not in office.get(page(User, "changelist")).content.decode()


def members(number: int = 0) -> dict[str, str]:
    return {"memberships-TOTAL_FORMS": str(number), "memberships-INITIAL_FORMS": str(number)}


def test_organisations_are_added_and_renamed(office: Client, northwind: Organisation) -> None:
    with capture_events() as events:
        response = office.post(page(Organisation, "add"), {"name": "Brightwater"} | members())
    assert response.status_code == 302
    assert names(events) == ["OrganisationAdded"]
    response = office.post(page(Organisation, "add"), {"name": "NORTHWIND"} | members())
    assert "There is an organisation with this name" in response.content.decode()
    open_with_reason(office, Organisation, northwind.pk)
    with capture_events() as events:
        office.post(page(Organisation, "change", northwind.pk), {"name": "North wind"} | members())
    assert names(events) == ["OrganisationRenamed"]


def room_form(room: Room, **changed: Any) -> dict[str, Any]:
    return {
        "name": room.name,
        "scheduled_at_0": "",
        "scheduled_at_1": "",
        "duration_minutes": room.duration_minutes,
        "participants-TOTAL_FORMS": "2",
        "participants-INITIAL_FORMS": "2",
    } | changed


def test_a_room_is_changed_by_its_action(office: Client, room: Room) -> None:
    open_with_reason(office, Room, room.pk)
    with capture_events() as events:
        response = office.post(
            page(Room, "change", room.pk), room_form(room, name="Renamed by the office")
        )
    assert response.status_code == 302
    assert names(events) == ["RoomChanged", "ConversationRenamed"]
    assert events[0].data["fields"] == ["name"]
    late = {"scheduled_at_0": "2030-01-01", "scheduled_at_1": "10:00"}
    response = office.post(page(Room, "change", room.pk), room_form(room, **late))
    assert "It has begun; its time cannot be moved any more." in response.content.decode()


def test_rooms_are_completed_and_cancelled_as_they_can_be(
    office: Client, room: Room, make_room: Any
) -> None:
    waiting = make_room("Waiting")
    chosen = [str(room.pk), str(waiting.pk)]
    response = office.post(
        page(Room, "changelist"), {"action": "complete", "_selected_action": chosen}, follow=True
    )
    text = response.content.decode()
    assert "1 completed." in text
    assert f"Room {waiting.pk}: This consultation is scheduled, so it cannot be completed." in text
    response = office.post(
        page(Room, "changelist"), {"action": "cancel", "_selected_action": chosen}, follow=True
    )
    assert "1 cancelled." in response.content.decode()
    assert dict(Room.objects.values_list("name", "status")) == {
        room.name: "completed",
        "Waiting": "cancelled",
    }
    # What is over is only shown.
    assert 'name="name"' not in office.get(page(Room, "change", room.pk)).content.decode()


def type_form(**changed: Any) -> dict[str, Any]:
    return {
        "slug": "audit",
        "name": "Audit",
        "position": "9",
        "is_active": "on",
        "default_duration_minutes": "40",
        "clients_may_share_screen": "on",
        "clients_may_edit_workspace": "on",
        "messages_may_be_changed_after_completion": "on",
        "agenda-TOTAL_FORMS": "3",
        "agenda-INITIAL_FORMS": "0",
        "agenda-0-position": "2",
        "agenda-0-title": "Findings",
        "agenda-0-minutes": "30",
        "agenda-1-position": "1",
        "agenda-1-title": "Scope",
        "agenda-1-minutes": "10",
        "agenda-2-position": "0",
    } | changed


def test_room_types_and_their_agendas_are_data(office: Client) -> None:
    with capture_events() as events:
        response = office.post(page(RoomType, "add"), type_form())
    assert response.status_code == 302
    assert names(events) == ["RoomTypeChanged", "RoomTypeChanged"]
    added = RoomType.objects.get(slug="audit")
    assert added.messages_may_be_changed_after_completion
    agenda = added.agenda.order_by("position").values_list("title", "minutes")
    assert list(agenda) == [("Scope", 10), ("Findings", 30)]
    kept, gone = added.agenda.order_by("-position")
    change = type_form(
        **{
            "agenda-INITIAL_FORMS": "2",
            "agenda-0-id": kept.pk,
            "agenda-1-id": gone.pk,
            "agenda-1-DELETE": "on",
        }
    )
    with capture_events() as events:
        response = office.post(page(RoomType, "change", added.pk), change)
    assert response.status_code == 302
    assert names(events) == ["RoomTypeChanged"]
    assert list(added.agenda.values_list("title", flat=True)) == ["Findings"]
