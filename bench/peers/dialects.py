"""How the load generator speaks to each server."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4


@dataclass(frozen=True)
class SuiteDialect:
    """Ours: a token as subprotocol; ``follows`` maps conversations to the number one has
    (None: live events only). Messages go to ``conversation``."""

    token: str
    conversation: str
    follows: Mapping[str, int | None] = field(default_factory=dict)
    path: str = "/ws/"

    @property
    def subprotocol(self) -> str:
        """What stands for the session."""
        return f"token.{self.token}"

    def answer(self, text: str) -> tuple[list[str], bool]:
        """Subscribe once it is open. Frames are handled in order: the pong says that it is done."""
        if not text:
            return [*map(json.dumps, self._subscriptions()), '{"type": "ping"}'], False
        frame_type = json.loads(text)["type"]
        if frame_type == "error":
            raise ConnectionError(text)
        return [], frame_type == "pong"

    def _subscriptions(self) -> list[dict[str, str | int]]:
        return [
            {"type": "subscribe", "stream": f"conversation:{conversation}"}
            | ({} if after is None else {"after": after})
            for conversation, after in self.follows.items()
        ]

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
