"""python -m consultsuite.web: the web process, uvicorn with an end that lets everybody finish.

Asked to end (SIGTERM) it takes no new connections, lets each socket have what is under way and
closes it with 1012, for the browser to come back elsewhere; requests under way are answered. The
exit code is 0.

Serves on HOST (127.0.0.1) and PORT (8000).
"""

import gc
import os
import signal
import socket
import sys
from typing import Any

import uvicorn

from consultsuite.websocket import ReadyFrames

REQUEST_SECONDS = 6
"""Longest that the end waits for requests, after the sockets (core.hub.DRAIN_SECONDS); together
less than what a supervisor grants (consultsuite.run.part.GRACE_SECONDS)."""

OBJECTS_BETWEEN_COLLECTIONS = 50_000


class Server(uvicorn.Server):
    """Lets the hub close its sockets before uvicorn does, which would drop what is under way."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, close the sockets, then what uvicorn does: wait for the requests."""
        from core.hub import hub  # needs the loaded application

        for server in self.servers:
            server.close()
        await hub().drain()
        for connection in list(self.server_state.connections):
            # Who does not read is not waited for: the client notices, and resumes by number.
            if _does_not_read(connection):
                connection.transport.abort()
        await super().shutdown(sockets)


def _does_not_read(connection: object) -> bool:
    return isinstance(connection, ReadyFrames) and not connection.writable.is_set()


def configuration() -> uvicorn.Config:
    """How the product is served."""
    return uvicorn.Config(
        "consultsuite.asgi:application",
        host=os.environ.get("HOST") or "127.0.0.1",
        port=int(os.environ.get("PORT") or 8000),
        loop="uvloop",
        http="httptools",
        ws=ReadyFrames,
        # Browsers offer it, and then every frame would be compressed again for every socket.
        ws_per_message_deflate=False,
        # A frame over this is not even buffered (docs/decisions/0006-frame-limits.md).
        ws_max_size=1024 * 1024,
        # Who is gone without a word is known to be within the 35 s that presence promises.
        ws_ping_interval=12.0,
        ws_ping_timeout=12.0,
        timeout_graceful_shutdown=REQUEST_SECONDS,
        # Whom to believe about addresses is core.addresses' business.
        proxy_headers=False,
        access_log=False,
        server_header=False,
        log_level="warning",
        log_config=None,  # what it says goes the way of everything else (settings.LOGGING)
    )


def collect_seldom() -> None:
    """Let Python look for circular garbage seldom, and never among what is loaded for good.

    Writing one frame to 1,000 sockets makes some thousand objects that live for a moment. With
    Python's own threshold of 700 each such write walked through whatever there is: it stood first
    in a profile, and makes pauses that everybody waits for. Now some megabytes of garbage may wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def main() -> None:
    """Serve until asked to stop."""
    # uvicorn raises the signal again when it has finished: that is no failure.
    signal.signal(signal.SIGTERM, _end)
    config = configuration()
    config.load()
    collect_seldom()
    Server(config).run()


def _end(*_: Any) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
