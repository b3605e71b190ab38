"""Starts everything in order, keeps it running, and stops it in the opposite order."""

import asyncio
import contextlib
import http.client
import os
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile

from consultsuite.embedded import EmbeddedError, postgres_in, redis_in
from consultsuite.embedded.lifeline import end_sessions, signal_session
from consultsuite.embedded.service import Service
from consultsuite.mode import is_production
from consultsuite.run.part import GRACE_SECONDS, Backoff, Part, caught_signals, parent_gave_up
from consultsuite.run.preflight import Plan, RefusedError, part_environment
from consultsuite.run.printer import Printer

_SERVICE_LOOK_SECONDS = 0.5


class Runner:
    """One `make run`, from its services to its end."""

    def __init__(self, plan: Plan, procfile: Path, printer: Printer) -> None:
        self._plan = plan
        self._procfile = procfile
        self._printer = printer
        self._services: list[Service] = []
        self._parts: list[Part] = []
        self._stop = asyncio.Event()

    async def run(self, *, prepare: bool, under_make: bool) -> int:
        """Serve until asked to stop; returns the exit code.

        Raises EmbeddedError or RefusedError when the start fails.
        """
        self._listen(under_make=under_make)
        try:
            database_url, redis_url = await self._start_services()
            environment = part_environment(self._plan, database_url, redis_url)
            if prepare and not self._stop.is_set():
                await self._or_stop(self._prepare(environment))
            if not self._stop.is_set():
                await self._serve(environment)
        finally:
            await self._end_parts()
            for service in reversed(self._services):
                await asyncio.to_thread(service.release)
        return 0

    # Being asked to stop -----------------------------------------------------------------

    def _listen(self, *, under_make: bool) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._ask_to_stop)
        if under_make:
            parent = os.getppid()
            self._watch_parent(parent, caught_signals(parent))

    def _watch_parent(self, parent: int, caught: int) -> None:
        if parent_gave_up(parent, caught):
            self._ask_to_stop()
            return
        asyncio.get_running_loop().call_later(0.3, self._watch_parent, parent, caught)

    def _ask_to_stop(self) -> None:
        if not self._stop.is_set():
            self._printer.line("run", "Stopping ...")
            self._stop.set()
            return
        # Asked a second time: whoever asks does not want to wait.
        for part in self._parts:
            if part.leader is not None:
                signal_session(part.leader, signal.SIGKILL)

    async def _or_stop(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something until it is done or we are asked to stop."""
        doing = asyncio.create_task(work)
        stopping = asyncio.create_task(self._stop.wait())
        await asyncio.wait([doing, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not doing.done():
            doing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await doing

    # Before the parts --------------------------------------------------------------------

    async def _start_services(self) -> tuple[str, str]:
        urls = [self._plan.database_url, self._plan.redis_url]
        services: list[Service] = [postgres_in(self._plan.var), redis_in(self._plan.var)]
        for place, service in enumerate(services):
            if urls[place] or self._stop.is_set():
                continue
            self._services.append(service)
            urls[place] = await asyncio.to_thread(service.start)
            self._printer.line("run", f"{service.title} runs from {service.directory}.")
        return urls[0], urls[1]

    async def _prepare(self, environment: dict[str, str]) -> None:
        commands = ["migrate --noinput --verbosity 1"]
        if is_production(environment):
            commands.append("collectstatic --noinput --verbosity 0")
        elif self._plan.is_embedded:
            commands.append("seed_demo --if-empty")
        for command in commands:
            await self._manage(command, environment)

    async def _manage(self, command: str, environment: dict[str, str]) -> None:
        name = command.partition(" ")[0]
        part = Part(name, f"exec python manage.py {command}", environment, self._printer)
        self._parts.append(part)
        code = await part.run_once()
        self._parts.remove(part)
        if code != 0:
            raise RefusedError(f"`manage.py {command}` failed, see the lines above.")

    # The parts ---------------------------------------------------------------------------

    async def _serve(self, environment: dict[str, str]) -> None:
        try:
            named = parse_procfile(self._procfile.read_text()).processes
        except OSError as error:
            raise RefusedError(f"{self._procfile} cannot be read: {error.strerror}.") from error
        self._parts = [
            Part(name, command, environment, self._printer) for name, command in named.items()
        ]
        tasks = [asyncio.create_task(part.keep_running()) for part in self._parts]
        tasks += [asyncio.create_task(self._keep(service)) for service in self._services]
        if "web" in named:
            tasks.append(asyncio.create_task(self._announce()))
        await self._stop.wait()
        await self._end_parts(tasks)

    async def _announce(self) -> None:
        """Print the one line that says that every part is up."""
        host = "127.0.0.1" if self._plan.host == "0.0.0.0" else self._plan.host  # noqa: S104
        while not await asyncio.to_thread(_is_healthy, host, self._plan.port):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        self._printer.plain(f"ready: http://127.0.0.1:{self._plan.port}/")

    async def _keep(self, service: Service) -> None:
        """Start a service again when it ended, for as long as it takes."""
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            await asyncio.sleep(_SERVICE_LOOK_SECONDS)
            if service.pid is not None:
                continue
            delay = backoff.next(clock() - began)
            self._printer.line("run", f"{service.title} ended; it starts again in {delay:g} s.")
            for line in service.log_tail().splitlines():
                self._printer.line("run", f"    {line}")
            await asyncio.sleep(delay)
            began = clock()
            try:
                await asyncio.to_thread(service.start)
            except EmbeddedError as error:
                self._printer.line("run", str(error))
            else:
                self._printer.line("run", f"{service.title} runs again.")

    async def _end_parts(self, tasks: list[asyncio.Task[None]] | None = None) -> None:
        for part in self._parts:
            part.stopping.set()
        leaders = {part.leader: int(signal.SIGTERM) for part in self._parts if part.leader}
        # In a thread: our own loop has to show what the parts say on their way out.
        await asyncio.to_thread(end_sessions, leaders, GRACE_SECONDS)
        for task in tasks or []:
            task.cancel()
        await asyncio.gather(*(tasks or []), return_exceptions=True)
        self._parts = []


def _is_healthy(host: str, port: int) -> bool:
    # Not urllib: it would ask a proxy that the environment names.
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
