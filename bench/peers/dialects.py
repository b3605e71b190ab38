"""How the load generator speaks to each server."""

import json
from dataclasses import dataclass
from uuid import uuid4


@dataclass(frozen=True)
class SuiteDialect:
    """Ours: a token as subprotocol, one subscription."""

    token: str
    conversation: str
    after: int | None = None
    path: str = "/ws/"

    @property
    def subprotocol(self) -> str:
        """What stands for the session."""
        return f"token.{self.token}"

    def answer(self, text: str) -> tuple[list[str], bool]:
        """Subscribe once it is open."""
        if not text:
            position = {} if self.after is None else {"after": self.after}
            frame = {"type": "subscribe", "stream": f"conversation:{self.conversation}"}
            return [json.dumps(frame | position)], False
        frame_type = json.loads(text)["type"]
        if frame_type == "error":
            raise ConnectionError(text)
        return [], frame_type == "subscribed"

    def message(self, body: str) -> str:
        """``message.send``, as a browser sends it."""
        client_id = str(uuid4())
        return json.dumps(
            {
                "type": "message.send",
                "id": client_id,
                "conversation": self.conversation,
                "body": body,
                "client_id": client_id,
            }
        )

    def heartbeat(self, text: bytes) -> str | None:
        """Ours are WebSocket's own pings."""
        return None


@dataclass(frozen=True)
class SuiteSenderDialect(SuiteDialect):
    """Ours, without a subscription: only sends."""

    def answer(self, text: str) -> tuple[list[str], bool]:
        """Ready as soon as it is open."""
        return ([json.dumps({"type": "ping"})], False) if not text else ([], True)


@dataclass(frozen=True)
class StockDialect:
    """The plain Channels consumer of `bench.peers.stock`."""

    is_listening: bool = True
    path: str = "/"
    subprotocol: str = ""

    def answer(self, text: str) -> tuple[list[str], bool]:
        """Join the room once it is open."""
        if not text:
            return [json.dumps({"type": "join" if self.is_listening else "hello"})], False
        return [], json.loads(text)["type"] == "ready"

    def message(self, body: str) -> str:
        """A message for the room."""
        return json.dumps({"type": "send", "body": body, "client_id": str(uuid4())})

    def heartbeat(self, text: bytes) -> str | None:
        """None of its own."""
        return None


@dataclass(frozen=True)
class SocketIoDialect:
    """Socket.IO 4 (Engine.IO 4) over WebSocket alone."""

    is_listening: bool = True
    path: str = "/socket.io/?EIO=4&transport=websocket"
    subprotocol: str = ""

    def answer(self, text: str) -> tuple[list[str], bool]:
        """Open the namespace, then join the room."""
        if text.startswith("0"):
            return ["40"], False
        if text.startswith("40"):
            return ['42["join"]' if self.is_listening else '42["hello"]'], False
        return (["3"], False) if text == "2" else ([], text.startswith('42["ready"'))

    def message(self, body: str) -> str:
        """A message for the room."""
        return "42" + json.dumps(["send", {"body": body, "client_id": str(uuid4())}])

    def heartbeat(self, text: bytes) -> str | None:
        """Engine.IO's ping."""
        return "3" if text == b"2" else None
