"""Sessions in the database, as Django keeps them."""

import re
from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from core.database import ask

_SELECT = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"
KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    """Read by written SQL (core.rows says why): every page and every frame begins with it."""

    def _validate_session_key(self, key: str | None) -> bool:
        """What Django makes as a key: anything else in a cookie is nobody's, and not looked up."""
        return bool(key and KEY.fullmatch(key))

    def load(self) -> dict[str, Any]:
        """What the session holds; a session that is unknown or has ended is empty."""
        row = ask(_SELECT, [self.session_key, timezone.now()])
        if row is None:
            self._session_key = None
            return {}
        return self.decode(row[0])
