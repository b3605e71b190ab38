"""Sessions in the database, as Django keeps them."""

import re
from functools import cache
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.backends import db
from django.utils import timezone

from core.database import ask
from core.rows import columns, instances

KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    """Read by written SQL (core.rows says why): every page and every frame begins with it."""

    person: Any = None
    """Whose session it was when it was read, as allauth keeps it; not yet that they may go on."""

    def _validate_session_key(self, key: str | None) -> bool:
        """What Django makes as a key: anything else in a cookie is nobody's, and not looked up."""
        return bool(key and KEY.fullmatch(key))

    def load(self) -> dict[str, Any]:
        """What the session holds; a session that is unknown or has ended is empty."""
        row = ask(_select(), [self.session_key, timezone.now()])
        if row is None:
            self._session_key = None
            return {}
        data, found, *fields = row
        if found:
            (self.person,) = instances(fields, get_user_model())
        values: dict[str, Any] = self.decode(data)
        return values


@cache
def _select() -> str:
    people = get_user_model()
    return f"""
        SELECT session.session_data, person.id IS NOT NULL, {columns(people, "person")}
        FROM django_session session
        LEFT JOIN usersessions_usersession held ON held.session_key = session.session_key
        LEFT JOIN {people._meta.db_table} person ON person.id = held.user_id
        WHERE session.session_key = %s AND session.expire_date > %s
    """  # noqa: S608 - names
