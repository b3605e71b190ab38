"""What people keep from others, as their open sockets need to know it.

Words of other apps, but for `PRESENCE`: who hides it looks offline, except where following a
stream is taking part (`core.kinds.StreamKind.is_attended`).
"""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

PRESENCE = "presence"

Hidden = frozenset[str]
Reader = Callable[[Collection[UUID]], Mapping[UUID, Hidden]]
_readers: list[Reader] = []


def hides(reader: Reader) -> Reader:
    """Register a blocking function from people's ids to what each keeps from others."""
    _readers.append(reader)
    return reader


def hidden_of(user_ids: Collection[UUID]) -> dict[UUID, Hidden]:
    """What each of these people keeps from others. Blocking."""
    hidden = dict.fromkeys(user_ids, Hidden())
    for reader in _readers:
        for user_id, words in reader(user_ids).items():
            hidden[user_id] |= words
    return hidden
