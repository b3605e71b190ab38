"""Blocking database code called from an event loop."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import SyncToAsync
from django.db import InterfaceError, OperationalError, close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What is raised while PostgreSQL restarts or cannot be reached. Trying again helps; with the
other database errors it does not."""

_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="sockets-database")


async def in_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run blocking database code in one of eight threads, its connection given back after.

    A process with a thousand sockets so needs eight connections, not a thousand.
    """
    call: Callable[P, Awaitable[R]] = _InDatabase(
        function, thread_sensitive=False, executor=_threads
    )
    return await call(*args, **kwargs)


class _InDatabase(SyncToAsync[Any, Any]):
    """As Channels' own, but that one keeps the connection in tests."""

    def thread_handler(self, *args: Any, **kwargs: Any) -> Any:
        close_old_connections()
        try:
            return super().thread_handler(*args, **kwargs)  # type: ignore[no-untyped-call]
        finally:
            close_old_connections()
