"""What stands in braces in a template for replies, and what it says in one conversation.

The apps above say more than this one knows: each names its variables in its `variables.py`
(`@resolves`). What cannot be said stays as it is, braces and all, for the writer to fill in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import dateformat, timezone

from accounts.models import User
from accounts.models.organisation import INTERNAL_ROLES
from messaging.models import Conversation
from messaging.queries.mentions import present_people

Resolver = Callable[[User, Conversation], str | None]

_VARIABLE = re.compile(r"\{([a-z][a-z_]{0,39})\}")
_MOST_CLIENTS = 5


@dataclass(frozen=True)
class Variable:
    """A word for use in braces: what it stands for, and how it is found out."""

    name: str
    words: str
    example: str
    resolve: Resolver

    @property
    def braces(self) -> str:
        """As one writes it."""
        return f"{{{self.name}}}"


@dataclass(frozen=True)
class Filled:
    """A template's words for one conversation, and what is still to be filled in."""

    text: str
    missing: list[str]


_variables: dict[str, Variable] = {}


def resolves(name: str, words: str, example: str) -> Callable[[Resolver], Resolver]:
    """Register a variable: ``resolver(actor, conversation)`` gives its words, None for none."""

    def register(resolver: Resolver) -> Resolver:
        _variables[name] = Variable(name, words, example, resolver)
        return resolver

    return register


def known_variables() -> list[Variable]:
    """All that there are, in the order of their names."""
    return sorted(_variables.values(), key=lambda variable: variable.name)


def unknown_variables(text: str) -> list[str]:
    """What stands in braces like a variable and is none, in the order of the text, each once."""
    found = dict.fromkeys(_VARIABLE.findall(text))
    return [name for name in found if name not in _variables]


def fill(text: str, *, actor: User, conversation: Conversation) -> Filled:
    """Say what can be said, asking for nothing that does not stand in the text."""
    said = {
        name: _variables[name].resolve(actor, conversation) if name in _variables else None
        for name in dict.fromkeys(_VARIABLE.findall(text))
    }
    return Filled(
        text=_VARIABLE.sub(lambda found: said[found[1]] or found[0], text),
        missing=[name for name, words in said.items() if not words],
    )


def example(text: str) -> str:
    """The text as it may read once it is filled in."""
    return _VARIABLE.sub(
        lambda found: _variables[found[1]].example if found[1] in _variables else found[0], text
    )


@resolves("client_name", "The client, or the clients, you are writing to", "Tomas Okafor")
def client_name(actor: User, conversation: Conversation) -> str | None:
    """The names of the others there who do not work here."""
    works_here = Q(user__membership__role__in=INTERNAL_ROLES)
    people = present_people(conversation).exclude(user=actor).exclude(works_here)
    found = people.order_by("added_at", "pk").values_list("user__name", flat=True)
    names = [name for name in found[: _MOST_CLIENTS + 1] if name]
    if len(names) > _MOST_CLIENTS:
        return None
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else None


@resolves("my_name", "Your own name", "Mara Lindqvist")
def my_name(actor: User, conversation: Conversation) -> str | None:
    """The writer's."""
    return actor.name or None


@resolves("today", "Today's date, in your time zone", "Thursday 19 November 2026")
def today(actor: User, conversation: Conversation) -> str | None:
    """With the year: the words may be read much later."""
    return dateformat.format(timezone.localdate(timezone=zone_of(actor)), "l j F Y")


def zone_of(user: User) -> ZoneInfo:
    """Their time zone."""
    return ZoneInfo(user.timezone)
