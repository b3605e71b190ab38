"""Uploads become small squares of our own drawing, or are refused."""

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import IO

import pytest
from PIL import Image

from core.pictures import MAX_PIXELS, InvalidPicture, square_picture


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> IO[bytes]:
    stream = BytesIO()
    image.save(stream, form, **options)
    return stream


def png_claiming(width: int, height: int) -> IO[bytes]:
    """A PNG of a few bytes whose header promises many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return BytesIO(b"\x89PNG\r\n\x1a\n" + body)


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB")])
@pytest.mark.parametrize("size", [(900, 300), (20, 700), (1, 1)])
def test_every_picture_becomes_a_square_webp(form: str, mode: str, size: tuple[int, int]) -> None:
    stored = square_picture(encoded(Image.new(mode, size, "teal"), form))
    with Image.open(stored) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 256))
    assert stored.name is not None
    assert Path(stored.name).suffix == ".webp"


def test_metadata_does_not_survive() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Tomas"
    upload = encoded(Image.new("RGB", (300, 300)), "JPEG", exif=exif, comment=b"<script>")
    stored = square_picture(upload).read()
    assert b"Camera of Tomas" not in stored
    assert b"<script>" not in stored
    with Image.open(BytesIO(stored)) as picture:
        assert dict(picture.getexif()) == {}


def test_a_photograph_is_turned_upright() -> None:
    sideways = Image.new("RGB", (256, 256), "white")
    sideways.paste("black", (0, 0, 128, 256))  # left half; top half once turned clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = square_picture(encoded(sideways, "PNG", exif=exif))
    with Image.open(stored) as picture:
        grey = picture.convert("L").tobytes()
    top, bottom = grey[10 * 256 + 128], grey[246 * 256 + 128]
    assert (top < 40, bottom > 215) == (True, True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n damaged",
        encoded(Image.new("RGB", (300, 300), "teal"), "PNG").getvalue()[:200],  # type: ignore[attr-defined]
        encoded(Image.new("RGB", (30, 30)), "GIF").getvalue(),  # type: ignore[attr-defined]
        encoded(Image.new("RGB", (30, 30)), "BMP").getvalue(),  # type: ignore[attr-defined]
    ],
)
def test_what_is_no_picture_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidPicture, match=r"cannot be read\. Choose a PNG, JPEG or WebP"):
        square_picture(BytesIO(content))


@pytest.mark.parametrize("side", [12_000, 20_000, 60_000])
def test_a_bomb_is_refused_before_it_goes_off(side: int) -> None:
    assert side * side > MAX_PIXELS
    with pytest.raises(InvalidPicture):
        square_picture(png_claiming(side, side))


def test_too_many_pixels_are_told() -> None:
    with pytest.raises(InvalidPicture, match="too many pixels"):
        square_picture(png_claiming(8_000, 7_000))
