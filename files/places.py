"""Where files are put. The apps above own the places and say who may read there, and who may add.

A conversation, a room, a project: each registers its kind.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User


@dataclass(frozen=True)
class PlaceKind:
    """One kind of place.

    ``find(user, id)`` loads one that the person may see, or raises `Http404`. Adding needs the
    permission ``adds`` on it; ``refuse(user, place)`` raises what else stands against it.
    ``readable(user)`` is the condition on `StoredFile` under which the person may read what is
    there, of files of this kind.
    """

    find: Callable[[User, UUID], Any]
    adds: str
    refuse: Callable[[User, Any], None]
    readable: Callable[[User], Q]


_kinds: dict[str, PlaceKind] = {}


def place_kind(kind: str, definition: PlaceKind) -> None:
    """Register a kind of place."""
    _kinds[kind] = definition


def kind_called(kind: str) -> PlaceKind:
    """The kind of this name; raises `KeyError`."""
    return _kinds[kind]


def readable_by(user: User) -> Q:
    """The files that somebody may read, by their places: a condition on `StoredFile`."""
    readable = Q(pk__in=[])
    for kind, definition in _kinds.items():
        readable |= Q(place_kind=kind) & definition.readable(user)
    return readable
