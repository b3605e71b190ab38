"""How often and how much: the one table of limits. docs/security.md says what each is for.

Rates are `<number>/<time>`: `30/m`, `5/10m`, `20/h`. `address` counts whoever has the client's
address (of IPv6 its /64), `person` whoever is signed in. The counting is in core.limits.
"""

import re

from django.core.exceptions import ImproperlyConfigured

from consultsuite.settings.environment import env

RATE_LIMIT_FACTOR: float = env.float("RATE_LIMIT_FACTOR", default=1.0)


def _scaled(rate: str) -> str:
    number, slash, rest = rate.partition("/")
    return f"{max(1, round(int(number) * RATE_LIMIT_FACTOR))}{slash}{rest}"


RATE_LIMITS = {
    name: {who: _scaled(rate) for who, rate in rates.items()}
    for name, rates in {
        # Everything under /api/ that has no limit of its own; the address of who is not signed in.
        "api": {"person": "1200/m", "address": "300/m"},
        # Messages sent and edited: by the page, the socket and the API together.
        # An address may be a whole office's: what it may do is what ten busy people do.
        "message": {"person": "120/m", "address": "1200/m"},
        # Drafts kept: one after each pause in typing.
        "draft": {"person": "240/m", "address": "2400/m"},
        # The same words sent again, in whichever conversation.
        "repeat": {"person": "5/m"},
        # Reactions, pins and what is saved, each added or taken back.
        "reaction": {"person": "240/m", "address": "2400/m"},
        "search": {"person": "120/m", "address": "1200/m"},
        # Files uploaded, sent or not.
        "upload": {"person": "60/m", "address": "600/m"},
        "invitation": {"person": "30/h", "address": "60/h"},
        # Conversations opened and asked for: whom one has not written to yet.
        "contact": {"person": "20/h", "address": "200/h"},
        # Sockets opened, and frames over all sockets of a person.
        "socket": {"person": "120/m", "address": "1200/m"},
        "frame": {"person": "6000/m", "address": "60000/m"},
        # Violations that browsers report.
        "report": {"address": "60/m"},
    }.items()
}
_TOLD = re.compile(r"([a-z]+)\.(person|address)=([1-9]\d{0,8}/\d{0,6}[smhd])")
for _told in env.list("RATE_LIMITS", default=[]):
    _match = _TOLD.fullmatch(_told.strip())
    if _match is None or _match[1] not in RATE_LIMITS:
        raise ImproperlyConfigured(
            f"RATE_LIMITS: {_told!r} is not like `message.person=120/m` with one of "
            f"{', '.join(RATE_LIMITS)}."
        )
    RATE_LIMITS[_match[1]][_match[2]] = _match[3]
# Without Redis nobody can count. Guessing and mailing then has to wait (503); work goes on.
RATE_LIMITS_THAT_CLOSE = {"invitation"}

# allauth counts these itself, in the cache, and closes as well; `key` is the address of the mail
# or account. The answer says when to come back (accounts.limits).
ACCOUNT_RATE_LIMITS = bool(RATE_LIMIT_FACTOR) and {
    action: ",".join(map(_scaled, rates.split(",")))
    for action, rates in {
        "login": "30/m/ip",
        # Attempts with a wrong password or second factor.
        "login_failed": "10/m/ip,5/5m/key",
        "signup": "20/m/ip",
        "reset_password": "20/m/ip,5/m/key",
        "reset_password_from_key": "20/m/ip",
        "change_password": "5/m/user",
        "manage_email": "10/m/user",
        "reauthenticate": "10/m/user",
    }.items()
}

SOCKETS_AT_ONCE = {
    who: max(1, round(number * RATE_LIMIT_FACTOR))
    for who, number in {"person": 50, "address": 2000}.items()
}
