"""What pages do not do: move under the reader, animate unasked, or run out of the window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from messaging.models import Message
from rooms.models import Room
from tests.browser.conftest import Site, Visitor
from tests.browser.test_consultation import message, write

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Visitor]

WATCH_SHIFTS = """() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            window.shifts.push({
                value: entry.value,
                what: entry.sources.map(({ node }) => node?.className ?? node?.nodeName),
            });
        }
    }).observe({type: "layout-shift", buffered: true});
}"""
LONGEST_MOTION_SECONDS = 0.01


@pytest.fixture
def talk(room: Room, client_user: User, say: Callable[..., Message]) -> Room:
    """A room with more messages than fit."""
    for number in range(30):
        say(client_user, room, f"Number {number:03}")
    return room


def room_url(site: Site, room: Room) -> str:
    return f"{site.url}/rooms/{room.pk}/"


def test_nothing_shifts_while_a_page_loads_and_messages_arrive(
    site: Site, talk: Room, consultant: User, client_user: User, visit: Visit
) -> None:
    mara, tomas = visit(consultant), visit(client_user)
    mara.page.goto(room_url(site, talk))
    mara.page.evaluate(WATCH_SHIFTS)
    expect(mara.page.locator(".side-people .face.is-live")).to_have_count(1)
    tomas.page.goto(room_url(site, talk))
    expect(mara.page.locator(".side-people .face.is-live")).to_have_count(2)
    for number in range(5):
        write(tomas, f"Arrived {number}")
        expect(message(mara.page, f"Arrived {number}")).to_be_visible()
    # And while one reads further up.
    message(mara.page, "Number 005").scroll_into_view_if_needed()
    before = message(mara.page, "Number 005").bounding_box()
    for number in range(5, 8):
        write(tomas, f"Arrived {number}")
        expect(message(mara.page, f"Arrived {number}")).to_have_count(1)
    assert message(mara.page, "Number 005").bounding_box() == before
    shifts = mara.page.evaluate("window.shifts")
    assert sum(shift["value"] for shift in shifts) < 0.01, shifts


@pytest.mark.parametrize("address", ["/", "/rooms/", "/rooms/new/", "/profile/"])
def test_nothing_shifts_while_a_page_loads(
    site: Site, room: Room, consultant: User, visit: Visit, address: str
) -> None:
    page = visit(consultant).page
    page.goto(f"{site.url}{address}")
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH_SHIFTS)
    page.wait_for_timeout(300)
    shifts = page.evaluate("window.shifts")
    assert sum(shift["value"] for shift in shifts) < 0.01, shifts


def overflow(page: Page) -> list[str]:
    """What reaches out of the window at its sides, seen or scrolled to."""
    found: list[str] = page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            const scrolls = (element) => {
                for (let up = element; up; up = up.parentElement) {
                    if (["auto", "scroll", "hidden"].includes(getComputedStyle(up).overflowX)
                        && up !== document.documentElement && up !== document.body) return true;
                }
                return false;
            };
            const wide = [...document.body.querySelectorAll("*")].filter((element) => {
                const box = element.getBoundingClientRect();
                return box.width && (box.right > width + 1 || box.left < -1) && !scrolls(element)
                    && !element.closest(".sr-only, .skip-link, dialog, svg");
            });
            const found = wide.map((element) => `${element.tagName} ${element.className}`);
            if (document.documentElement.scrollWidth > width + 1) found.push("the page scrolls");
            return found;
        }"""
    )
    return found


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(640, 400, 2.0), (320, 568, 1.0)], ids=["200 %", "320 px"]
)
def test_pages_fit_when_they_are_enlarged(
    site: Site, talk: Room, consultant: User, visit: Visit, width: int, height: int, scale: float
) -> None:
    """A window of 1280 by 800 at 200 % (WCAG 1.4.4), and 320 px (WCAG 1.4.10)."""
    page = visit(consultant, width, device_scale_factor=scale).page
    page.set_viewport_size({"width": width, "height": height})
    wrong = {}
    for address in ("/", "/rooms/", "/rooms/new/", "/profile/", "/go/", f"/rooms/{talk.pk}/"):
        page.goto(f"{site.url}{address}")
        if found := overflow(page):
            wrong[address] = found
    assert wrong == {}
    page.locator("[data-go=chat]").click()
    composer = page.locator("#composer")
    expect(composer).to_be_in_viewport(ratio=0.9)
    composer.fill("Fits")
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=0.9)
    page.get_by_role("button", name="Send").click()
    expect(message(page, "Fits")).to_be_in_viewport()


def test_nothing_moves_for_who_wants_less_motion(
    site: Site, talk: Room, consultant: User, visit: Visit
) -> None:
    """The browsers of these tests ask for reduced motion."""
    page = visit(consultant).page
    moving = {}
    for address in ("/", "/rooms/new/", "/profile/", f"/rooms/{talk.pk}/"):
        page.goto(f"{site.url}{address}")
        page.keyboard.press("Control+k")
        moving[address] = page.evaluate(
            """(longest) => [...document.querySelectorAll("*")].filter((element) => {
                const style = getComputedStyle(element);
                const seconds = (words) => Math.max(...words.split(",").map(parseFloat));
                const isAnimated = style.animationName !== "none";
                return seconds(style.transitionDuration) > longest
                    || (isAnimated && seconds(style.animationDuration) > longest)
                    || style.scrollBehavior === "smooth";
            }).map((element) => `${element.tagName} ${element.className}`)""",
            LONGEST_MOTION_SECONDS,
        )
    assert {address: found for address, found in moving.items() if found} == {}
