"""Who may do what in the admin: its own pages, and those of every model registered there."""

from django.contrib import admin
from django.db.models import Model

from audit.admin import PersonalAdmin
from tests.permissions.cast import Columns, Status, Statuses, Table

ADMIN_SIGN_IN = "admin sign in"
"""Sent to the admin's sign-in, which sends on who is not signed in and refuses everybody else."""

ADDED = {"accounts.organisation", "rooms.roomtype"}
CHANGED = ADDED | {"accounts.user", "rooms.room"}
"""What staff write, by actions. Everything else is only shown, and nothing is deleted."""

site = Columns(anonymous=ADMIN_SIGN_IN)


def staff(desk: Status, superuser: Status) -> Statuses:
    """Who may enter: with no permission there, and with every one."""
    return site.each(others=ADMIN_SIGN_IN, staff=desk, superuser=superuser)


UNKNOWN_IN_ADMIN = "/admin/nothing/"
"""Stands for every address below it that is no page."""

LOOK_UP = "app_label=accounts&model_name=membership&field_name=organisation"

SITE: Table = {
    ("GET", "/admin/"): (None, staff(200, 200)),
    # Who may not enter, and is signed in, is told so; the others sign in where everybody does.
    ("GET", "/admin/login/"): (
        None, site.each(others=403, staff=302, superuser=302, anonymous="sign in"),
    ),
    ("POST", "/admin/login/"): (
        None, site.each(others=403, staff=200, superuser=200, anonymous="sign in"),
    ),
    ("GET", "/admin/logout/"): (
        None, site.each(others=302, staff=405, superuser=405, anonymous=302),
    ),
    ("POST", "/admin/logout/"): (
        None, site.each(others=302, staff=200, superuser=200, anonymous=302),
    ),
    # To where everybody changes theirs.
    ("GET", "/admin/password_change/"): (None, staff(302, 302)),
    ("POST", "/admin/password_change/"): (None, staff(302, 302)),
    ("GET", "/admin/password_change/done/"): (None, staff(200, 200)),
    ("GET", "/admin/jsi18n/"): (None, staff(200, 200)),
    # What a form's field may look up: who may see both models.
    ("GET", f"/admin/autocomplete/?{LOOK_UP}"): (
        None, staff(403, 200),
    ),
    ("GET", "/admin/r/{user_type}/{client}/"): (None, staff(404, 404)),  # no site's own pages
    ("GET", "/admin/{app}/"): (None, staff(404, 200)),
    ("GET", UNKNOWN_IN_ADMIN): (None, staff(404, 404)),
}  # fmt: skip


def of_model(model: type[Model], row: str) -> Table:
    """The pages of one model; ``row`` is the id in addresses."""
    label, start = model._meta.label_lower, f"/admin/{model._meta.label_lower.replace('.', '/')}/"
    add = 200 if label in ADDED else 403
    change = 200 if label in CHANGED else 403
    is_personal = isinstance(admin.site._registry[model], PersonalAdmin)
    # Without a reason given for it: to the page that asks for one.
    is_log = label == "core.event"
    shown, change = (302, 302) if is_personal else (302 if is_log else 200, change)
    listed = 302 if is_log else 200
    more: Table = {}
    if is_personal:
        more[("GET", f"{start}{row}/reason/")] = (None, staff(403, 200))
        more[("POST", f"{start}{row}/reason/")] = ({"reason": "short"}, staff(403, 200))
    if label == "messaging.conversation":
        more[("GET", f"{start}{row}/messages/")] = (None, staff(403, 302))
    if is_log:
        more[("GET", f"{start}reason/")] = (None, staff(403, 200))
        more[("POST", f"{start}reason/")] = ({"reason": "short"}, staff(403, 200))
        more[("GET", f"{start}export/")] = (None, staff(403, 200))
        more[("POST", f"{start}export/")] = ({}, staff(403, 200))
    return more | {
        ("GET", start): (None, staff(403, listed)),
        ("POST", start): ({}, staff(403, listed)),
        ("GET", f"{start}add/"): (None, staff(403, add)),
        ("POST", f"{start}add/"): ({}, staff(403, add)),
        ("GET", f"{start}{row}/"): (None, staff(302, 302)),  # to change/, where it is decided
        ("GET", f"{start}{row}/change/"): (None, staff(403, shown)),
        ("POST", f"{start}{row}/change/"): ({}, staff(403, change)),
        ("GET", f"{start}{row}/history/"): (None, staff(403, shown)),
        ("GET", f"{start}{row}/delete/"): (None, staff(403, 403)),
        ("POST", f"{start}{row}/delete/"): ({"post": "yes"}, staff(403, 403)),
    }


def models() -> list[type[Model]]:
    """Everything that the admin shows."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label)
