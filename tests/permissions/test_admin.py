"""The table of the admin, asked by a browser of each person."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory

from audit.admin import PersonalAdmin
from audit.queries import concerned
from tests.permissions.admin import SITE, models, of_model
from tests.permissions.asking import Browsers, assert_agrees
from tests.permissions.cast import Cast, Table, fingerprint


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says_of_its_own_pages(cast: Cast) -> None:
    assert_agrees(cast, SITE, Browsers(cast))


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says_of_each_model(cast: Cast) -> None:
    table: Table = {}
    for model in models():
        table |= of_model(model, _row(model, cast))
    assert_agrees(cast, table, Browsers(cast))


@pytest.mark.django_db
def test_other_methods_change_nothing(cast: Cast) -> None:
    """Django's admin takes them for a GET."""
    browsers, before = Browsers(cast), fingerprint()
    addresses = {address for model in models() for _, address in of_model(model, _row(model, cast))}
    for address in addresses:
        for method in ("PUT", "PATCH", "DELETE"):
            browsers.ask("superuser", method, address, None)
    assert fingerprint() == before


def _row(model: type[Model], cast: Cast) -> str:
    """The id of a row that the model's pages show."""
    request: Any = RequestFactory().get("/admin/")
    request.user = cast.people["superuser"]
    page = admin.site._registry[model]
    rows = page.get_queryset(request)
    if isinstance(page, PersonalAdmin):  # somebody else's, so that a reason is needed
        found = (row for row in rows if concerned(request.user, page.subject_of(row)).exists())
        row = next(found, None)
    else:
        row = rows.first()
    assert row is not None, f"Give the cast a {model._meta.label}: nobody asked for its page."
    return str(row.pk)
