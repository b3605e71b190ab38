"""Small square pictures: what somebody uploads is drawn anew before it is stored."""

import uuid
import warnings
from io import BytesIO
from typing import IO, Any

from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ActionError

SIDE_PIXELS = 256
"""Four times the largest face on the pages (64 px): sharp on every screen."""

MAX_PIXELS = 50_000_000
"""A camera's 48 megapixels; a bomb claims more than it can hold."""

FORMATS = ("PNG", "JPEG", "WEBP")


class InvalidPicture(ActionError):
    """The upload is not a picture that can be shown."""

    code = "invalid_picture"
    detail = "This picture cannot be read. Choose a PNG, JPEG or WebP picture."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, field="picture")


def square_picture(upload: IO[bytes]) -> "ContentFile[bytes]":
    """The middle of a picture as a square WebP without metadata, under a name of its own.

    Nothing of the uploaded bytes survives, so neither a place in EXIF nor a script in a comment
    does. Raises `InvalidPicture` for what is not a PNG, JPEG or WebP, is damaged or is too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            square = _read(upload)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidPicture from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        # Pillow's decoders say "damaged" in all these ways.
        raise InvalidPicture from None
    stored = BytesIO()
    square.save(stored, "WEBP", quality=85, method=4)
    return ContentFile(stored.getvalue(), name=f"{uuid.uuid4().hex}.webp")


def _read(upload: IO[Any]) -> Image.Image:
    upload.seek(0)
    with Image.open(upload, formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidPicture("This picture has too many pixels. Choose a smaller one.")
        if picture.format == "JPEG":
            # Decodes at a fraction of the size: a 48-megapixel photograph takes milliseconds.
            picture.draft("RGB", (SIDE_PIXELS * 2, SIDE_PIXELS * 2))
        upright = ImageOps.exif_transpose(picture)
        square = ImageOps.fit(upright.convert("RGBA"), (SIDE_PIXELS, SIDE_PIXELS))
    clean = Image.new("RGBA", square.size)
    clean.paste(square)
    return clean
