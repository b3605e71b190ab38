"""How requests get from the event loop to the views, all of which are blocking."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import FileResponse
from django.urls import set_script_prefix

from core.database import visit
from core.outages import CROWDED, crowding

REQUESTS_AT_ONCE = 32
"""In one process; what comes then waits. They share the connections of `DATABASE_POOL`."""

REQUESTS_WAITING = 128
"""In one process; what comes then is told to come back (503). While PostgreSQL hangs, each waits
for seconds: the last of a queue without a bound would wait for ever."""

READINESS = "/readyz"
OF_NOBODY = frozenset({READINESS, "/healthz"})
"""Answered alike whoever asks, and so without a look at their session, which may be away."""

_threads = ThreadPoolExecutor(max_workers=REQUESTS_AT_ONCE, thread_name_prefix="requests")
_aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside")
"""For what asks neither PostgreSQL nor Redis, and so waits for nobody."""


class OneVisitHandler(ASGIHandler):
    """Answers a request in one visit to one of the process's threads.

    Django's own handler starts a thread for each request, with connection objects of its own, and
    goes there and back for what begins a request, for the view, for the middleware around it and
    for what ends it: it prepares for views that are coroutines, and none of ours is one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._under_way = 0

    def load_middleware(self, is_async: bool = False) -> None:
        """The chain for blocking views, whatever is asked for."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Read the request, answer it; a body that is cut off is answered by nothing."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await self._visit(scope, body)
        if response.streaming:
            await self._stream(response, receive, send)
        else:
            await self.send_response(response, send)

    async def _visit(self, scope: Any, body: IO[bytes]) -> Any:
        """Wait for a thread, where that is not in vain."""
        if scope["path"] in OF_NOBODY:
            scope = _without_cookies(scope)
        waiting = self._under_way - REQUESTS_AT_ONCE
        if scope["path"] == READINESS:
            return await visit(_aside, self._answer, scope, body)
        if waiting >= REQUESTS_WAITING:
            return await visit(_aside, self._answer, {**scope, CROWDED: waiting}, body)
        self._under_way += 1
        try:
            return await visit(_threads, self._answer, scope, body)
        finally:
            self._under_way -= 1
            if self._under_way < REQUESTS_AT_ONCE:
                crowding.over()

    def _answer(self, scope: Any, body: IO[bytes]) -> Any:
        """From the first signal of a request to the last, unless the answer is still to be read."""
        with body:
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=self.__class__, scope=scope)
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else self.get_response(request)
            response._handler_class = self.__class__
            if isinstance(response, FileResponse):
                response.block_size = self.chunk_size  # 64 KiB, as Django's own handler has it
            if response.streaming:
                close_old_connections()  # the rest is read in another thread
            else:
                response.close()
        return response

    async def _stream(self, response: Any, receive: Any, send: Any) -> None:
        """Send what is read bit by bit, in a thread of its own, while somebody listens."""
        if not response.is_async:
            response.streaming_content = _bit_by_bit(response.streaming_content)
        async with ThreadSensitiveContext():
            sending = asyncio.ensure_future(self.send_response(response, send))
            leaving = asyncio.ensure_future(receive())
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
                await sync_to_async(response.close)()


def _without_cookies(scope: Any) -> Any:
    headers = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    return {**scope, "headers": headers}


async def _bit_by_bit(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Django would read all of them before it sends the first: whole files, for each reader."""
    read = sync_to_async(partial(next, iter(parts), None))
    while (part := await read()) is not None:
        yield part
