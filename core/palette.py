"""Where one can go from anywhere: what the command palette (Ctrl-K) and `/go/` offer.

Each app names its pages and things in its `palette.py` (`@offers`); what a person may not see
is not offered, because every source starts from what is visible to them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

SHOWN = 12
"""As many as fit under the field on a laptop without scrolling far."""

MAX_WORDS = 8


@dataclass(frozen=True)
class Destination:
    """One entry: its words, where it leads and the icon beside it.

    ``also`` are words by which it is found as well; ``note`` stands behind the label. What does
    something in the browser instead has no ``url``; ``does`` is the button's data attribute for
    the script, as ``theme-toggle``.
    """

    label: str
    url: str
    icon: str
    note: str = ""
    also: str = ""
    does: str = ""


Source = Callable[[Any, list[str]], Iterable[Destination]]
_sources: list[Source] = []


def offers(source: Source) -> Source:
    """Register what an app offers: ``source(actor, words)``; no words means the usual ones."""
    _sources.append(source)
    return source


def matching(pages: Iterable[Destination], words: list[str]) -> list[Destination]:
    """The pages in whose words each of the words begins one."""
    return [page for page in pages if _answer(words, f"{page.label} {page.also}")]


def destinations(actor: Any, text: str) -> list[Destination]:
    """At most `SHOWN` entries that answer to the text: what is nearest to the work first."""
    words = text.replace("\0", "").casefold().split()[:MAX_WORDS]
    found = [entry for source in reversed(_sources) for entry in source(actor, words)]
    # What is called so comes before what is found for another reason, as a room by its people.
    return sorted(found, key=lambda entry: not _answer(words, entry.label))[:SHOWN]


def _answer(words: list[str], text: str) -> bool:
    """Whether each of the words begins one of the text's."""
    known = text.casefold().split()
    return all(any(each.startswith(word) for each in known) for word in words)
