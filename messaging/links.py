"""Links to where people meet: known by their host, everything else is refused."""

import re
from urllib.parse import urlsplit

from django.conf import settings

from core.errors import ActionError
from messaging.models.meeting import MAX_LINK_CHARACTERS, MeetingPlace

HOSTS = {
    "meet.google.com": MeetingPlace.MEET,
    "zoom.us": MeetingPlace.ZOOM,
    "zoom.com": MeetingPlace.ZOOM,
    "teams.microsoft.com": MeetingPlace.TEAMS,
    "teams.live.com": MeetingPlace.TEAMS,
}
"""Hosts of the services."""

WITH_SUBDOMAINS = ("zoom.us", "zoom.com")
"""Zoom gives its customers hosts of their own, like `northwind.zoom.us`."""


OWN_ROOM = re.compile(r"/rooms/(of/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/")
"""The path of a consultation here, or of the way from its conversation."""


class WrongLink(ActionError):
    """A link that leads to no place to meet."""

    code = "wrong_link"
    detail = (
        "Paste the whole link (https://...) of a Google Meet, Zoom or Teams meeting, or of one of "
        "your consultations here."
    )


def place_of(link: str) -> MeetingPlace:
    """Where a link leads, by its host; raises `WrongLink`."""
    if len(link) > MAX_LINK_CHARACTERS or not link.isprintable() or " " in link or "\\" in link:
        raise WrongLink(field="link")
    if OWN_ROOM.fullmatch(link.removeprefix(settings.PUBLIC_URL)):
        return MeetingPlace.ROOM
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise WrongLink(field="link") from None
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        raise WrongLink(field="link")
    for known, place in HOSTS.items():
        if host == known or (known in WITH_SUBDOMAINS and host.endswith(f".{known}")):
            return place
    raise WrongLink(field="link")
