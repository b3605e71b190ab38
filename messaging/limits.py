"""Slowing who sends the same words again and again, wherever to."""

import hashlib
from collections import OrderedDict
from typing import NamedTuple
from uuid import UUID

from core.errors import RateLimited
from core.limits import spend

MAX_REMEMBERED = 10_000
WORDS = "You sent the same message several times."


class Said(NamedTuple):
    """What somebody sent last by this process."""

    digest: bytes
    client_id: UUID


_last: "OrderedDict[UUID, Said]" = OrderedDict()


def slow_repeats(person: UUID, body: str, client_id: UUID) -> None:
    """Count a message that says what the person's last one said; raises `RateLimited`, with the
    reason, when these come too often.

    Redis is asked about repeats alone: each process remembers what it sent last of whom. The same
    ``client_id`` again is the same message, sent anew after a lost answer.
    """
    said = Said(hashlib.blake2b(body.encode(), digest_size=16).digest(), client_id)
    before = _last.get(person)
    _last[person] = said
    _last.move_to_end(person)
    while len(_last) > MAX_REMEMBERED:
        _last.popitem(last=False)
    if before is None or before.digest != said.digest or before.client_id == client_id:
        return
    try:
        spend("repeat", person=f"{person}:{said.digest.hex()}")
    except RateLimited as error:
        raise RateLimited(error.retry_after, WORDS) from None
