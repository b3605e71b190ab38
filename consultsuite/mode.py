"""Whether this is production: one rule for the settings and for the runner."""

from collections.abc import Mapping
from urllib.parse import urlsplit

LOCAL_HOSTS = frozenset({"", "127.0.0.1", "localhost", "::1"})
NO = frozenset({"0", "false", "no", "off"})


def is_production(environment: Mapping[str, str]) -> bool:
    """True when PUBLIC_URL is not this machine, or DEBUG is said to be false.

    So nobody serves others with a default secret by having forgotten a switch.
    """
    if environment.get("DEBUG", "").lower() in NO:
        return True
    return (urlsplit(environment.get("PUBLIC_URL", "")).hostname or "") not in LOCAL_HOSTS
