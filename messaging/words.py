"""What people write, before it is stored: what may stand in it, and how much."""

import re
import sys
import unicodedata
from functools import cache

from core.errors import ActionError
from messaging.models.message import MAX_BODY_CHARACTERS

MOST_MARKS = 5
"""Accents and points on one letter. Pointed Hebrew needs five, Vietnamese two; more only cover what
others wrote above and below."""

# Control characters but for line end and tab, and lone surrogates, cannot be stored or shown. What
# turns the direction of the text (embeddings, overrides, isolates) serves to make words and code
# read as they are not; right-to-left words need none of it, as each message finds its direction by
# itself. Marks (U+200E, U+200F, U+061C) and joiners stay: scripts need them.
_LEFT_OUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class EmptyMessage(ActionError):
    """Nothing to send."""

    code = "empty"
    detail = "Write something before sending."


class MessageTooLong(ActionError):
    """Over the limit of a message."""

    code = "too_long"

    def __init__(self, length: int) -> None:
        super().__init__(
            f"This message has {length:,} characters; {MAX_BODY_CHARACTERS:,} is the most. "
            "Send it in parts.",
            field="body",
        )


def storable(text: str) -> str:
    """The text without what cannot be stored or only serves to deceive or to cover others' words,
    and not too long. Raises `MessageTooLong`.
    """
    cleaned = _LEFT_OUT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if not cleaned.isascii():
        cleaned = _piled_marks().sub(r"\1", cleaned)
    if len(cleaned.strip()) > MAX_BODY_CHARACTERS:
        raise MessageTooLong(len(cleaned.strip()))
    return cleaned


@cache
def _piled_marks() -> re.Pattern[str]:
    """More marks in a row than `MOST_MARKS`; the first group are those that stay."""
    every = map(chr, range(sys.maxunicode + 1))
    marks = "".join(one for one in every if unicodedata.category(one) in ("Mn", "Me"))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")


def clean_body(body: str, *, may_be_empty: bool = False) -> str:
    """The body of a message, without outer white space; raises what is wrong with it."""
    cleaned = storable(body).strip()
    if all(c.isspace() or unicodedata.category(c) == "Cf" for c in cleaned):
        if may_be_empty:
            return ""
        raise EmptyMessage(field="body")
    return cleaned
