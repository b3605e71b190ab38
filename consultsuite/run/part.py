"""One process of the Procfile: started, shown, and started again when it ends."""

import asyncio
import contextlib
import os
import signal
from collections import deque

from consultsuite.embedded.lifeline import PARTS, lifeline, signal_session
from consultsuite.run.printer import Printer

GRACE_SECONDS = 10
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 15.0
# Who ran this long has recovered: the next crash is a new story.
_STEADY_SECONDS = 60
_LAST_LINES = 8
_LONGEST_LINE_BYTES = 1024 * 1024


class Backoff:
    """How long to wait before the next attempt: doubling, until something ran steadily."""

    def __init__(self) -> None:
        self._delay = _FIRST_DELAY_SECONDS

    def next(self, ran_seconds: float) -> float:
        """Seconds to wait after something that ran for `ran_seconds`."""
        if ran_seconds >= _STEADY_SECONDS:
            self._delay = _FIRST_DELAY_SECONDS
        delay, self._delay = self._delay, min(self._delay * 2, _LONGEST_DELAY_SECONDS)
        return delay


class Part:
    """A command kept running. Its processes form one session, so that all can be ended."""

    def __init__(
        self, name: str, command: str, environment: dict[str, str], printer: Printer
    ) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._printer = printer
        # The process that leads the running session.
        self.leader: int | None = None
        self.stopping = asyncio.Event()
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    async def keep_running(self) -> None:
        """Run the command again and again, until it is stopping."""
        backoff = Backoff()
        clock = asyncio.get_running_loop().time
        while not self.stopping.is_set():
            began = clock()
            code = await self.run_once()
            if self.stopping.is_set():
                return
            delay = backoff.next(clock() - began)
            self._tell(f"{self.name} {how_it_ended(code)}; it starts again in {delay:g} s.")
            if self._last:
                self._tell(f"The last lines of {self.name}:")
                for line in self._last:
                    self._tell(f"    {line}")
            await asyncio.sleep(delay)

    async def run_once(self) -> int:
        """Run the command to its end; returns the exit code, negative for a signal."""
        self._last.clear()
        # A pipe of our own: with asyncio's, waiting for the process would also wait for every
        # child that still holds the other end.
        reading_end, writing_end = os.pipe()
        try:
            process = await asyncio.create_subprocess_shell(
                self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing_end,
                stderr=writing_end,
                env=self._environment,
                start_new_session=True,
            )
        finally:
            os.close(writing_end)
        self.leader = process.pid
        lifeline.watch(process.pid, number=signal.SIGTERM, grace_seconds=GRACE_SECONDS, stage=PARTS)
        reading = asyncio.create_task(self._show(reading_end))
        try:
            code = await process.wait()
            # Children of a part that died would hold its port or its work.
            signal_session(process.pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reading, 2)
        finally:
            reading.cancel()
        lifeline.forget(process.pid)
        self.leader = None
        return code

    async def _show(self, descriptor: int) -> None:
        output = asyncio.StreamReader(limit=_LONGEST_LINE_BYTES)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(output), os.fdopen(descriptor, "rb")
        )
        try:
            while True:
                try:
                    line = await output.readline()
                except ValueError:
                    continue  # The reader dropped a line that was too long.
                if not line:
                    return
                text = line.decode(errors="replace").rstrip()
                self._last.append(text)
                self._printer.line(self.name, text)
        finally:
            transport.close()

    def _tell(self, text: str) -> None:
        self._printer.line("run", text)


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
        return f"was ended by signal {-code}"
    return f"ended with exit code {code}"


def parent_gave_up(parent: int, caught_at_start: int) -> bool:
    """Whether the `make` that started us is gone or was asked to stop.

    make does not pass on a SIGINT or SIGHUP that was sent to it alone: it waits for us. But it
    resets the signal's handling first, and that can be seen (the SigCgt mask, proc(5)).
    """
    if os.getppid() != parent:
        return True
    return caught_signals(parent) != caught_at_start


def caught_signals(pid: int) -> int:
    """Which of SIGHUP and SIGINT a process has handlers for, as a bit mask."""
    wanted = 1 << (signal.SIGHUP - 1) | 1 << (signal.SIGINT - 1)
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as status:
        for line in status:
            if line.startswith("SigCgt:"):
                return int(line.split()[1], 16) & wanted
    return 0
