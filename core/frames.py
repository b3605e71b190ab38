"""What a socket's frame looks like: an object with a type, as JSON text of at most 64 KiB."""

import json
from typing import Any

from websockets.frames import Frame, Opcode

from core.errors import ActionError, RateLimited

MAX_FRAME_BYTES = 64 * 1024

TAKE = "consultsuite.take"
"""The ASGI extension of a server that takes frames `on_the_wire` (consultsuite.websocket)."""


class FrameError(ActionError):
    """A frame is not what its type needs."""

    code = "malformed"


def error_frame(error: RateLimited) -> str:
    """The last frame of a socket that came or said too much."""
    said = {"code": error.code, "detail": error.detail, "retry_after": error.retry_after}
    return json.dumps({"type": "error", **said})


def on_the_wire(text: str) -> bytes:
    """A server's WebSocket frame of this text: the same for every socket, without extensions."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


def parse_frame(text: str | None) -> dict[str, Any]:
    """The frame's content; raises `FrameError`."""
    if text is None:
        raise FrameError("Frames are JSON text.")
    if len(text) > MAX_FRAME_BYTES or len(text.encode(errors="replace")) > MAX_FRAME_BYTES:
        raise FrameError("This frame is over 64 KiB. Send less at once.")
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise FrameError("This frame is not JSON.") from None
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise FrameError("A frame is an object with a 'type'.")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON; passed on, they break browsers
