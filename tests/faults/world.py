"""Services, web processes, worker and beat, kept up over many schedules."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import psycopg

from consultsuite.embedded.service import Service
from tests.faults.steps import PEOPLE
from tests.processes import ROOT, Part, Suite, Web, family

HEALTH_SECONDS = 25.0
"""A process that was killed starts again in a few seconds, on a busy machine in some more."""

ASK_AGAIN_SECONDS = 2.0
"""What the worker was asked may be gone with Redis."""


class World(Suite):
    """Everything that can break. One schedule at a time uses it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            directory,
            WORKER_CONCURRENCY="1",
            SOCKET_LEAVE_GRACE_SECONDS="1.5",
            ERRAND_LEASE_SECONDS="8",  # longer than anything is stopped
            PUBLIC_URL="http://127.0.0.1",
        )
        self.web = dict(zip("ab", self.webs, strict=True))
        self.worker = Part("worker", directory / "worker.log", self.environment)
        self.beat = Part("beat", directory / "beat.log", self.environment)
        self.people: dict[str, str] = {}
        """The id of each."""
        self.tokens: dict[str, str] = {}
        """What people had at the end of a schedule, to begin the next one with."""
        self.mutation = ""
        self._inside: subprocess.Popen[str] | None = None
        self._asking = threading.Lock()
        self._read: dict[Path, int] = {}

    @property
    def parts(self) -> list[Part]:
        """Every process of the product."""
        return [*self.webs, self.worker, self.beat]

    def start(self) -> None:
        """Start everything, and make the people."""
        super().start()
        self._inside = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.inside"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.people = self._ask("people", list(PEOPLE))

    def stop(self) -> None:
        """End everything."""
        if self._inside is not None:
            self._inside.kill()
            self._inside.communicate()
        super().stop()

    # Asking -------------------------------------------------------------------------------

    async def inside(self, name: str, *arguments: Any) -> Any:
        """Ask `tests.faults.inside`, again and again while a service is away."""
        return await asyncio.to_thread(self._ask, name, *arguments)

    def _ask(self, name: str, *arguments: Any) -> Any:
        assert self._inside is not None
        assert self._inside.stdin is not None
        assert self._inside.stdout is not None
        with self._asking:
            while True:
                self._inside.stdin.write(json.dumps([name, *arguments]) + "\n")
                self._inside.stdin.flush()
                line = self._inside.stdout.readline()
                assert line, f"{name}{arguments} failed: see above"
                answer = json.loads(line)
                if "answer" in answer:
                    return answer["answer"]

    async def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Ask the database."""

        def ask() -> list[tuple[Any, ...]]:
            with psycopg.connect(self.postgres.url) as connection:
                return connection.execute(query, arguments).fetchall()

        return await asyncio.to_thread(ask)

    async def healthy(self) -> None:
        """Wait until every web process finds every part well; the caller bounds the time."""
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            while True:
                # Beat would ask the worker within its 15 seconds; this is quicker.
                await self.inside("ask_worker_to_beat")
                self._start_what_ended()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ASK_AGAIN_SECONDS):
                        for web in self.webs:
                            await _well(client, web)
                        return

    async def mutate(self, mutation: str) -> None:
        """Start the web processes and the worker anew with this defect; without, if empty."""
        self.mutation = mutation
        parts = [*self.webs, self.worker]
        for part in parts:
            part.wrapper = f"tests.faults.mutations {mutation}" if mutation else ""
        await asyncio.gather(*(asyncio.to_thread(part.kill) for part in parts))
        await asyncio.gather(*(asyncio.to_thread(part.start) for part in parts))

    def _start_what_ended(self) -> None:
        """As the runner does, where one of Celery's processes gave up."""
        for part in (self.worker, self.beat):
            if part.pid is not None and not part.is_running:
                part.end(signal.SIGKILL)
                part.start()

    # What processes leave behind ----------------------------------------------------------

    def said(self) -> dict[str, list[str]]:
        """What each process has written since this was asked last."""
        lines = {}
        for part in self.parts:
            with part.log.open(errors="replace") as log:
                log.seek(self._read.get(part.log, 0))
                lines[part.log.stem] = log.read().splitlines()
                self._read[part.log] = log.tell()
        return lines

    async def mailed(self, address: str) -> int:
        """How many mails went to this address."""

        def count() -> int:
            mails = (self.directory / "mail").glob("*.log")
            return sum(f"\nTo: {address}\n" in mail.read_text() for mail in mails)

        return await asyncio.to_thread(count)

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Megabytes and open files of each web process."""
        sizes = {}
        for name, web in self.web.items():
            if web.pid is not None:
                status = Path(f"/proc/{web.pid}/status").read_text()
                memory = int(status.partition("VmRSS:")[2].split()[0]) // 1024
                sizes[name] = (memory, len(list(Path(f"/proc/{web.pid}/fd").iterdir())))
        return sizes


async def _well(client: httpx.AsyncClient, web: Web) -> None:
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if (await client.get(f"{web.url}/healthz")).status_code == 200:
                return
        await asyncio.sleep(0.1)


def signal_service(service: Service, number: signal.Signals) -> None:
    """Send a signal to all processes of a service."""
    for pid in family(service.pid) if service.pid is not None else []:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
