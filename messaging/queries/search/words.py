"""Text as words, cut exactly as the database cuts what it stores (migration 0007_search)."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

MAX_CHARACTERS = 100
"""Of a word that is looked for; PostgreSQL refuses those of thousands."""

# Where words end: all that is no letter, digit or mark. Told one by one and not by classes, which
# differ between the locales of databases.
SEPARATORS = (
    r"\u0000-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8"
    r"\u00bb\u00bf\u00d7\u00f7\u02c2-\u02df\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965"
    r"\u1680\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020"
    r"\u3030\ud800-\udfff\ufe10-\ufe1f\ufe30-\ufe6f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40"
    r"\uff5b-\uff65\U0001f000-\U0001fbff"
)
# Scripts that are written without spaces: each character is a word, and a word of theirs a phrase.
SPACELESS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_WORD = re.compile(rf"[{SPACELESS}]|[^{SEPARATORS}{SPACELESS}]+")
_SPACELESS = re.compile(rf"[{SPACELESS}]")
_ACCENTS = re.compile(r"[\u0300-\u036f]")


@dataclass(frozen=True)
class Term:
    """Words that must stand one behind the other; of a prefix the last one only begins so."""

    words: tuple[str, ...]
    is_prefix: bool = False
    typed: str = field(default="", compare=False)
    """As it was written, accents and all."""

    def begins_at(self, place: int, words: Sequence[str]) -> bool:
        """Whether these words stand there."""
        there = words[place : place + len(self.words)]
        if len(there) < len(self.words) or there[:-1] != [*self.words[:-1]]:
            return False
        last, wanted = there[-1], self.words[-1]
        return last.startswith(wanted) if self.is_prefix else last == wanted


@dataclass(frozen=True)
class Piece:
    """A part of an excerpt, and whether it is what was looked for."""

    text: str
    is_match: bool = False


def folded(text: str) -> str:
    """In small letters, without accents and differences of form alone."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", plain).lower()


def words_of(text: str) -> list[str]:
    """The words as they are looked for."""
    return [word[:MAX_CHARACTERS] for word in _WORD.findall(folded(text))]


def phrase(text: str) -> Term | None:
    """What stands in quotation marks; None where no word is in it."""
    words = tuple(words_of(text))
    return Term(words, typed=text) if words else None


def beginning(text: str) -> Term | None:
    """A word as it was typed, which others may begin with; None where it is none.

    A single letter begins too much to be of use, and a character of a script without spaces is
    whole.
    """
    words = tuple(words_of(text))
    if not words:
        return None
    return Term(words, is_prefix=len(words[-1]) > 1, typed=text)


EXCERPT = 240
BEFORE = 60
"""How many characters of an excerpt stand before what was found."""


def excerpt(text: str, terms: Iterable[Term]) -> list[Piece]:
    """The part of the text around the first match, its matches told apart. Nothing is HTML."""
    text = " ".join(text.split())
    spans = _spans(text, list(terms))
    start = _word_start(text, max(0, spans[0][0] - BEFORE) if spans else 0)
    end = start + EXCERPT
    pieces, place = [Piece("…")] if start else [], start
    for begins, ends in spans:
        if begins >= end:
            break
        # The excerpt may cut one off, and it may overlap the one before.
        first, last = max(begins, place), min(ends, end)
        if first < last:
            pieces += [Piece(text[place:first]), Piece(text[first:last], is_match=True)]
            place = last
    pieces.append(Piece(text[place:end]))
    if end < len(text):
        pieces.append(Piece("…"))
    return [piece for piece in pieces if piece.text]


def _spans(text: str, terms: list[Term]) -> list[tuple[int, int]]:
    """Where matches begin and end, in order."""
    words: list[str] = []
    places: list[tuple[int, int]] = []
    for found in _WORD.finditer(text):
        for word in words_of(found.group()):  # a letter of compatibility may be several
            words.append(word)
            places.append(found.span())
    return [
        (places[number][0], places[number + len(term.words) - 1][1])
        for number in range(len(words))
        for term in terms
        if term.begins_at(number, words)
    ]


def _word_start(text: str, near: int) -> int:
    """The next beginning of a word, unless it is far: some words are long."""
    if not near:
        return 0
    space = text.find(" ", near - 1, near + 20)
    return space + 1 if space >= 0 else near
