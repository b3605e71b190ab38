"""uvicorn's WebSocket with one extension of ASGI: frames that are ready for the wire.

An event goes to a thousand sockets as the same bytes. Through ASGI's ``websocket.send`` each of
them would have the text encoded and framed for itself, behind a coroutine.
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from core.frames import TAKE


class ReadyFrames(WebSocketsSansIOProtocol):
    """Offers `take` in the scope's extensions."""

    def handle_connect(self, event: Request) -> None:
        """As uvicorn does; the application starts after this."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope["extensions"][TAKE] = {"take": self.take}

    def take(self, frame: bytes) -> bool:
        """Write a frame of `core.frames.on_the_wire`; False, and nothing written, where
        ``websocket.send`` would wait or fail."""
        if self.close_sent or self.transport.is_closing() or not self.writable.is_set():
            return False
        self.transport.write(frame)
        return True
