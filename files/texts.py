"""The words of documents, read in a process of its own: `python files/texts.py TYPE < document`.

Documents come from anybody, and their readers can be led to take all memory or time there is. So
`files.reading` starts this as a program, which limits itself and can be stopped; it imports nothing
of ours. It writes the text, in UTF-8, and ends with `UNREADABLE` where there is none to be had.
"""

import os
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import IO
from xml.parsers import expat  # documents with a DTD are refused, so nothing expands

MAX_CHARACTERS = 1_000_000
MAX_PAGES = 2_000
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
"""Of all parts of an office document together, however small it is packed."""

MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_PROCESSOR_SECONDS = 10
UNREADABLE = 3

OFFICE = "application/vnd.openxmlformats-officedocument."
WORD = f"{OFFICE}wordprocessingml.document"
SHEET = f"{OFFICE}spreadsheetml.sheet"
SLIDES = f"{OFFICE}presentationml.presentation"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
PDF = "application/pdf"
PLAIN = ("text/plain", "text/markdown", "text/csv")

_PARTS = {
    WORD: re.compile(r"word/(document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml"),
    SHEET: re.compile(r"xl/(sharedStrings|worksheets/[^/]+)\.xml"),
    SLIDES: re.compile(r"ppt/(slides|notesSlides)/[^/]+\.xml"),
}
_OPEN_PARTS = re.compile(r"content\.xml")

# Local names: where text stands, and what parts words. In a sheet `t` is text and `v` a number.
_TEXT_IN, _OPEN_TEXT_IN = frozenset({"t"}), frozenset({"p", "h"})
_PARTING = frozenset({"p", "h", "si", "is", "tr", "row", "br", "cr", "tab", "s", "line-break"})

_LEFT_OUT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")


class UnreadableError(Exception):
    """It is damaged, encrypted, or not what it seems."""


def has_words(mime_type: str) -> bool:
    """Whether documents of this kind can be read."""
    known = (*PLAIN, PDF, *_PARTS)
    return mime_type in known or mime_type.startswith(OPEN_DOCUMENT)


def text_of(content: IO[bytes], mime_type: str) -> str:
    """The words of a document, parted by single spaces; cut off after `MAX_CHARACTERS`.

    Raises `UnreadableError`, and whatever a reader raises on what is damaged.
    """
    pieces, length = [], 0
    for piece in _pieces(content, mime_type):
        plain = " ".join(_LEFT_OUT.sub(" ", piece).split())
        if not plain:
            continue
        pieces.append(plain)
        length += len(plain) + 1
        if length > MAX_CHARACTERS:
            break
    return " ".join(pieces)[:MAX_CHARACTERS]


def _pieces(content: IO[bytes], mime_type: str) -> Iterator[str]:
    if mime_type == PDF:
        return _of_pdf(content)
    if mime_type in PLAIN:
        # A letter is at most four bytes.
        return iter([content.read(4 * MAX_CHARACTERS).decode("utf-8-sig", "ignore")])
    parts = _PARTS.get(mime_type, _OPEN_PARTS)
    return _of_archive(content, parts, _TEXT_IN if mime_type in _PARTS else _OPEN_TEXT_IN)


def _of_pdf(content: IO[bytes]) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(content)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableError
    for number, page in enumerate(reader.pages):
        if number >= MAX_PAGES:
            return
        yield page.extract_text()


def _of_archive(
    content: IO[bytes], parts: re.Pattern[str], text_in: frozenset[str]
) -> Iterator[str]:
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(content) as archive:
        for part in archive.infolist():
            if not parts.fullmatch(part.filename):
                continue
            left -= part.file_size  # as it claims; zipfile unpacks no more than that
            if left < 0:
                raise UnreadableError
            with archive.open(part) as opened:
                yield from _of_xml(opened, text_in)


def _of_xml(content: IO[bytes], text_in: frozenset[str]) -> Iterator[str]:
    """What is written in elements of these names, bit by bit."""
    said: list[str] = []
    depth = 0
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        local = name.rpartition(" ")[2]
        if local in _PARTING:
            said.append(" ")
        depth += local in text_in

    def end(name: str) -> None:
        nonlocal depth
        local = name.rpartition(" ")[2]
        depth -= local in text_in
        if local in _PARTING:
            said.append(" ")

    def characters(data: str) -> None:
        if depth:
            said.append(data)

    def refuse(*declaration: object) -> None:
        raise UnreadableError

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, refuse
    while chunk := content.read(64 * 1024):
        parser.Parse(chunk)
        # Cut where words are parted, or one of them would be two.
        if said and said[-1] == " ":
            yield "".join(said)
            said.clear()
    parser.Parse(b"", True)
    yield "".join(said)


def limit_oneself() -> None:
    """What this process may take of the machine, from here on."""
    os.nice(10)
    for what, most in (
        (resource.RLIMIT_AS, MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MAX_PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, 16 * 1024 * 1024),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):  # not every system knows each
            resource.setrlimit(what, (most, most))


def main() -> int:
    """Read the document at standard input; the exit code."""
    limit_oneself()
    try:
        text = text_of(sys.stdin.buffer, sys.argv[1])
    except Exception:  # whatever a reader stumbles over, the document is at fault
        return UNREADABLE
    sys.stdout.buffer.write(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
