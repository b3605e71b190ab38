"""Somebody without an account, from the invitation to an account of their own, and an organisation.

A real worker sends the mails, into files.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from rooms.models import Room
from tests.browser.conftest import ROOT, Site, Visitor, _database_url

pytestmark = pytest.mark.django_db(transaction=True)

LENA = "lena@demo.test"
GOOD = "a long walk by the sea"


class Post:
    """The mails that the worker has sent."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def links(self, to: str, prefix: str) -> list[str]:
        """The links to addresses below `prefix` in the mails to somebody, oldest first."""
        found = []
        for file in sorted(self.directory.glob("*"), key=lambda file: file.stat().st_mtime):
            text = file.read_text()
            if f"To: {to}" in text:
                found += re.findall(rf"^(http://\S*{prefix}\S+)$", text, re.MULTILINE)
        return found

    def link(self, to: str, prefix: str, number: int = 1) -> str:
        """The link of the mail with this number, once it is there."""
        deadline = time.monotonic() + 60
        while len(links := self.links(to, prefix)) < number:
            assert time.monotonic() < deadline, f"No mail number {number} to {to}"
            time.sleep(0.2)
        return links[number - 1]


@pytest.fixture
def post(site: Site, tmp_path: Path) -> Iterator[Post]:
    """A worker beside the web process."""
    directory = tmp_path / "mail"
    environment = os.environ | {
        "DATABASE_URL": _database_url(),
        "PUBLIC_URL": site.url,
        "EMAIL_URL": f"filemail://{directory}",
        "CONSULTSUITE_VAR": str(tmp_path),
    }
    command = [sys.executable, "-m", "celery", "-A", "consultsuite", "worker", "-P", "solo"]
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--loglevel", "warning", "--without-mingle", "--without-gossip"],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    yield Post(directory)
    worker.terminate()
    worker.wait(timeout=30)


def open_people(page: Page) -> None:
    page.get_by_role("tab", name="People").click()
    expect(page.locator("[data-stage=people]")).to_be_visible()


def finds_it_over(visitor: Visitor, link: str) -> None:
    visitor.page.goto(link)
    heading = visitor.page.get_by_role("heading", level=1)
    expect(heading).to_have_text("This link does not work")
    forgive_not_found(visitor)


def forgive_not_found(visitor: Visitor) -> None:
    """The page itself is a 404, of which the console complains."""
    assert all("404" in line for line in visitor.complaints)
    visitor.complaints.clear()


def say(page: Page, words: str) -> None:
    page.locator("#composer").fill(words)
    page.get_by_role("button", name="Send").click()


def heard(page: Page, words: str) -> None:
    expect(page.locator("[data-chat-list] .message-body", has_text=words)).to_be_visible()


def test_a_guest_is_invited_talks_and_keeps_the_account(
    consultant: User, room: Room, visit: Callable[..., Visitor], post: Post
) -> None:
    where = f"/rooms/{room.pk}/"
    mara = visit(consultant)
    mara.page.goto(mara.site.url + where)
    open_people(mara.page)
    mara.page.get_by_label("E-mail").fill(LENA)
    mara.page.get_by_role("button", name="Add", exact=True).click()
    invited = mara.page.locator("[data-stage=people] .row", has_text=LENA)
    link = post.link(LENA, "/rooms/join/")
    expect(invited).to_contain_text("Invited")  # live, without a click

    lena = visit()
    lena.page.goto(link)
    expect(lena.page.get_by_role("heading", level=1)).to_contain_text("Mara Lindqvist invites you")
    expect(lena.page.locator("body")).not_to_contain_text(room.name)
    lena.page.get_by_label("Your name").first.fill("Lena Duarte")
    lena.page.get_by_role("button", name="Join as a guest").click()
    expect(lena.page).to_have_url(lena.site.url + where)
    expect(invited).to_have_count(0)
    expect(mara.page.locator("[data-stage=people]")).to_contain_text("Lena Duarte guest")

    say(lena.page, "I came by the link.")
    heard(mara.page, "I came by the link.")
    say(mara.page, "Good that you are here.")
    heard(lena.page, "Good that you are here.")

    thief = visit()
    finds_it_over(thief, link)

    lena.page.goto(f"{lena.site.url}/")
    lena.page.get_by_role("link", name="Keep your account").click()
    lena.page.get_by_label("Password", exact=True).fill(GOOD)
    lena.page.get_by_role("button", name="Keep the account").click()
    expect(lena.page.locator(".notices")).to_contain_text("The account is yours")

    again = visit()
    again.page.goto(f"{again.site.url}/accounts/login/?next={where}")
    again.page.get_by_label("E-mail").fill(LENA)
    again.page.get_by_label("Password", exact=True).fill(GOOD)
    again.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(again.page).to_have_url(again.site.url + where)
    heard(again.page, "I came by the link.")


def test_a_revoked_link_ends_and_a_guest_comes_back_on_a_phone(
    consultant: User, room: Room, visit: Callable[..., Visitor], post: Post
) -> None:
    mara = visit(consultant)
    mara.page.goto(f"{mara.site.url}/rooms/{room.pk}/")
    open_people(mara.page)
    for email in (LENA, "nora@demo.test"):
        mara.page.wait_for_load_state("networkidle")  # the list is not being drawn anew
        mara.page.get_by_label("E-mail").fill(email)
        mara.page.get_by_role("button", name="Add", exact=True).click()
        expect(mara.page.locator("[data-stage=people] .row", has_text=email)).to_be_visible()
    nora_link, lena_link = post.link("nora@demo.test", "/rooms/join/"), post.link(LENA, "/rooms/")
    row = mara.page.locator("[data-stage=people] .row", has_text="nora@demo.test")
    row.get_by_role("button", name="Revoke").click()
    mara.page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(row).to_have_count(0)
    phone = visit(width=390)
    finds_it_over(phone, nora_link)

    phone.page.goto(lena_link)
    phone.page.get_by_label("Your name").first.fill("Lena Duarte")
    phone.page.get_by_role("button", name="Join as a guest").click()
    expect(phone.page.get_by_role("heading", level=1, name=room.name)).to_be_visible()
    other = visit(width=390)
    finds_it_over(other, lena_link)
    other.page.get_by_role("button", name="Send me a new link").click()
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Look in your mailbox")
    expect(other.page.locator("main")).to_contain_text("a new link is on its way")
    forgive_not_found(other)
    other.page.goto(post.link(LENA, "/rooms/join/", number=2))
    expect(other.page.get_by_role("heading", level=1)).to_contain_text("Welcome back, Lena")
    other.page.get_by_role("button", name="Back to the consultation").click()
    expect(other.page.get_by_role("heading", level=1, name=room.name)).to_be_visible()


def test_a_colleague_joins_the_organisation(
    manager: User, visit: Callable[..., Visitor], post: Post
) -> None:
    helen = visit(manager)
    helen.page.get_by_role("link", name="Organisation").click()
    helen.page.get_by_label("E-mail").fill(LENA)
    helen.page.get_by_role("button", name="Send the invitation").click()
    expect(helen.page.locator(".notices")).to_contain_text("is invited")
    lena = visit()
    lena.page.goto(post.link(LENA, "/organisation/join/"))
    expect(lena.page.get_by_role("heading", level=1)).to_contain_text("Northwind")
    lena.page.get_by_label("Name", exact=False).first.fill("Lena Duarte")
    lena.page.get_by_label("Password", exact=True).fill(GOOD)
    lena.page.get_by_role("button", name="Create the account and join").click()
    expect(lena.page.locator(".notices")).to_contain_text("You belong to Northwind now.")
    helen.page.reload()
    helen.page.get_by_role("button", name="Remove Lena Duarte").click()
    helen.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(helen.page.locator(".notices")).to_contain_text("Lena Duarte is removed.")
