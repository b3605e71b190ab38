"""What a client and a consultant share, so that they may write to each other.

The apps above say it: a room, a project, a service request, a booking. Each registers a source.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User

Source = Callable[[User], QuerySet[Any, Any]]
_sources: list[Source] = []


def shares(source: Source) -> Source:
    """Register what an app lets people share: ``source(user)`` gives the ids of the others."""
    _sources.append(source)
    return source


def tied_to(user: User) -> Q:
    """The people with whom somebody shares something, as a condition on `User`."""
    tied = Q(pk__in=[])
    for source in _sources:
        tied |= Q(pk__in=source(user))
    return tied
