"""The admin's own session: begun by a proof, short, and ended by doing nothing."""

import time

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from audit.actions.receipts import note_entry
from core.errors import NotAllowed
from tests.fixtures import PASSWORD, capture_events, names, prove, refused

MINUTE = 60
PROVE = "/accounts/reauthenticate/"
ADDED = "/admin/accounts/organisation/add/"
FORM = {"name": "Brightwater", "memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}


@pytest.fixture
def browser(client: Client, staff: User) -> Client:
    """Staff, signed in a long while ago."""
    client.force_login(staff)
    return client


def seen(browser: Client, seconds_ago: float) -> None:
    session = browser.session
    session["admin_seen_at"] = time.time() - seconds_ago
    session.save()


def is_asked(browser: Client, address: str = "/admin/") -> bool:
    answer = browser.get(address)
    assert answer.status_code in (200, 302)
    if answer.status_code == 302:
        assert answer["Location"].startswith(PROVE)
    return answer.status_code == 302


def test_entering_needs_a_recent_proof(browser: Client, staff: User) -> None:
    assert is_asked(browser)
    prove(browser, staff, seconds_ago=31 * MINUTE)
    assert is_asked(browser)
    prove(browser, staff, seconds_ago=29 * MINUTE)
    with capture_events() as events:
        assert not is_asked(browser)
        assert not is_asked(browser)
    assert names(events) == ["AdminEntered"]
    assert (events[0].actor, events[0].ip) == (staff, "127.0.0.1")


def test_nobody_else_is_noted_to_enter(consultant: User) -> None:
    with refused(NotAllowed):
        note_entry(actor=consultant)


def test_another_person_s_proof_does_not_count(
    browser: Client, staff: User, client_user: User
) -> None:
    prove(browser, client_user)
    assert is_asked(browser)


def test_doing_nothing_ends_it(browser: Client, staff: User) -> None:
    prove(browser, staff, seconds_ago=20 * MINUTE)
    seen(browser, 14 * MINUTE)
    assert not is_asked(browser)
    seen(browser, 16 * MINUTE)
    assert is_asked(browser)
    prove(browser, staff)
    assert not is_asked(browser)


def test_a_working_day_ends_it(browser: Client, staff: User) -> None:
    prove(browser, staff, seconds_ago=7.9 * 60 * MINUTE)
    seen(browser, MINUTE)
    assert not is_asked(browser)
    prove(browser, staff, seconds_ago=8.1 * 60 * MINUTE)
    seen(browser, MINUTE)
    assert is_asked(browser)


def test_the_limits_are_settings(browser: Client, staff: User, settings: Settings) -> None:
    settings.ADMIN_ENTRY_MINUTES = 1
    prove(browser, staff, seconds_ago=2 * MINUTE)
    assert is_asked(browser)


def test_a_change_needs_a_recent_proof_and_is_made_after_it(browser: Client, staff: User) -> None:
    prove(browser, staff, seconds_ago=31 * MINUTE)
    seen(browser, MINUTE)
    assert not is_asked(browser, ADDED)
    with capture_events() as events:
        answer = browser.post(ADDED, FORM)
        assert answer.status_code == 302
        assert answer["Location"].startswith(PROVE)
    assert events == []
    with capture_events() as events:
        answer = browser.post(answer["Location"], {"password": PASSWORD, "next": ADDED})
    assert "OrganisationAdded" in names(events)
    assert (answer.status_code, answer["Location"]) == (302, "/admin/accounts/organisation/")


def test_a_wrong_proof_opens_nothing(browser: Client) -> None:
    address = browser.get("/admin/")["Location"]
    assert browser.post(address, {"password": "wrong"}).status_code == 200
    assert is_asked(browser)
    assert browser.post(address, {"password": PASSWORD})["Location"] == "/admin/"
    assert not is_asked(browser)


def test_without_anything_to_prove_one_signs_in_anew(browser: Client, staff: User) -> None:
    staff.set_unusable_password()
    staff.save()
    browser.force_login(staff)
    assert browser.get("/admin/")["Location"].startswith("/accounts/logout/")


def test_signing_in_is_a_proof(client: Client, staff: User) -> None:
    form = {"login": staff.email, "password": PASSWORD, "next": "/admin/"}
    assert client.post("/accounts/login/?next=/admin/", form)["Location"] == "/admin/"
    assert not is_asked(client)


def test_signing_out_of_the_admin_ends_everything(browser: Client, staff: User) -> None:
    prove(browser, staff, is_in_admin=True)
    assert browser.post("/admin/logout/").status_code == 200
    assert browser.get("/profile/").status_code == 302
    assert browser.get("/admin/")["Location"].startswith("/admin/login/")


def test_others_are_refused_as_ever(client: Client, consultant: User) -> None:
    client.force_login(consultant)
    prove(client, consultant)
    assert client.get("/admin/", follow=True).status_code == 403


def test_passwords_are_changed_where_everybody_does(browser: Client, staff: User) -> None:
    prove(browser, staff, is_in_admin=True)
    assert browser.get("/admin/password_change/")["Location"] == "/accounts/password/change/"


def test_the_rest_of_the_product_is_as_before(browser: Client) -> None:
    assert browser.get("/profile/").status_code == 200
