"""Nothing is left out: each route, method and frame has its row, and each row its route."""

import pytest

from tests.permissions.admin import SITE, UNKNOWN_IN_ADMIN, models, of_model
from tests.permissions.api import API, UNKNOWN
from tests.permissions.asking import Browsers
from tests.permissions.cast import Cast, fingerprint
from tests.permissions.pages import PAGES
from tests.permissions.walk import METHODS, Route, routes, shape

ANY_OTHER = {"/api/", "/admin/{}"}
"""The routes that answer 404 to every other address below them."""


def listed() -> dict[str, set[str]]:
    """Methods by address, of all tables."""
    rows = [*PAGES, *(place for place in SITE if place[1] != UNKNOWN_IN_ADMIN)]
    rows += [(method, f"/api/{address}") for method, address in API if address != UNKNOWN]
    rows += [place for model in models() for place in of_model(model, "{}")]
    found: dict[str, set[str]] = {}
    for method, address in rows:
        found.setdefault(shape(address), set()).add(method)
    return found


def test_every_route_has_its_rows() -> None:
    rows = listed()
    missing = sorted(
        f"{method} {route.address}"
        for route in routes()
        if route.address not in ANY_OTHER
        for method in _certain_methods(route)
        if method not in rows.get(route.address, set())
    )
    assert not missing, "\n".join(["Give these a row:", *missing])


def test_every_row_has_its_route() -> None:
    known = {route.address for route in routes()}
    left_over = sorted(listed().keys() - known)
    assert not left_over, "\n".join(["These rows have no route:", *left_over])


@pytest.mark.django_db
def test_a_view_that_is_a_function_takes_no_method_without_a_row(cast: Cast) -> None:
    browsers, before, wrong = Browsers(cast), fingerprint(), []
    addresses = {shape(address): address for _, address in PAGES}
    for route in routes():
        if route.methods is None and route.address in addresses:
            address = addresses[route.address]
            for method in sorted(set(METHODS) - listed()[route.address]):
                found = browsers.ask("owner", method, address, None)
                if found != 405 or fingerprint() != before:
                    wrong.append(f"{method} {address}: {found}, not 405")
    assert not wrong, "\n".join(["", *wrong])


def _certain_methods(route: Route) -> frozenset[str]:
    """What a class has; of a function one cannot know, and at least something needs a row."""
    if route.methods is not None:
        return route.methods
    rows = listed().get(route.address)
    return frozenset(rows or {"(some method)"})
