"""Django's backend for PostgreSQL, with what many small requests need."""

import select
from collections.abc import Mapping
from typing import Any, cast

from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg import Error
from psycopg_pool import ConnectionPool

KEPT = "prepared_cursor"
"""The attribute of a psycopg connection that holds its cursor."""

MOST_PREPARED = 30
"""In one connection; there are ten written statements, some of them once with and once without a
value that may be missing."""


class DatabaseOperations(operations.DatabaseOperations):
    """Tells (DEBUG, tests of the number of queries) prepared statements like all others."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement with its values."""
        text: str = super().last_executed_query(cursor, sql, params)
        return text or self.compose_sql(sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks whether a pooled connection lives without asking it, and keeps statements prepared."""

    ops_class = DatabaseOperations

    def _configure_connection(self, connection: Any) -> Any:
        """As Django; psycopg also counts statements that it will not prepare, by their text."""
        connection.prepared_max = MOST_PREPARED
        return cast(Any, super())._configure_connection(connection)

    def get_new_connection(self, conn_params: Mapping[str, Any]) -> Any:
        """A connection from the pool that PostgreSQL has not ended meanwhile.

        Django's own check (``CONN_HEALTH_CHECKS``) asks each time, a round trip per request. An
        idle connection has nothing to read, but for an end: only where something can be read it is
        asked. A server that hangs is found by neither.
        """
        connection = super().get_new_connection(conn_params)
        while self.pool and not self._lives(connection):
            connection = super().get_new_connection(conn_params)
        return connection

    def _lives(self, connection: Any) -> bool:
        """Whether it does; if not, or if nobody knows, it is given back for another one."""
        is_alive = False
        try:
            is_alive = lives(connection)
        finally:
            if not is_alive:
                connection.close()
                self.pool.putconn(connection)
        return is_alive

    def prepared_cursor(self) -> CursorWrapper:
        """The connection's cursor whose statements PostgreSQL parses and plans once.

        For written SQL (core.database.ask): values are bound by the server, which Django's own
        statements do not bear. Each connection has one, which stays open.
        """
        self.ensure_connection()
        cursor = getattr(self.connection, KEPT, None)
        if cursor is None or cursor.closed:
            cursor = cast(Any, base).ServerBindingCursor(self.connection)
            setattr(self.connection, KEPT, cursor)
        return cast(CursorWrapper, cast(Any, super())._prepare_cursor(cursor))


def lives(connection: Any) -> bool:
    """Whether PostgreSQL has not ended this idle connection."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        return False
    return True
