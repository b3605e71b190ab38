"""What lists in the admin tell: enough to find a row, and no content, by no way round."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Field, Model
from django.test import Client, RequestFactory

from accounts.models import User
from core.admin import ActingAdmin
from tests.fixtures import prove

LOOKUPS = ("", "__exact", "__startswith", "__regex", "__gt", "__in", "__isnull")

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.fixture
def office(client: Client, staff: User) -> Client:
    """A browser in the admin."""
    client.force_login(staff)
    prove(client, staff, is_in_admin=True)
    return client


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
