"""What a file is, as its content says: neither its name nor who sent it is believed."""

import codecs
import re
import warnings
import zipfile
from dataclasses import dataclass
from typing import IO, Any

import puremagic
from PIL import Image, UnidentifiedImageError

HEAD_BYTES = 64 * 1024
"""So much is looked at to tell text from other things."""

PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
"""What browsers show and cannot run: no SVG among them."""

_SHOWN_AS = {**PICTURES, "MPO": PICTURES["JPEG"]}
"""Pillow calls a JPEG with a second picture behind it, as many telephones make them, MPO."""

MAX_PIXELS = 50_000_000
"""A picture that claims more is a file like any other: no page shows it."""

UNKNOWN, TEXT, ZIP = "application/octet-stream", "text/plain", "application/zip"

_BY_ENDING = {"md": "text/markdown", "markdown": "text/markdown", "csv": "text/csv"}
"""Text alone says no more than that it is text."""

_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT = re.compile(r"application/vnd\.oasis\.opendocument\.[a-z0-9.+-]+")
_ALLOWED = ("application/", "audio/", "font/", "video/")
_TURN, _SIDEWAYS = 0x0112, (5, 6, 7, 8)
"""What a camera says of how it was held, and when width is height."""

MAX_DIRECTORY_BYTES = 512 * 1024
"""Of the names in an archive, each of at least 47 bytes: `zipfile` makes an object of each, and
half a million take seconds. A document has a few dozen."""

_SURE = 0.3
"""Less certain answers are guesses by a few common bytes."""


class _LargeDirectoryError(Exception):
    """An archive of more names than any document has."""


class _LittleAtOnce:
    """A file for `zipfile`, which reads an archive's directory at once, however large."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content

    def read(self, size: int = -1) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise _LargeDirectoryError
        return self._content.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)


@dataclass(frozen=True)
class Sniffed:
    """A media type; of pictures also how large they are, in pixels."""

    mime_type: str
    width: int | None = None
    height: int | None = None


def sniff(content: IO[bytes], name: str) -> Sniffed:
    """What the content is. The name decides only which kind of text a text is."""
    picture = _picture(content)
    if picture is not None:
        return picture
    content.seek(0)
    head = content.read(HEAD_BYTES)
    if head.startswith(b"%PDF-"):
        return Sniffed("application/pdf")
    if head.startswith(b"PK"):
        return Sniffed(_packed(content))
    if is_text(head, is_cut_off=len(head) == HEAD_BYTES):
        return Sniffed(_BY_ENDING.get(name.rpartition(".")[2].lower(), TEXT))
    return Sniffed(_by_magic(head))


def is_text(head: bytes, *, is_cut_off: bool = False) -> bool:
    """Whether it is UTF-8 without control characters; the end of a part may break a letter."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=not is_cut_off)
    except UnicodeDecodeError:
        return False
    return not any(c < " " and c not in "\t\n\r\f\x1b" for c in text)


def _picture(content: IO[bytes]) -> Sniffed | None:
    content.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture: Any = Image.open(content, formats=[*PICTURES])
            mime_type = _SHOWN_AS[picture.format]
            is_jpeg = mime_type == PICTURES["JPEG"]
            is_turned = is_jpeg and picture.getexif().get(_TURN) in _SIDEWAYS
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        return None  # Pillow's readers say "damaged" in all these ways
    width, height = reversed(picture.size) if is_turned else picture.size
    if not 0 < width * height <= MAX_PIXELS:
        return None
    return Sniffed(mime_type, width, height)


def _packed(content: IO[bytes]) -> str:
    """What a ZIP archive is the wrapping of; nothing of it is unpacked but a word."""
    file: Any = _LittleAtOnce(content)
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if "[Content_Types].xml" in names:
                tops = {name.partition("/")[0] + "/" for name in names}
                return next((_OFFICE[top] for top in _OFFICE if top in tops), ZIP)
            said = _said(archive) if "mimetype" in names else ""
            return said if _OPEN_DOCUMENT.fullmatch(said) else ZIP
    except _LargeDirectoryError:
        return ZIP
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError, EOFError):
        return UNKNOWN


def _said(archive: zipfile.ZipFile) -> str:
    """What an OpenDocument says that it is: stored as it is, by its standard. What is packed is
    not unpacked here, where one read would take however much memory it unpacks to."""
    part = archive.getinfo("mimetype")
    if part.compress_type != zipfile.ZIP_STORED or max(part.file_size, part.compress_size) > 100:
        return ""
    return archive.read(part).decode("ascii", "replace").strip()


def _by_magic(head: bytes) -> str:
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    for match in found:
        mime_type: str = match.mime_type.lower()
        if match.confidence >= _SURE and mime_type.startswith(_ALLOWED):
            return mime_type
    return UNKNOWN
