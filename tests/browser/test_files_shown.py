"""Files in messages and among what was found: seen, saved, and clear to everybody."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts.models import User
from files.actions.texts import keep_text
from files.models import StoredFile
from files.tests.test_sniffing import picture
from messaging.models import Message
from rooms.models import Room
from tests.browser.axe import look
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

LONG = "Quarterly report of the whole northern region with everything that was asked for.pdf"


@pytest.fixture
def media() -> Path:
    """Where the site looks for files, too."""
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def sent(
    room: Room, client_user: User, consultant: User, system: User,
    upload: Callable[..., StoredFile], say: Callable[..., Message],
) -> Message:  # fmt: skip
    """A message with a picture and two files, and an answer to it."""
    files = [
        upload(client_user, room, "screen.png", picture("PNG", (1600, 900))),
        upload(client_user, room, LONG, b"%PDF-1.7"),
        upload(client_user, room, "data.csv", b"a,b"),
    ]
    keep_text(actor=system, file=files[1], text="Revenue grew in the north this quarter")
    message = say(client_user, room, "", attachments=[file.pk for file in files])
    say(consultant, room, "Thank you", reply_to=message)
    return message


@pytest.mark.parametrize("width", [1280, 390])
def test_files_are_shown_and_saved(
    sent: Message, consultant: User, visit: Callable[..., Visitor], width: int
) -> None:
    visitor = visit(consultant, width)
    page = visitor.page
    found: dict[str, list[str]] = {}
    page.goto(f"{visitor.site.url}/inbox/{sent.conversation_id}/")
    shown = page.locator(f"#message-{sent.pk}")
    image = shown.get_by_role("img", name="screen.png")
    expect(image).to_be_visible()
    assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") == 1600
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, found, "files in a message")
    shot(page, f"message-{width}")
    with page.expect_download() as saved:
        shown.get_by_role("link", name="data.csv").click()
    assert saved.value.suggested_filename == "data.csv"
    page.goto(f"{visitor.site.url}/inbox/search/?q=quarter")
    expect(page.locator(".search-hit mark")).to_have_text(["Quarterly", "quarter"])
    look(page, found, "files that were found")
    shot(page, f"search-{width}")
    page.locator(".search-hit").click()
    expect(page.locator(f"#message-{sent.pk}")).to_be_in_viewport()
    assert found == {}


def shot(page: Any, name: str) -> None:
    if os.environ.get("SHOTS"):
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=f"{os.environ['SHOTS']}/{name}-{scheme}.png")
        page.emulate_media(color_scheme="light")
