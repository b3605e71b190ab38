"""What people write, before it is stored: what may stand in it, and how much."""

import unicodedata

from core.errors import ActionError
from messaging.models.message import MAX_BODY_CHARACTERS

ALLOWED_CONTROLS = "\n\t"


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
    """The text without what cannot be stored or only serves to deceive, and not too long.

    Lone surrogates and control characters (Unicode category C, but for joiners and marks that
    scripts need). Raises `MessageTooLong`.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    cleaned = "".join(
        character
        for character in text
        if character in ALLOWED_CONTROLS or unicodedata.category(character) not in ("Cc", "Cs")
    )
    if len(cleaned.strip()) > MAX_BODY_CHARACTERS:
        raise MessageTooLong(len(cleaned.strip()))
    return cleaned


def clean_body(body: str) -> str:
    """The body of a message, without outer white space; raises what is wrong with it."""
    cleaned = storable(body).strip()
    if all(c.isspace() or unicodedata.category(c) == "Cf" for c in cleaned):
        raise EmptyMessage(field="body")
    return cleaned
