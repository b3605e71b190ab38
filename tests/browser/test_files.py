"""Files are chosen, dropped, pasted, sent and saved by two people in two browsers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from files.tests.test_sniffing import picture
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Site, Visitor
from tests.browser.test_consultation import message, open_menu, show, write
from tests.browser.test_room import open_room

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]

UPLOADS = "**/api/files/upload/"
PLAN = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"Day first, the whole sheet.\n"}
SHEET = {"name": "august.csv", "mimeType": "text/csv", "buffer": b"day,orders\n3,14\n"}
PHOTO = {
    "name": "whiteboard.png", "mimeType": "image/png", "buffer": picture("PNG", (640, 400)),
}  # fmt: skip

GIVE = """(element, [type, names]) => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File([`In ${name}`], name));
    const options = {bubbles: true, cancelable: true};
    element.dispatchEvent(type === "paste"
        ? new ClipboardEvent(type, {...options, clipboardData: data})
        : new DragEvent(type, {...options, dataTransfer: data}));
}"""


@pytest.fixture
def environment() -> dict[str, str]:
    return {"MAX_FILE_MEGABYTES": "1"}


def attach(page: Page, *files: Any) -> None:
    """As chosen in the system's dialog."""
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Attach files").click()
    chosen.value.set_files([*files])


def chips(page: Page) -> Locator:
    return page.locator(".file-chip")


def uploaded(page: Page, number: int = 1) -> None:
    expect(page.locator("[data-file-done]:visible")).to_have_count(number)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send", exact=True).click()


def carried(page: Page, name: str) -> Locator:
    """Messages that carry a file of this name."""
    return page.locator("[data-chat-list] .message-group", has_text=name)


def open_menu_of(item: Locator) -> None:
    """Of a message that says nothing."""
    item.hover()
    item.locator(".message-menu > summary").click()


@pytest.mark.parametrize("width", [1280, 390])
def test_two_people_exchange_files(
    room: Room, consultant: User, client_user: User, visit: Visit, width: int
) -> None:
    mara, tomas = visit(consultant, width), visit(client_user, width)
    page, other = open_room(mara, room), open_room(tomas, room)
    for visitor in (mara, tomas):
        show(visitor, "chat")
    found: dict[str, list[str]] = {}
    held: list[Route] = []
    page.route(UPLOADS, lambda route: held.append(route))  # noqa: PLW0108
    attach(page, PHOTO, PLAN)
    progress = page.get_by_role("progressbar", name="Uploading whiteboard.png")
    expect(progress).to_be_visible()
    look(page, found, "uploading")
    write(mara, "The whiteboard and the plan.")
    expect(page.locator("[data-composer-held]")).to_contain_text("as soon as its files are")
    for route in held:
        route.continue_()
    expect(chips(page)).to_have_count(0)
    for each in (page, other):
        shown = message(each, "The whiteboard and the plan.")
        expect(shown.locator(".message-file-name")).to_have_text(["whiteboard.png", "plan.txt"])
    image = shown.get_by_role("img", name="whiteboard.png")
    image.scroll_into_view_if_needed()
    assert image.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 640
    with other.expect_download() as saved:
        shown.get_by_role("link", name="plan.txt").click()
    assert saved.value.suggested_filename == "plan.txt"
    assert Path(saved.value.path()).read_bytes() == PLAN["buffer"]
    look(other, found, "shown")
    assert found == {}


def test_dropped_and_pasted_without_a_word(
    room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page, other = open_room(mara, room), open_room(tomas, room)
    log, hint = page.locator("[data-chat-log]"), page.locator("[data-chat-drop]")
    log.evaluate(GIVE, ["dragover", ["notes.md"]])
    expect(hint).to_be_visible()
    log.evaluate(GIVE, ["drop", ["notes.md"]])
    expect(hint).to_be_hidden()
    page.locator("#composer").evaluate(GIVE, ["paste", ["image.txt"]])
    uploaded(page, 2)
    # What is uploaded is still there when the page is loaded anew.
    page.reload()
    uploaded(page, 2)
    send(page)
    expect(carried(other, "notes.md")).to_contain_text("image.txt")
    expect(carried(other, "notes.md").locator(".message-body")).to_have_count(0)
    quote(tomas)
    take_back(mara, tomas)
    # Beside the conversation nothing opens in place of the page.
    page.locator("body").evaluate(GIVE, ["drop", ["elsewhere.md"]])
    expect(chips(page)).to_have_count(0)


def quote(tomas: Visitor) -> None:
    """Without words, a message is quoted by its files."""
    open_menu_of(carried(tomas.page, "notes.md"))
    tomas.page.get_by_role("button", name="Reply").click()
    expect(tomas.page.locator("[data-composer-context]")).to_contain_text("2 files: notes.md")
    write(tomas, "Thank you for both.")
    expect(message(tomas.page, "Thank you for both.").locator(".message-quote")).to_contain_text(
        "2 files: notes.md"
    )


def take_back(mara: Visitor, tomas: Visitor) -> None:
    """Its files go with a message, and from where it is quoted."""
    files = mara.page.locator("[data-chat-list] .message-file")
    expect(files).to_have_count(2)
    open_menu_of(carried(mara.page, "notes.md").filter(has=mara.page.locator(".message-file")))
    mara.page.get_by_role("button", name="Delete", exact=True).click()
    expect(mara.page.locator("#delete-excerpt")).to_contain_text("2 files: notes.md")
    mara.page.get_by_role("button", name="Delete message").click()
    expect(mara.page.get_by_role("log")).to_be_focused()
    for page in (mara.page, tomas.page):
        expect(page.locator("[data-chat-list] .message-file")).to_have_count(0)
        expect(page.locator(".message-quote")).to_contain_text("Message deleted")


def test_what_cannot_be_sent_says_why(room: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    large = {"name": "film.bin", "mimeType": "", "buffer": bytes(1024 * 1024 + 1)}
    attach(page, large, {"name": "empty.txt", "mimeType": "text/plain", "buffer": b""})
    expect(chips(page).first).to_contain_text("Too large: 1.0 MB. At most 1.0 MB can be sent.")
    expect(chips(page).last).to_contain_text("This file is empty.")
    assert not [line for line in asked if line.startswith("POST")]
    write(mara, "The film.")
    error = page.locator("#composer-error")
    expect(error).to_contain_text("2 files could not be uploaded.")
    found: dict[str, list[str]] = {}
    look(page, found, "refused")
    assert found == {}
    page.get_by_role("button", name="Remove film.bin").press("Enter")
    page.keyboard.press("Enter")  # the focus went on to the other one
    expect(chips(page)).to_have_count(0)
    expect(page.locator("#composer")).to_be_focused()
    attach(page, *({**PLAN, "name": f"{number}.txt"} for number in range(11)))
    expect(error).to_contain_text("at most 10 files")
    uploaded(page, 10)
    page.get_by_role("button", name="Remove 3.txt").click()
    uploaded(page, 9)
    page.locator("[data-later] > summary").click()
    page.locator("[data-send-at]").first.click()
    expect(error).to_contain_text("Files cannot be sent later yet.")
    send(page)
    expect(message(page, "The film.").locator(".message-file-name")).to_have_count(9)
    assert len([line for line in asked if line.startswith("DELETE")]) == 1


def test_nothing_goes_that_one_has_not_sent(room: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = open_room(mara, room)
    page.route(UPLOADS, lambda route: route.fulfill(status=429))
    attach(page, PLAN)
    again = page.get_by_role("button", name="Try again to upload plan.txt")
    expect(again).to_be_visible()
    mara.complaints.clear()  # the browser's own, about the 429
    page.unroute(UPLOADS)
    page.route(UPLOADS, lambda _: None)  # never answered
    again.press("Enter")
    expect(page.locator("#composer")).to_be_focused()  # not what takes the file away
    expect(chips(page)).to_have_count(1)
    write(mara, "With the plan.")
    expect(page.get_by_text("as soon as its files are uploaded").last).to_be_visible()
    page.get_by_role("button", name="Remove plan.txt").click()
    expect(page.get_by_text("Not sent: look at it again")).to_be_visible()
    expect(page.locator("#composer")).to_have_value("With the plan.")
    send(page)
    expect(message(page, "With the plan.")).to_have_count(1)


def test_editing_takes_no_files(room: Room, consultant: User, visit: Visit) -> None:
    mara = visit(consultant)
    page = mara.page
    page.goto(f"{mara.site.url}/inbox/{room.conversation_id}/")
    expect(page.get_by_text("No files yet.")).to_be_visible()
    write(mara, "The sheet folows.")
    attach(page, SHEET)
    uploaded(page)
    open_menu(page, "folows")
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(chips(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Attach files")).to_be_hidden()
    page.locator("#composer").evaluate(GIVE, ["paste", ["more.txt"]])
    expect(page.locator("#composer-error")).to_contain_text("Finish editing your message first")
    write(mara, "The sheet follows.")
    expect(message(page, "The sheet follows.").locator(".message-file")).to_have_count(0)
    uploaded(page)
    send(page)
    expect(carried(page, "august.csv")).to_be_visible()
    listed = page.locator(".shared-file", has_text="august.csv")
    expect(listed).to_contain_text("Mara Lindqvist")
    found: dict[str, list[str]] = {}
    look(page, found, "details")
    assert found == {}


def test_lost_connections_lose_no_file(
    site: Site, room: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    page, other = open_room(mara, room), open_room(tomas, room)
    attach(page, SHEET)
    uploaded(page)
    site.kill()
    attach(page, PLAN)
    expect(chips(page).last).to_contain_text("No connection.")
    site.start()
    uploaded(page, 2)  # it goes on by itself
    site.kill()
    send(page)
    pending = page.locator("[data-chat-pending] .message-file-name")
    expect(pending).to_have_text(["august.csv", "plan.txt"])
    page.wait_for_timeout(500)
    site.start()
    expect(pending).to_have_count(0)
    for each in (page, other):
        expect(carried(each, "august.csv").locator(".message-file-name")).to_have_text(
            ["august.csv", "plan.txt"]
        )
