"""Documents are read in the background: one at a time, and copies without reading them again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import User
from core.models import Errand, Event
from files import reading, tasks, texts
from files.actions.contents import copy_files
from files.actions.texts import keep_text
from files.models import FileText, StoredFile
from files.reading import read_words
from files.tasks import ENOUGH_SECONDS, READING, read_document, read_waiting
from files.tests.documents import docx, pdf
from rooms.models import Room

Upload = Callable[..., StoredFile]


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


def test_the_storage_being_away_is_no_answer(
    client_user: User, room: Room, upload: Upload, media: Path
) -> None:
    kept = upload(client_user, room)
    (media / str(kept.content)).unlink()
    with pytest.raises(FileNotFoundError):
        read_words(kept)


def texts_of(*files: StoredFile) -> list[tuple[str, str]]:
    rows = FileText.objects.in_bulk([file.pk for file in files])
    return [(rows[file.pk].state, rows[file.pk].text) for file in files]


def copy(actor: User, file: StoredFile) -> StoredFile:
    place: Any = {"kind": file.place_kind, "place_id": file.place_id}
    (made,) = copy_files(actor=actor, ids=[file.pk], **place)
    return made


@contextmanager
def somebody_reading() -> Iterator[None]:
    """Another process is at it."""
    other: Any = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [READING])
        yield
        cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [READING])
    other.close()


def test_one_is_read_at_a_time_and_the_others_have_their_turn(
    client_user: User, room: Room, upload: Upload, text_after: Work
) -> None:
    kept = upload(client_user, room)
    with somebody_reading():
        assert text_after(kept) == ("waiting", "")
        read_waiting()
        assert texts_of(kept) == [("waiting", "")]
    read_waiting()
    assert texts_of(kept) == [("read", "The plan")]
    with somebody_reading():  # nobody kept it
        pass


def test_reading_holds_a_worker_for_half_a_minute_at_most() -> None:
    assert ENOUGH_SECONDS + reading.MAX_SECONDS <= 30 < settings.CELERY_TASK_TIME_LIMIT
    assert texts.MAX_PROCESSOR_SECONDS <= 10


def test_after_some_time_no_further_one_is_begun(
    client_user: User, room: Room, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [upload(client_user, room) for _ in range(3)]
    monkeypatch.setattr(tasks, "ENOUGH_SECONDS", -1.0)
    read_waiting()
    assert min(texts_of(*files)) == ("read", "The plan")
    assert StoredFile.objects.unread().count() == 2


def test_a_copy_has_no_words_until_it_is_given_them_and_is_not_read_again(
    client_user: User, room: Room, upload: Upload, system: User, media: Path
) -> None:
    read, unreadable, other = (upload(client_user, room) for _ in range(3))
    picture = upload(client_user, room, "a.bin", b"\0\1")
    keep_text(actor=system, file=read, text="Something else")
    keep_text(actor=system, file=unreadable, text=None)
    copies = [copy(client_user, file) for file in (read, unreadable, other, picture)]
    assert texts_of(*copies) == [*[("waiting", "")] * 3, ("none", "")]
    for file in (read, unreadable):
        (media / str(file.content)).unlink()
    read_waiting()
    assert texts_of(*copies) == [
        ("read", "Something else"), ("unreadable", ""), ("read", "The plan"), ("none", ""),
    ]  # fmt: skip


def test_what_is_lost_keeps_nobody_from_their_turn_and_is_given_up(
    client_user: User, room: Room, upload: Upload, media: Path
) -> None:
    lost, kept = upload(client_user, room), upload(client_user, room)
    (media / str(lost.content)).unlink()
    read_waiting()
    assert texts_of(lost, kept) == [("waiting", ""), ("read", "The plan")]
    week = timezone.now() - timedelta(days=7, minutes=1)
    StoredFile.objects.filter(pk=lost.pk).update(created_at=week)
    assert not StoredFile.objects.unread().exists()


def test_while_the_storage_is_away_they_wait(
    client_user: User, room: Room, upload: Upload, media: Path
) -> None:
    kept = upload(client_user, room)
    (media / str(kept.content)).unlink()
    (media / str(kept.content)).mkdir()  # any other failure than a file that is not there
    read_waiting()
    assert texts_of(kept) == [("waiting", "")]
