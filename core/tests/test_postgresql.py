"""The database backend: statements kept prepared, and connections that PostgreSQL has ended."""

import select
import uuid
from typing import cast

import pytest
from django.db import connection, transaction
from django.db.utils import DataError
from django.test.utils import CaptureQueriesContext

from core.database import ask
from core.postgresql import base
from core.postgresql.base import DatabaseWrapper, lives
from tests.sockets import COMMITTED

NAMES = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"


def prepared(like: str) -> int:
    """How many statements of this connection are kept."""
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [like])
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_statement_is_prepared_once_for_all_values() -> None:
    assert [ask("SELECT 1 + %s::int AS sum", [number]) for number in (1, 2)] == [(2,), (3,)]
    assert prepared("SELECT 1 + $1::int AS sum") == 1


@pytest.mark.django_db
def test_where_no_row_is_found_the_answer_is_none() -> None:
    assert ask("SELECT id FROM core_stream WHERE object_id = %s", [uuid.uuid4()]) is None


@pytest.mark.django_db
def test_statements_are_counted_and_told_with_their_values() -> None:
    with CaptureQueriesContext(connection) as captured:
        ask("SELECT %s::text", ["words"])
    assert [query["sql"] for query in captured] == ["SELECT 'words'::text"]


@pytest.mark.django_db
def test_a_refused_statement_is_djangos_error_and_the_next_one_works() -> None:
    with pytest.raises(DataError), transaction.atomic():
        ask("SELECT 1 / %s::int", [0])
    assert ask("SELECT 1 / %s::int", [1]) == (1,)


@COMMITTED
def test_connections_that_postgresql_ended_are_replaced() -> None:
    """As after a restart of PostgreSQL: nobody's request fails because of it."""
    ask("SELECT 1", [])
    pool = cast(DatabaseWrapper, connection).pool
    with pool.connection() as other:
        connection.close()  # into the pool
        idle = [pool.getconn() for _ in range(pool.get_stats()["pool_available"])]
        ended = {each.info.backend_pid for each in idle}
        for each in idle:
            pool.putconn(each)
        for pid in ended:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        assert not any(lives(each) for each in idle)
        (pid,) = ask("SELECT pg_backend_pid()", []) or ()
    assert ended
    assert pid not in ended
    assert any(each.closed for each in idle)


@COMMITTED
def test_a_connection_with_something_to_read_that_lives_is_used() -> None:
    """A notice may come at any time; it ends nothing."""
    ask("SELECT 1", [])
    raw = connection.connection
    raw.execute("LISTEN hello")
    with cast(DatabaseWrapper, connection).pool.connection() as other:
        other.execute("NOTIFY hello")
    assert select.select([raw], [], [], 5)[0]
    assert lives(raw)
    assert not select.select([raw], [], [], 0)[0]
    raw.execute("UNLISTEN hello")


@COMMITTED
def test_whatever_goes_wrong_with_the_look_no_connection_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = cast(DatabaseWrapper, connection).pool
    ask("SELECT 1", [])
    connection.close()

    def interrupted(raw: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(base, "lives", interrupted)
        for _ in range(pool.max_size + 1):
            with pytest.raises(KeyboardInterrupt):
                ask("SELECT 1", [])
    assert ask("SELECT 1", []) == (1,)


@pytest.mark.django_db
def test_a_cursor_that_somebody_closed_is_replaced() -> None:
    with cast(DatabaseWrapper, connection).prepared_cursor() as cursor:
        cursor.execute("SELECT 1")
    assert ask("SELECT 1", []) == (1,)
