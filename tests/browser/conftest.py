"""A real web process and real browsers, one per person."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, PBKDF2PasswordHasher
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from accounts.models import User
from tests.fixtures import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30

EXPECTED = (
    "ERR_CONNECTION",
    "ERR_EMPTY_RESPONSE",  # the process was killed before it answered
    "ERR_INTERNET",
    "WebSocket",
    "htmx:sendError",
    "htmx:afterRequest",
    "status of 409",
    "status of 422",
)
"""How browser and htmx say that a connection was lost, a form refused or something changed
meanwhile; what counts are faults of the page."""

expect.set_options(timeout=15_000)


class Site:
    """The product's web process, on a port that stays the same when it is started again."""

    def __init__(self, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment: dict[str, str] = {}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        environment = os.environ | {
            "DATABASE_URL": _database_url(),
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "SOCKET_HEARTBEAT_SECONDS": "2",
            "RATE_LIMIT_FACTOR": "1000",
            "EMAIL_URL": "dummymail://",
            **self.environment,
        }
        command = [sys.executable, "-m", "consultsuite.web"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a crash would."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> int | None:
        """Send a signal and wait for the end. Returns the exit code."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.send_signal(number)
        return process.wait(PATIENCE_SECONDS)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _database_url() -> str:
    values = connection.settings_dict
    return (
        f"postgresql://{values['USER']}:{values['PASSWORD']}"
        f"@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )


@pytest.fixture
def environment() -> dict[str, str]:
    """What a module's tests set otherwise for the web process, by a fixture of this name."""
    return {}


@pytest.fixture(scope="package")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """Web processes by what is set otherwise for them; the next test finds them running."""
    built = Path(settings.BASE_DIR) / "static" / "build" / "app.css"
    assert built.exists(), "The front end is not built: run `npm run build`."
    sites: dict[str, Site] = defaultdict(lambda: Site(tmp_path_factory.mktemp("site") / "web.log"))
    yield sites
    for site in sites.values():
        site.kill()


@pytest.fixture
def site(
    transactional_db: None, sites: dict[str, Site], environment: dict[str, str]
) -> Iterator[Site]:
    """The product, running on the test database."""
    running = sites[repr(environment)]
    running.environment = environment
    running.start()
    yield running
    if running.environment != environment:
        running.kill()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Chromium; `make test` finds or installs it. Each person has a context of their own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        with at_rest():
            yield browser
        browser.close()


@contextmanager
def at_rest() -> Iterator[None]:
    """Playwright keeps an event loop running in this thread, where the ORM would be refused.

    Not inside this block: nothing may be asked of a browser there.
    """
    loop = asyncio.get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


@contextmanager
def at_work(browser: Browser) -> Iterator[None]:
    """Where browsers are asked, inside of `at_rest`."""
    asyncio._set_running_loop(browser._loop)
    yield
    asyncio._set_running_loop(None)


@pytest.fixture
def browser(chromium: Browser, site: Site) -> Iterator[Browser]:
    """The browsers at work.

    The ORM is refused meanwhile. So people and rooms are made before (ask for them before
    `visit`), and what is stored is seen as people see it: on the page.
    """
    # The test process hashes quickly and weakly; the web process knows real hashes only.
    with_one = User.objects.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    with_one.filter(is_system=False).update(password=_hash())
    with at_work(chromium):
        yield chromium


@cache
def _hash() -> str:
    return PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-the-browser-tests")


class Visitor:
    """A person at a browser of their own. Everything the console complains of is kept."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.page: Page = context.new_page()
        self.is_phone = (self.page.viewport_size or {"width": 0})["width"] < 768
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        if message.type == "error" and not any(words in message.text for words in EXPECTED):
            self.complaints.append(message.text)

    def resume(self, client: Client) -> None:
        """Go on with the session of a test's client."""
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value, "url": self.site.url}
        self.context.add_cookies([cookie])  # type: ignore[list-item]  # a dictionary of strings

    def sign_in(self, user: User) -> None:
        """By the form, as people do."""
        self.page.goto(f"{self.site.url}/accounts/login/")
        self.page.get_by_label("E-mail").fill(user.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page).to_have_url(f"{self.site.url}/")


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """`visit(user, width=1280)`: a signed-in person at a browser of this width."""
    visitors: list[Visitor] = []

    def open_browser(user: User | None = None, width: int = 1280, **options: Any) -> Visitor:
        phone = width < 768
        context = browser.new_context(
            viewport={"width": width, "height": 844 if phone else 800},
            has_touch=phone,
            reduced_motion="reduce",
            timezone_id="Europe/Copenhagen",
            **options,
        )
        visitor = Visitor(context, site)
        visitors.append(visitor)
        if user is not None:
            visitor.sign_in(user)
        return visitor

    yield open_browser
    for visitor in visitors:
        visitor.context.close()
    assert [line for visitor in visitors for line in visitor.complaints] == []
