"""Finding files: by their names, by what is in them, and messages by having some."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from files.actions.texts import keep_text
from files.models import FileText, StoredFile
from files.tasks import read_waiting
from messaging.actions.contacts import open_direct
from messaging.actions.conversations import remove_member
from messaging.actions.forwarding import forward_message
from messaging.actions.messages import delete_message
from messaging.models import Message
from messaging.queries.search import candidates
from messaging.queries.search.results import Hit, search
from rooms.models import Room
from tests.api import signed_in

Say = Callable[..., Message]
Share = Callable[..., Message]
every_way = pytest.mark.parametrize("is_little", [10_000, -1])


@pytest.fixture
def share(upload: Callable[..., StoredFile], say: Say, system: User, room: Room) -> Share:
    """`share(person, "plan.pdf", "what is in it", "words beside it")`"""

    def send(actor: User, name: str, text: str = "", body: str = "") -> Message:
        file = upload(actor, room, name)
        keep_text(actor=system, file=file, text=text)
        return say(actor, room, body, attachments=[file.pk])

    return send


@pytest.fixture
def shared(share: Share, say: Say, client_user: User, consultant: User, room: Room) -> None:
    """Three files, one with words beside it, and a message without any."""
    share(client_user, "Quarterly_report-2026.pdf", "Revenue grew in the north")
    share(consultant, "budget.xlsx", "Travel, hotel, revenue", "Here is the budget you wanted")
    share(consultant, "Übersicht.txt", "Die Größe der Anlage")
    say(client_user, room, "What about the hotel?")


def found(user: User, text: str) -> list[str]:
    """Names of files and words of messages, in order of the alphabet."""
    hits = search(user, text).hits
    return sorted(hit.file.name if hit.file else hit.message.gist for hit in hits if hit.message)


@every_way
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("quarter", ["Quarterly_report-2026.pdf"]),
        ('"report 2026"', ["Quarterly_report-2026.pdf"]),
        ("pdf", ["Quarterly_report-2026.pdf"]),
        ("revenue", ["Quarterly_report-2026.pdf", "budget.xlsx"]),
        ('"grew in the north"', ["Quarterly_report-2026.pdf"]),
        ("quarter north", ["Quarterly_report-2026.pdf"]),
        ("uber grosse", []),
        ("ubersicht größe", ["Übersicht.txt"]),
        ("hotel", ["What about the hotel?", "budget.xlsx"]),
        ("budget", ["Here is the budget you wanted", "budget.xlsx"]),
        ("has:file budget", ["Here is the budget you wanted", "budget.xlsx"]),
        ("has:file hotel", ["budget.xlsx"]),
        (
            "has:file",
            [
                "File: Quarterly_report-2026.pdf", "File: Übersicht.txt",
                "Here is the budget you wanted",
            ],
        ),
        ("has:file from:me", ["File: Quarterly_report-2026.pdf"]),
        ("revenue from:me", ["Quarterly_report-2026.pdf"]),
        ("revenue from:mara in:order", ["budget.xlsx"]),
        ("revenue in:elsewhere", []),
        ("revenue has:link", []),
        ("revenue on:today", ["Quarterly_report-2026.pdf", "budget.xlsx"]),
        ("revenue before:today", []),
        ("revenue after:today", []),
        ("nothing", []),
    ],
)  # fmt: skip
def test_what_is_found(
    shared: None, client_user: User, monkeypatch: pytest.MonkeyPatch,
    is_little: int, text: str, names: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    assert found(client_user, text) == names


@every_way
def test_access_counts_when_it_is_looked_for(
    shared: None, client_user: User, outsider: User, staff: User, room: Room, system: User,
    monkeypatch: pytest.MonkeyPatch, is_little: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    for user in (outsider, staff):
        assert found(user, "revenue") == found(user, "has:file") == []
    place = room.conversation.members.filter(user=client_user)
    place.update(cleared_seq=Message.objects.filter(files__isnull=False).order_by("seq")[0].seq)
    assert found(client_user, "revenue") == ["budget.xlsx"]
    remove_member(actor=system, conversation=room.conversation, user=client_user)
    assert found(client_user, "revenue") == []


def test_what_is_not_sent_or_is_deleted_is_not_found(
    client_user: User, room: Room, upload: Any, share: Share
) -> None:
    upload(client_user, room, "secret.txt")
    gone = share(client_user, "secret.pdf", "secret words")
    assert found(client_user, "secret") == ["secret.pdf"]
    delete_message(actor=client_user, message=gone)
    assert found(client_user, "secret") == found(client_user, "has:file") == []
    assert FileText.objects.filter(name="secret.pdf").count() == 0


def test_a_copy_is_found_where_it_is(
    client_user: User, consultant: User, room: Room, share: Share
) -> None:
    message = share(client_user, "plan.pdf", "the annual revenue")
    talk = open_direct(actor=consultant, other=client_user)
    forward_message(actor=consultant, message=message, conversation=talk)
    assert found(consultant, "plan") == ["plan.pdf", "plan.pdf"]
    read_waiting()
    assert found(consultant, "revenue") == ["plan.pdf", "plan.pdf"]
    delete_message(actor=client_user, message=message)
    assert found(consultant, "revenue") == ["plan.pdf"]


def test_a_copy_is_found_though_nobody_had_read_what_it_is_a_copy_of(
    client_user: User, consultant: User, room: Room, upload: Any, say: Say
) -> None:
    file = upload(client_user, room, "plan.txt", b"the annual revenue")
    message = say(client_user, room, "", attachments=[file.pk])
    talk = open_direct(actor=consultant, other=client_user)
    forward_message(actor=consultant, message=message, conversation=talk)
    delete_message(actor=client_user, message=message)
    read_waiting()
    assert found(consultant, "revenue") == ["plan.txt"]


def only(user: User, text: str) -> Hit:
    (hit,) = search(user, text).hits
    return hit


def marked(pieces: Any) -> str:
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in pieces)


def test_what_is_shown_of_a_file(client_user: User, share: Share) -> None:
    long = "lorem ipsum dolor sit " * 5_000
    share(client_user, "quarterly-report.pdf", f"{long} the Revenue of north {long}", "Look here")
    hit = only(client_user, "reven")
    assert (hit.kind, marked(hit.name)) == ("file", "quarterly-report.pdf")
    assert "the [Revenue] of north" in marked(hit.pieces)
    assert len(marked(hit.pieces)) < 300
    hit = only(client_user, "quart")
    assert (marked(hit.name), marked(hit.pieces)) == ("[quarterly]-report.pdf", "Look here")


def test_a_beginning_is_looked_for_before_what_is_within(client_user: User, share: Share) -> None:
    share(client_user, "a.txt", "party " * 1_000 + "modern art")
    assert "modern [art]" in marked(only(client_user, "art").pieces)


def test_a_file_that_went_between_the_questions_is_not_shown(
    client_user: User, share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    share(client_user, "plan.pdf", "the annual revenue")
    ask = candidates.candidates

    def ask_and_forget(*args: Any) -> Any:
        answer = ask(*args)
        FileText.objects.all().delete()
        return answer

    monkeypatch.setattr("messaging.queries.search.results.candidates", ask_and_forget)
    assert found(client_user, "revenue") == []


def test_newer_ones_stand_before_older_ones(client_user: User, share: Share, system: User) -> None:
    for name in ("one.txt", "two.txt"):
        share(client_user, name, "the annual revenue")
    old = Message.objects.filter(files__0__name="two.txt")
    old.update(created_at=timezone.now() - timedelta(days=60))
    names = [hit.file and hit.file.name for hit in search(client_user, "revenue").hits]
    assert names == ["one.txt", "two.txt"]


@every_way
def test_of_more_files_than_are_looked_at_one_is_told(
    shared: None, client_user: User, monkeypatch: pytest.MonkeyPatch, is_little: int
) -> None:
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    assert not search(client_user, "revenue").is_cut_off
    monkeypatch.setattr(candidates, "MOST_FILES", 1)
    assert found(client_user, "revenue") == ["budget.xlsx"]
    assert search(client_user, "revenue").is_cut_off


@every_way
def test_the_number_of_questions_does_not_grow(
    shared: None, client_user: User, share: Share, monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries, is_little: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    for number in range(20):
        share(client_user, f"{number}.txt", "revenue")
    with django_assert_max_num_queries(9):
        assert search(client_user, "revenue").total == 22


def test_the_page_shows_it_and_leads_to_its_message(
    shared: None, client_user: User, client: Client
) -> None:
    client.force_login(client_user)
    html = client.get("/inbox/search/", {"q": "quarter north"}).content.decode()
    message = Message.objects.get(files__0__name="Quarterly_report-2026.pdf")
    assert f'href="/messages/{message.pk}/"' in html
    assert "<mark>Quarterly</mark>_report-2026.pdf" in html
    assert "Revenue grew in the <mark>north</mark>" in html


def test_the_api_answers_the_same(shared: None, client_user: User) -> None:
    (hit,) = signed_in(client_user).get("/api/search/", {"q": "quarter"}).json()["results"]
    message = Message.objects.get(files__0__name="Quarterly_report-2026.pdf")
    file = message.shown_files[0]
    assert (hit["kind"], hit["id"], hit["message"], hit["seq"]) == (
        "file", file.id, str(message.pk), message.seq,
    )  # fmt: skip
    assert hit["file"]["name"] == file.name
    assert hit["file"]["url"] == f"/api/files/{file.id}/download/"
