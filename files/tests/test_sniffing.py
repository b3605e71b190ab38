"""What a file is, as its content says."""

import gzip
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from files import sniffing
from files.sniffing import sniff


def picture(form: str, size: tuple[int, int] = (30, 20), **options: object) -> bytes:
    stream = BytesIO()
    Image.new("RGB", size, "teal").save(stream, form, **options)
    return stream.getvalue()


def wrapped(says: bytes, method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive that says what it wraps."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("mimetype", says)
    return stream.getvalue()


def packed(**files: bytes) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = packed(**{"[Content_Types]_xml": b"<x/>"})


@pytest.mark.parametrize(
    ("content", "name", "mime_type"),
    [
        (b"Hello", "a", "text/plain"),
        ("Grüße, 世界".encode(), "a.exe", "text/plain"),
        (b"# Plan", "plan.md", "text/markdown"),
        (b"a,b", "plan.CSV", "text/csv"),
        (b"<script>alert(1)</script>", "a.html", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "text/plain"),
        (b"%PDF-1.7 ...", "a.png", "application/pdf"),
        (b"%PDF-1.7 ...\xff", "a.txt", "application/pdf"),
        (picture("PNG"), "a.txt", "image/png"),
        (picture("JPEG"), "a.txt", "image/jpeg"),
        (picture("GIF"), "a.txt", "image/gif"),
        (picture("WEBP"), "a.txt", "image/webp"),
        (packed(a=b"b"), "a", "application/zip"),
        (packed(**{"[Content_Types]_xml": b"", "word__document_xml": b""}), "a",
         f"{OFFICE}wordprocessingml.document"),
        (packed(**{"[Content_Types]_xml": b"", "xl__workbook_xml": b""}), "a",
         f"{OFFICE}spreadsheetml.sheet"),
        (packed(**{"[Content_Types]_xml": b"", "ppt__presentation_xml": b""}), "a",
         f"{OFFICE}presentationml.presentation"),
        (packed(**{"[Content_Types]_xml": b""}), "a", "application/zip"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.text"), "a",
         "application/vnd.oasis.opendocument.text"),
        (packed(mimetype=b"text/html"), "a", "application/zip"),
        (b"PK\x03\x04 broken", "a", "application/octet-stream"),
        (gzip.compress(b"Hello", mtime=0), "a", "application/x-gzip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a", "application/msword"),
        (b"MZ" + b"\0" * 100, "a.pdf", "application/octet-stream"),
        (b"\0\1\2\3", "a.pdf", "application/octet-stream"),
        (b"\x89PNG\r\n\x1a\n broken", "a", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_decides(content: bytes, name: str, mime_type: str) -> None:
    assert sniff(BytesIO(content), name).mime_type == mime_type


def test_of_a_picture_the_size_is_known() -> None:
    found = sniff(BytesIO(picture("PNG")), "a")
    assert (found.width, found.height) == (30, 20)
    turned = Image.Exif()
    turned[0x0112] = 6
    found = sniff(BytesIO(picture("JPEG", exif=turned)), "a")
    assert (found.width, found.height) == (20, 30)


def test_a_picture_that_claims_too_much_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sniffing, "MAX_PIXELS", 599)
    assert sniff(BytesIO(picture("PNG")), "a").width is None


def test_a_letter_at_the_end_of_what_is_looked_at_is_no_damage() -> None:
    content = b"a" + "ü".encode() * sniffing.HEAD_BYTES
    assert sniff(BytesIO(content), "a").mime_type == "text/plain"
    assert sniff(BytesIO(b"\xc3"), "a").mime_type == "application/octet-stream"


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8"]),
)
def test_whatever_is_in_it_it_is_something(content: bytes, start: bytes) -> None:
    assert "/" in sniff(BytesIO(start + content), "a").mime_type


@pytest.mark.parametrize("is_zip64", [False, True])
def test_of_an_archive_with_very_many_names_none_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, is_zip64: bool
) -> None:
    stream = BytesIO()
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 100 if is_zip64 else 65_535)
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("word/document.xml", "")
        for number in range(10_500):
            archive.writestr(f"{number}", "")
    monkeypatch.delattr(zipfile, "ZipInfo")  # what is made of each name
    assert sniff(stream, "a.docx").mime_type == sniffing.ZIP


TEXT = b"application/vnd.oasis.opendocument.text"


def test_what_an_open_document_says_is_never_unpacked() -> None:
    """A few hundred bytes may unpack to gigabytes, whatever size they claim."""
    assert sniff(BytesIO(wrapped(TEXT)), "a.odt").mime_type == TEXT.decode()
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert sniff(BytesIO(wrapped(TEXT, method)), "a.odt").mime_type == sniffing.ZIP
    assert sniff(BytesIO(wrapped(TEXT + b"x" * 100)), "a.odt").mime_type == sniffing.ZIP


@pytest.mark.parametrize("odd", [b"\0", b"\n", b"<", b" ", b"\xff"])
def test_it_says_so_in_the_letters_of_media_types(odd: bytes) -> None:
    found = sniff(BytesIO(wrapped(TEXT + odd + b"x")), "a.odt")
    assert found.mime_type == sniffing.ZIP


def test_a_telephones_picture_with_a_second_one_behind_it_is_a_jpeg() -> None:
    stream, one = BytesIO(), Image.new("RGB", (30, 20))
    one.save(stream, "MPO", save_all=True, append_images=[one.copy()])
    assert sniff(stream, "phone.jpg") == sniffing.Sniffed("image/jpeg", 30, 20)
