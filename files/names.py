"""What a file is called, as it can be shown and saved anywhere."""

import unicodedata

from files.models import MAX_NAME_CHARACTERS

MAX_ENDING_CHARACTERS = 16
UNNAMED = "file"

_JOINERS = "\u200c\u200d"
"""Invisible, and part of how words of some scripts and emoji are written."""


def clean_name(name: str, title: str = "") -> str:
    """The name without a path and without what cannot be seen: characters that turn the direction
    of text make `exe.txt` of `txt.exe`. A ``title`` stands in for it and keeps its ending.
    """
    cleaned = _visible(name.replace("\\", "/").rpartition("/")[2])
    titled = _visible(title.replace("\\", " ").replace("/", " "))
    if titled:
        ending = _ending(cleaned)
        cleaned = titled if titled.lower().endswith(ending.lower()) else titled + ending
    return _shortened(cleaned) or UNNAMED


def _visible(text: str) -> str:
    characters = (
        " " if unicodedata.category(c) in ("Zl", "Zp", "Zs") or c.isspace() else c
        for c in unicodedata.normalize("NFC", text)
        if c in _JOINERS or c.isspace() or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )
    # Dots in front hide a file, dots and spaces behind are lost in some systems.
    return " ".join("".join(characters).split()).strip(". ")


def _ending(name: str) -> str:
    """`.pdf` of `plan.pdf`; nothing where no ending is to be seen."""
    stem, dot, ending = name.rpartition(".")
    is_one = stem and ending and len(ending) < MAX_ENDING_CHARACTERS and " " not in ending
    return dot + ending if is_one else ""


def _shortened(name: str) -> str:
    if len(name) <= MAX_NAME_CHARACTERS:
        return name
    ending = _ending(name)
    stem = name.removesuffix(ending)[: MAX_NAME_CHARACTERS - len(ending)]
    return stem.strip(". ") + ending
