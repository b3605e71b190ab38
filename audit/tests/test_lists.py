"""What lists in the admin tell: enough to find a row, and no content, by no way round."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Field, Model
from django.test import Client, RequestFactory

from accounts.models import ApiToken, Membership, Organisation, OrganisationInvitation, User
from core.admin import ActingAdmin
from core.models import Event
from messaging.models import Conversation
from rooms.models import AgendaItem, Room
from tests.fixtures import capture_events, say_why

LOOKUPS = ("", "__exact", "__startswith", "__regex", "__gt", "__in", "__isnull")

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def office(office: Client, staff: User) -> Client:
    """The browser in the admin, in which a reason was given."""
    say_why(office, staff)
    return office


def address_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.label_lower.replace('.', '/')}/"


def offered(model: type[Model]) -> set[str]:
    """What the list says that it filters by, with the questions that choose one value."""
    found: set[str] = set()
    for each in admin.site._registry[model].list_filter:
        if not isinstance(each, type):
            name = each[0] if isinstance(each, tuple) else each
            found |= {f"{name}{ending}" for ending in ("", "__exact", "__id__exact", "__isnull")}
    return found


def fields_of(model: type[Model]) -> list[str]:
    """Its own columns, and those of what they point to."""
    names: list[str] = []
    for field in model._meta.concrete_fields:
        names.append(field.name)
        if field.related_model is not None:
            further: Any = field.related_model
            names += [f"{field.name}__{each.name}" for each in further._meta.concrete_fields]
    return names


def test_every_page_is_closed_like_ours() -> None:
    open_ones = [
        model._meta.label
        for model, page in admin.site._registry.items()
        if not isinstance(page, ActingAdmin)
    ]
    assert open_ones == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_answers_no_question_but_its_own(
    model: type[Model], office: Client, staff: User
) -> None:
    request: Any = RequestFactory().get("/")
    request.user = staff
    page, allowed = admin.site._registry[model], offered(model)
    for name in fields_of(model):
        for lookup in LOOKUPS:
            asked = f"{name}{lookup}"
            if asked not in allowed:
                assert not page.lookup_allowed(asked, "x", request), asked
    for asked in (f"{fields_of(model)[-1]}__regex", f"{model._meta.pk.name}__gt"):
        assert office.get(address_of(model), {asked: "0"}).status_code == 400, asked


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_what_a_list_offers_works(model: type[Model], office: Client, staff: User) -> None:
    request: Any = RequestFactory().get("/")
    request.user = staff
    page = admin.site._registry[model]
    changes = page.get_changelist_instance(request)
    for spec in changes.filter_specs:
        for choice in [*spec.choices(changes)][:2]:
            answer = office.get(f"{address_of(model)}{choice['query_string']}")
            assert answer.status_code == 200, choice
    if page.date_hierarchy:
        date = {"year": "2026", "month": "11", "day": "1"}
        asked = {f"{page.date_hierarchy}__{part}": value for part, value in date.items()}
        assert office.get(address_of(model), asked).status_code == 200


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("usersessions/usersession", "session_key__regex"),
        ("messaging/message", "body__icontains"),
        ("messaging/messagerevision", "body__icontains"),
        ("rooms/room", "description__icontains"),
        ("accounts/user", "password__startswith"),
        ("accounts/apitoken", "digest__startswith"),
        ("accounts/apitoken", "user__password__startswith"),
        ("core/event", "data__icontains"),
        ("core/idempotentanswer", "body__icontains"),
        ("accounts/user", "membership__organisation__name__startswith"),
        ("rooms/room", "status__regex"),
        ("rooms/room", "created_at__gt"),
    ],
)
def test_content_is_not_asked_for(address: str, asked: str, office: Client) -> None:
    assert office.get(f"/admin/{address}/", {asked: "a"}).status_code == 400


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_row_opens_by_its_key_alone(model: type[Model], staff: User) -> None:
    request: Any = RequestFactory().get("/")
    request.user = staff
    fields: list[Field[Any, Any]] = [f for f in model._meta.concrete_fields if not f.primary_key]
    page = admin.site._registry[model]
    assert not [field.name for field in fields if page.to_field_allowed(request, field.attname)]


def test_lists_carry_ids_and_no_titles_devices_or_addresses(
    office: Client, room: Room, client_user: User, say: Any
) -> None:
    words = {"Heronsgate", "Kestrelsong", "Larkmeadow", "198.51.100.77", "Firefox"}
    Room.objects.filter(pk=room.pk).update(name="Heronsgate", description="Kestrelsong")
    Conversation.objects.filter(pk=room.conversation_id).update(title="Heronsgate")
    say(client_user, room, "Kestrelsong")
    AgendaItem.objects.create(room=room, title="Larkmeadow", position=99, minutes=5)
    browser = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux) Gecko Firefox/142.0"})
    browser.force_login(client_user)
    browser.get("/", REMOTE_ADDR="198.51.100.77")
    ApiToken.objects.create(client_user, name="Larkmeadow")
    for model in MODELS:
        html = office.get(address_of(model)).content.decode()
        assert not [word for word in words if word in html], model
        searched = office.get(address_of(model), {"q": "Heronsgate"})
        if model is not Event:  # the log names whoever has signed up
            assert searched.context["cl"].result_count == 0, model


def test_asking_why_gives_no_title_away(office: Client, room: Room) -> None:
    html = office.get(f"/admin/rooms/room/{room.pk}/reason/").content.decode()
    assert room.name not in html
    assert f"room:{room.pk}" in html


@pytest.mark.parametrize("part", ["change", "history"])
def test_an_organisation_belongs_to_its_people(
    part: str, office: Client, client_user: User, staff: User, outsider: User
) -> None:
    organisation = client_user.membership.organisation
    invitation = OrganisationInvitation.objects.create(
        organisation=organisation, email=outsider.email, role="client_user", invited_by=staff
    )
    address = f"/admin/accounts/organisation/{organisation.pk}/{part}/"
    asked = office.get(address)
    assert asked.status_code == 302
    with capture_events() as events:
        office.post(asked["Location"], {"reason": "Ticket 4711: a wrong name"})
    assert {event.stream.object_id for event in events} >= {client_user.pk, outsider.pk}
    assert office.get(address).status_code == 200
    page = f"/admin/accounts/organisationinvitation/{invitation.pk}/{part}/"
    assert office.get(page).status_code == 200


def test_an_organisation_of_nobody_asks_too(office: Client) -> None:
    organisation = Organisation.objects.create(name="Empty")
    page = f"/admin/accounts/organisation/{organisation.pk}/change/"
    asked = office.get(page)
    assert asked.status_code == 302
    assert "Nobody who has an account" in office.get(asked["Location"]).content.decode()


def test_only_what_a_form_offers_is_looked_up(office: Client) -> None:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if field.related_model is None:
                continue
            asked: Any = {"app_label": model._meta.app_label, "model_name": model._meta.model_name,
                     "field_name": field.name, "term": "a"}  # fmt: skip
            is_offered = (model, field.name) == (Membership, "organisation")
            status = office.get("/admin/autocomplete/", asked).status_code
            assert status == (200 if is_offered else 403) or (status == 404 and not is_offered)
