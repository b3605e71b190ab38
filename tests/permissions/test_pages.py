"""The table of pages, asked by a browser of each person."""

import pytest

from tests.permissions.asking import Browsers, assert_agrees
from tests.permissions.cast import WHO, Cast, fingerprint
from tests.permissions.pages import PAGES

FOR_EVERY_SITE = {"/reports/"}
"""Browsers send these on their own; they act for nobody."""


@pytest.mark.django_db
def test_everybody_gets_what_the_table_says(cast: Cast) -> None:
    assert_agrees(cast, PAGES, Browsers(cast))


@pytest.mark.django_db
def test_a_refused_form_changes_nothing_without_scripts_either(cast: Cast) -> None:
    browsers, before, wrong = Browsers(cast, htmx=False), fingerprint(), []
    for (method, address), (body, expected) in PAGES.items():
        for who, status in zip(WHO, expected, strict=True):
            if method == "POST" and status in (401, 403, 404, "sign in"):
                found = browsers.ask(who, method, address, body)
                if fingerprint() != before or found == 200:
                    wrong.append(f"{who} {method} {address}: {found}")
    assert wrong == []


@pytest.mark.django_db
def test_no_other_site_can_post_a_form(cast: Cast) -> None:
    browsers = Browsers(cast, enforce_csrf_checks=True)
    found = {
        (who, address): browsers.ask(who, method, address, body)
        for (method, address), (body, _) in PAGES.items()
        for who in WHO
        if method == "POST" and address not in FOR_EVERY_SITE
    }
    assert {place for place, status in found.items() if status != 403} == set()
