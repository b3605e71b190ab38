"""The words of documents: read in a process of its own, within limits, whatever they are."""

import random
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.parsers.expat import ExpatError

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import User
from core.models import Errand, Event
from files import reading, texts
from files.actions.texts import keep_text
from files.models import FileText, StoredFile
from files.reading import read_words
from files.tasks import read_document
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


@pytest.fixture
def text_after(system: User) -> Callable[[StoredFile], tuple[str, str]]:
    """State and words once the errand of its upload is done."""

    def work(file: StoredFile) -> tuple[str, str]:
        errand = Errand.objects.filter(name="files.tasks.read_document").latest("pk")
        assert errand.event.data["file_id"] == str(file.pk)
        for _ in range(2):  # a second time there is nothing to do
            read_document(errand.event)
        kept = FileText.objects.get(file=file)
        return kept.state, kept.text

    return work


Work = Callable[[StoredFile], tuple[str, str]]


@pytest.mark.parametrize(
    ("name", "content", "state", "text"),
    [
        ("plan.pdf", pdf("Order import"), "read", "Order import"),
        ("plan.docx", docx("Order import"), "read", "Order import"),
        ("plan.txt", b"Order import", "read", "Order import"),
        ("plan.pdf", pdf("Order import", password="x"), "unreadable", ""),
        ("plan.pdf", b"%PDF-1.7 and nothing behind it", "unreadable", ""),
        ("plan.bin", b"\0\1\2", "none", ""),
    ],
)
def test_the_errand_of_an_upload_reads_it(
    client_user: User, room: Room, upload: Upload, text_after: Work,
    name: str, content: bytes, state: str, text: str,
) -> None:  # fmt: skip
    assert text_after(upload(client_user, room, name, content)) == (state, text)


def test_one_that_takes_too_long_is_given_up(
    client_user: User, room: Room, upload: Upload, text_after: Work,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    (slow := tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(reading, "PROGRAM", slow)
    monkeypatch.setattr(reading, "MAX_SECONDS", 0.2)
    assert text_after(upload(client_user, room)) == ("unreadable", "")


def test_one_that_takes_too_much_memory_is_given_up(
    client_user: User, room: Room, upload: Upload, text_after: Work,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    source = Path(texts.__file__).read_text()
    (greedy := tmp_path / "greedy.py").write_text(
        source.replace("text = text_of(sys.stdin.buffer, sys.argv[1])", 'text = "x" * 2**31')
    )
    monkeypatch.setattr(reading, "PROGRAM", greedy)
    assert text_after(upload(client_user, room)) == ("unreadable", "")


def test_what_is_gone_is_not_read(client_user: User, room: Room, upload: Upload) -> None:
    kept = upload(client_user, room)
    StoredFile.objects.filter(pk=kept.pk).update(deleted_at="2026-01-01T00:00Z")
    read_document(Event.objects.filter(name="FileUploaded").latest("pk"))
    assert FileText.objects.get(file=kept).state == "waiting"


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


def test_the_storage_being_away_is_no_answer(
    client_user: User, room: Room, upload: Upload, media: Path
) -> None:
    kept = upload(client_user, room)
    (media / str(kept.content)).unlink()
    with pytest.raises(FileNotFoundError):
        read_words(kept)
