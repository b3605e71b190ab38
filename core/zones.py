"""Time zones as people say them."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_named(name: str) -> ZoneInfo:
    """The zone; UTC for a name that is none any more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def city(zone: str) -> str:
    """``Lisbon`` for ``Europe/Lisbon``."""
    return zone.rpartition("/")[2].replace("_", " ")


def words_in_zones(starts_at: datetime, ends_at: datetime, zones: Sequence[str]) -> str:
    """From when to when, whoever reads it: ``10:00 to 10:45 in Copenhagen, 9:00 in Lisbon``."""
    spans: list[str] = []
    for zone in zones or ["UTC"]:
        start, end = (value.astimezone(zone_named(zone)) for value in (starts_at, ends_at))
        span = f"{start.hour}:{start.minute:02}"
        if not spans:
            span = f"{span} to {end.hour}:{end.minute:02}"
        spans.append(f"{span} in {city(zone)}")
    return ", ".join(spans)
