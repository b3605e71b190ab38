"""What a test that commits has written is taken back, without truncating every table.

Django would truncate them all and then load, object by object, what migrations had written: most
of such a test's time. Here the rows are deleted where there are any, and what migrations had
written comes from a copy made once, where a test has changed it.
"""

import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, transaction
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

WRITERS_SECONDS = 15
"""Longest wait for what a process of the test still writes."""

COPIES = "as_migrated"
"""The schema with a copy of each table that migrations have written to."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """pytest-django's database, which is as migrated before and after each test."""
    with django_db_blocker.unblock():
        statements = ";\n".join(_statements())

    def take_back(_: TransactionTestCase) -> None:
        end = time.monotonic() + WRITERS_SECONDS
        while True:
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statements)
            except OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
            else:
                return

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", take_back)
        yield


def _statements() -> Iterator[str]:
    """What takes everything back in one transaction, at whose end foreign keys are checked."""
    tables = connection.introspection.table_names()
    copied = _copy_what_is_there(tables)
    yield "SET LOCAL consultsuite.events_may_change = 'on'"  # else the log's triggers refuse
    names = ", ".join(f'"{table}"' for table in tables)
    # Whoever still writes ends first. Nothing is held while waiting, or both would wait for ever.
    yield f"LOCK TABLE {names} IN EXCLUSIVE MODE NOWAIT"
    for table in tables:
        ours, copy = f'public."{table}"', f'{COPIES}."{table}"'
        if table in copied:
            yield f"DELETE FROM {ours} one {_not_in(copy)}"
            yield f"INSERT INTO {ours} SELECT one.* FROM {copy} one {_not_in(ours)}"
        else:
            yield f"DELETE FROM {ours}"


def _copy_what_is_there(tables: list[str]) -> set[str]:
    """The tables with rows; each has a copy now."""
    copied = set()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {COPIES} CASCADE")  # with --reuse-db
        cursor.execute(f"CREATE SCHEMA {COPIES}")
        for table in tables:
            cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
            if cursor.fetchone():
                cursor.execute(f'CREATE TABLE {COPIES}."{table}" AS TABLE public."{table}"')
                copied.add(table)
    return copied


def _not_in(other: str) -> str:
    """Of the rows called `one`, those that the other table does not have just so."""
    return f"WHERE one::text NOT IN (SELECT another::text FROM {other} another)"
