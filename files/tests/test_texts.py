"""The words of documents: read in a process of its own, within limits, whatever they are."""

import random
import zipfile
from collections.abc import Callable
from io import BytesIO
from xml.parsers.expat import ExpatError

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from files import texts
from files.actions.texts import keep_text
from files.models import FileText, StoredFile
from files.tests.documents import docx, odt, packed, pdf, pptx, xlsx
from files.texts import PDF, SHEET, SLIDES, WORD, UnreadableError, text_of
from rooms.models import Room

ODT = "application/vnd.oasis.opendocument.text"
Upload = Callable[..., StoredFile]


@pytest.mark.parametrize(
    ("content", "mime_type", "text"),
    [
        (
            b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe,\n\n  all\tof\x00 you",
            "text/plain",
            "Grüße, all of you",
        ),
        (b"a,b\r\nc,d", "text/csv", "a,b c,d"),
        (docx("Migration plan", "Step one"), WORD, "Migration plan Step one"),
        (xlsx("Budget", "Total &amp; more"), SHEET, "Budget Total & more"),
        (pptx("Kick-off", "Next steps"), SLIDES, "Kick-off Next steps"),
        (odt("Minutes <b>of</b> the", "meeting"), ODT, "Minutes of the meeting"),
        (pdf("Order import", "Page two"), PDF, "Order import Page two"),
    ],
)
def test_words_are_read(content: bytes, mime_type: str, text: str) -> None:
    assert text_of(BytesIO(content), mime_type) == text


def test_a_pdf_that_asks_for_no_password_is_read_and_others_are_not() -> None:
    with pytest.raises(UnreadableError):
        text_of(BytesIO(pdf("Secret", password="x")), PDF)


def test_only_the_beginning_of_what_is_long_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_CHARACTERS", 12)
    assert text_of(BytesIO(b"one two three four five"), "text/plain") == "one two thre"
    assert text_of(BytesIO(docx("one two", "three four", "five")), WORD) == "one two thre"
    monkeypatch.setattr(texts, "MAX_PAGES", 1)
    assert text_of(BytesIO(pdf("One", "Two")), PDF) == "One"


def test_bombs_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_UNPACKED_BYTES", 1_000)
    with pytest.raises(UnreadableError):
        text_of(BytesIO(docx("x" * 2_000)), WORD)
    entities = '<!DOCTYPE d [<!ENTITY a "aaaaaaaa">]><d xmlns:text="x"><text:p>&a;</text:p></d>'
    with pytest.raises(UnreadableError):
        text_of(BytesIO(packed(content=entities)), ODT)


@pytest.mark.parametrize("mime_type", [PDF, WORD, ODT])
def test_what_is_damaged_raises_and_does_not_hang(mime_type: str) -> None:
    whole = {PDF: pdf("Order import"), WORD: docx("Plan"), ODT: odt("Plan")}[mime_type]
    chance = random.Random(1)
    for _ in range(30):
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            assert isinstance(text_of(BytesIO(damaged), mime_type), str)
        except (ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError):
            pass
        except (UnreadableError, zipfile.BadZipFile, ExpatError, EOFError):
            pass
        except Exception as error:
            assert type(error).__module__.startswith(("pypdf", "zlib"))  # noqa: PT017


def test_of_too_many_words_the_beginning_is_kept(
    client_user: User, room: Room, upload: Upload, system: User
) -> None:
    kept = upload(client_user, room)
    text = " ".join(f"{n:06d}" for n in range(140_000))
    keep_text(actor=system, file=kept, text=text)
    row = FileText.objects.get(file=kept)
    assert (row.state, len(row.text)) == ("read", len(text) // 2)
    assert text.startswith(row.text)


def test_another_failure_of_the_database_is_told(
    client_user: User, room: Room, upload: Upload, system: User
) -> None:
    kept, words = upload(client_user, room), " ".join(f"{n}" for n in range(90_000))

    def keep_in_no_time() -> None:
        with transaction.atomic():  # which takes the setting back
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 1")
            keep_text(actor=system, file=kept, text=words)

    with pytest.raises(OperationalError, match="canceling statement"):
        keep_in_no_time()
