"""What people call the program behind a User-Agent header."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ua_parser import parse

UNKNOWN = "An unknown program"

_VARIANT = re.compile(r"\b(Mobile|iOS|WebView|Headless)\b\s*|Headless")
"""What ua-parser adds to a browser's name and people do not."""

_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS"}
_APPLE = frozenset({"iPhone", "iPad"})
_HANDHELD = frozenset({"Android", "iOS"})

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _+-]{0,39}")
"""The header is whatever its sender likes: no address or sentence of theirs gets into our words."""

_PROGRAM = re.compile(r"([^/\s]+)/")


@dataclass(frozen=True)
class Device:
    """``name`` is "Safari on iPhone" or "curl"; ``icon`` one of frontend/icons.txt."""

    name: str
    icon: str


@lru_cache(maxsize=1024)
def device_of(user_agent: str) -> Device:
    """The program, and the system that it runs on where that is known."""
    found = parse(user_agent)
    family = _VARIANT.sub("", found.user_agent.family).strip() if found.user_agent else ""
    system = found.os.family if found.os else ""
    maker = found.device.family if found.device else ""
    if not family and (program := _PROGRAM.match(user_agent)):
        family = program[1]
    if not _PLAIN.fullmatch(family):
        family = ""
    where = maker if maker in _APPLE else _SYSTEMS.get(system, system)
    if not family:
        return Device(UNKNOWN, "terminal")
    if not where or not _PLAIN.fullmatch(where):
        return Device(family, "terminal")
    return Device(f"{family} on {where}", "smartphone" if system in _HANDHELD else "laptop")
