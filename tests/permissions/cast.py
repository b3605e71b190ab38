"""Who meets the tables, what stands in their braces, and how a row reads.

A row is ``(method, address): (body, statuses)``. The statuses stand in the order of `WHO`; the
short-hands of `Columns` write the usual ones. Words in braces, in addresses and bodies, are the
names of `Cast.things`.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection

from accounts.models import User

WHO = (
    "owner",  # host of the room
    "colleague",  # another consultant, not in the room
    "client",  # in the room, of Northwind
    "manager",  # Northwind's administrator, not in the room
    "outsider",  # client of another organisation
    "guest",  # in the room, came by a link and has no account yet
    "staff",  # may enter the admin, with no permission there
    "superuser",  # may do everything in the admin and nothing in others' rooms
    "anonymous",
)

Status = int | str
"""A status of HTTP, or a word: `SIGN_IN`, or how a socket answered."""

Statuses = tuple[Status, ...]
Row = tuple[Any, Statuses]
Table = dict[tuple[str, str], Row]

SIGN_IN = "sign in"
"""Sent to the sign-in page, which leads back to where one wanted to go."""

NOT_DATA = {
    "auth_permission": "made by migrations",
    "django_content_type": "made by migrations",
    "django_migrations": "made by migrations",
    "django_session": "keeps messages for the next page and the sign-in itself",
    "usersessions_usersession": "keeps when a session was used last",
}
"""Tables that a refused request may touch."""

COUNTED = {
    "core_event": "name <> 'AttemptRefused'",
    "core_stream": "kind <> 'attempts'",
}
"""What is counted of a table: all but the record of the refusal itself."""

USED_LAST = {"accounts_apitoken": "last_used_at"}
"""A column that says only when something was used last, refused or not."""


@dataclass(frozen=True)
class Columns:
    """Short-hands for rows; ``anonymous`` is what a table says to who is not signed in."""

    anonymous: Status

    def inside(self, owner: Status, client: Status, guest: Status | None = None) -> Statuses:
        """Who takes part in the room; the others do not find it. A guest is like the client."""
        guest = client if guest is None else guest
        return (owner, 404, client, 404, 404, guest, 404, 404, self.anonymous)

    def managing(self, status: Status) -> Statuses:
        """Who manages the client's organisation; who belongs to it is refused, others find none."""
        who = {"manager": status, "superuser": status, "client": 403}
        return self.each(**who, others=404)

    def signed_in_only(self, status: Status) -> Statuses:
        """Everybody with an account."""
        return (*[status] * (len(WHO) - 1), self.anonymous)

    def everybody(self, status: Status) -> Statuses:
        """Signed in or not."""
        return (status,) * len(WHO)

    def each(self, **statuses: Status) -> Statuses:
        """Named one by one, ``others`` for those not named."""
        others = statuses.pop("others", None)
        statuses.setdefault("anonymous", self.anonymous)
        assert statuses.keys() <= set(WHO), statuses
        found = tuple(statuses.get(who, others) for who in WHO)
        assert None not in found, "name everybody, or give `others`"
        return found  # type: ignore[return-value]


@dataclass(frozen=True)
class Cast:
    """The people by column, and the things by name."""

    people: dict[str, User | None]
    things: dict[str, Any]

    def filled(self, text: str) -> str:
        """An address with ids."""
        return text.format_map(self.things)

    def body(self, value: Any) -> Any:
        """A body with ids."""
        if isinstance(value, dict):
            return {name: self.body(part) for name, part in value.items()}
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            return self.things[value[1:-1]]
        return value


def differing(found: dict[str, Status], expected: Statuses, what: str) -> list[str]:
    """One line for each person who got something else than the table says."""
    return [
        f"{who} {what}: {found[who]}, not {status}"
        for who, status in zip(WHO, expected, strict=True)
        if found[who] != status
    ]


def fingerprint() -> str:
    """Of every row stored, but for the tables in `NOT_DATA`: equal means that nothing changed."""
    tables = sorted(
        {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
        - NOT_DATA.keys()
    )
    one = (
        "SELECT '{0}', count(*), sum(hashtextextended((to_jsonb(row) - '{2}')::text, 0))"
        ' FROM "{0}" row WHERE {1}'
    )
    parts = [
        one.format(table, COUNTED.get(table, "true"), USED_LAST.get(table, "")) for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
