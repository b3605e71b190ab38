"""Staff read the audit log, wide and on a phone, and the person reads that they did."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.test_accessibility import Visit

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
]

REASON = "Ticket 4711: who began the consultation?"


@pytest.mark.parametrize("width", [1280, 390])
def test_staff_read_the_log_and_people_read_why(
    room: Room, staff: User, client_user: User, visit: Visit, width: int
) -> None:
    visitor = visit(staff, width)
    page, url = visitor.page, visitor.site.url
    found: dict[str, list[str]] = {}
    page.goto(f"{url}/admin/core/event/")
    expect(page.get_by_role("heading", name="Say why you need to see this")).to_be_visible()
    page.get_by_role("button", name="Open and leave a receipt").click()
    expect(page.get_by_text("Say why you need to see this.")).to_be_visible()
    look(page, found, "the question, with its error")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Open and leave a receipt").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()
    look(page, found, "the log")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Every column can be read without moving the table sideways.
    cells = page.locator("#result_list tbody tr").first.locator("th, td")
    for place in range(cells.count()):
        box = cells.nth(place).bounding_box()
        assert box is None or 0 <= box["x"] <= box["x"] + box["width"] <= width
    page.get_by_label("Action").select_option(label="The consultation began")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    page.locator("#result_list time").click()
    expect(page.get_by_text("The consultation began")).to_be_visible()
    look(page, found, "an entry")
    page.goto(f"{url}/admin/core/event/export/")
    look(page, found, "the export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    assert "RoomStarted" in download.value.path().read_text()
    assert found == {}
    # axe itself writes a style where it judges the skip link.
    visitor.complaints[:] = [line for line in visitor.complaints if "inline style" not in line]
    them = visit(client_user, width)
    them.page.goto(f"{url}/profile/who-looked/")
    expect(them.page.get_by_text(REASON)).to_be_visible()
