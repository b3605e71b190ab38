"""Asking the database: by statements kept prepared, from an event loop, and who works alone."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from core.postgresql.base import DatabaseWrapper

P = ParamSpec("P")
R = TypeVar("R")

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What is raised while PostgreSQL restarts or cannot be reached. Trying again helps; with the
other database errors it does not."""

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sockets-database")


def ask(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """The first row of what a written statement answers, or None. Blocking.

    PostgreSQL parses and plans it once in each connection: the values are not part of its text.
    """
    cursor: Any = cast(DatabaseWrapper, connection).prepared_cursor()
    cursor.execute(statement, values)
    # Not `description`, which makes an object of every column.
    row: tuple[Any, ...] | None = cursor.fetchone() if cursor.pgresult.nfields else None
    return row


@contextmanager
def alone(doing: str) -> Iterator[bool]:
    """Whether nobody else does this, in whatever process; until the end nobody else begins.

    The connection holds it, not a transaction, which would have to stay open for as long: if the
    process dies, PostgreSQL lets go of it.
    """
    is_alone = ask("SELECT pg_try_advisory_lock(hashtext(%s))", [doing]) == (True,)
    try:
        yield is_alone
    finally:
        if is_alone:
            ask("SELECT pg_advisory_unlock(hashtext(%s))", [doing])


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking database code in one of eight threads, its connection given back after.

    A process with a thousand sockets so needs eight connections, not a thousand.
    """
    return await visit(_threads, _giving_back, partial(function, *args, **kwargs))


async def visit(
    threads: ThreadPoolExecutor, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
) -> R:
    """Run blocking code in one of these threads, with the context variables of the caller.

    Not asgiref's `sync_to_async`, at several times the cost: it prepares for the code to call
    coroutines in turn (`async_to_sync`), which ours does nowhere.
    """
    call = partial(copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(threads, call)


def _giving_back(call: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
