"""Which emoji there are, and what they are called: Unicode's list, by the library `emoji`."""

from functools import cache

from emoji import EMOJI_DATA, STATUS

_VARIATION = "\ufe0f"
"""Asks for the colourful form; people and their keyboards leave it out as they like."""

QUICK: dict[str, str] = {
    "👍": "thumbs-up",
    "❤️": "heart",
    "🎉": "party-popper",
    "😂": "laugh",
    "🙂": "smile",
    "🙁": "frown",
}
"""What is offered at once, and the icon of the set that stands for it."""


def known_emoji(text: str) -> str | None:
    """The one emoji that the text is, in its full form; None for anything else."""
    return _full_forms().get(text.replace(_VARIATION, ""))


@cache
def emoji_words(emoji: str) -> str:
    """Its name in Unicode: `Thumbs up`."""
    name: str = EMOJI_DATA[emoji]["en"]
    return name.strip(":").replace("_", " ").capitalize()


@cache
def _full_forms() -> dict[str, str]:
    full = STATUS["fully_qualified"]
    return {
        emoji.replace(_VARIATION, ""): emoji
        for emoji, facts in EMOJI_DATA.items()
        if facts["status"] == full
    }
