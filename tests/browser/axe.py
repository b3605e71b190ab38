"""axe-core in the page: what it finds, in words for an assertion."""

from pathlib import Path

from django.conf import settings
from playwright.sync_api import Page

SOURCE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"

_RUN = """async () => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"]});
    return violations.flatMap(({id, nodes}) =>
        nodes.map(({target, failureSummary}) => `${id} at ${target}: ${failureSummary}`));
}"""


def look(page: Page, found: dict[str, list[str]], name: str) -> None:
    """Note what axe finds on the page as it stands, in light and in dark."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        if wrong := violations(page):
            found[f"{name}, {theme}"] = wrong


def violations(page: Page) -> list[str]:
    """Every rule that axe finds broken on the page as it stands, best practices included."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE.read_text())
    found: list[str] = page.evaluate(_RUN)
    return found
