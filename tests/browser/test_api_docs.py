"""The API's page works under the strict policy: what the browser complains of fails a test."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.conftest import Site, Visitor

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_operations_are_shown_and_can_be_tried(
    client_user: User, site: Site, visit: Callable[..., Visitor]
) -> None:
    page = visit(client_user).page
    page.goto(f"{site.url}/api/docs/")
    expect(page.get_by_role("heading", name="Consult Suite")).to_be_visible()
    session = page.locator("#operations-auth-auth_session")
    session.get_by_role("button").first.click()
    session.get_by_role("button", name="Try it out").click()
    session.get_by_role("button", name="Execute").click()
    expect(session.locator(".live-responses-table")).to_contain_text(client_user.email)
