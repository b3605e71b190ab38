"""Emoji in templates: their names, and the icons that stand for the quick ones."""

from collections.abc import Sequence

from django import template

from messaging.emoji import QUICK, emoji_words
from messaging.models import Reactions

register = template.Library()

register.filter("emoji_words", emoji_words)


@register.filter
def emoji_icon(emoji: str) -> str:
    """The icon of a quick reaction; empty for every other emoji, which is shown itself."""
    return QUICK.get(emoji, "")


@register.simple_tag
def quick_reactions() -> Sequence[tuple[str, str]]:
    """Emoji and icon of each."""
    return [*QUICK.items()]


@register.filter
def reacted(reactions: Reactions) -> str:
    """`Mara Lindqvist, Tomas Okafor and 3 more`."""
    names = ", ".join(person.name for person in reactions.people)
    return f"{names} and {reactions.more} more" if reactions.more else names


@register.filter
def reacted_ids(reactions: Reactions) -> str:
    """The ids of those who are named, for the browser to find its own person."""
    return " ".join(person.id for person in reactions.people)
