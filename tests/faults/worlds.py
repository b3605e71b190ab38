"""Worlds side by side: while one waits for what it broke, another works."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from tests.faults.world import World

T = TypeVar("T")

NUMBER = 2


class Worlds:
    """Some worlds, each started when it is needed first."""

    def __init__(self, directory: Path, number: int = NUMBER) -> None:
        self.started: list[World] = []
        self._idle: SimpleQueue[World] = SimpleQueue()
        # One after the other: the first service starts the guard over all of them.
        self._all = [World(directory / str(place)) for place in range(number)]
        for world in self._all:
            self._idle.put(world)
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="world")

    def run(self, work: Callable[[World], Awaitable[T]]) -> Future[T]:
        """Do it as soon as a world is idle, in a thread and an event loop of its own."""
        return self._pool.submit(self._run, work)

    def _run(self, work: Callable[[World], Awaitable[T]]) -> T:
        world = self._idle.get()
        try:
            if world not in self.started:
                world.start()
                self.started.append(world)
            return asyncio.run(_finish(work(world)))
        finally:
            self._idle.put(world)

    def stop(self) -> None:
        """End what runs, and everything."""
        self._pool.shutdown(cancel_futures=True)
        with ThreadPoolExecutor(len(self._all)) as pool:
            list(pool.map(World.stop, self._all))


async def _finish(work: Awaitable[T]) -> T:
    return await work
