"""Finding what was said: what is found, by whom, in which order, on the page and in the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from messaging.actions.conversations import open_conversation, remove_member, set_member
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.models import Conversation, ConversationKind, ConversationMember, MemberRole, Message
from messaging.queries.search import candidates
from messaging.queries.search.results import MAX_CONVERSATIONS, PAGE_SIZE, search
from rooms.models import Room
from tests.api import signed_in

pytestmark = pytest.mark.django_db

Say = Callable[..., Message]
OWN, MUCH = 10_000, -1
every_way = pytest.mark.parametrize("is_little", [OWN, MUCH])


def found(user: User, text: str) -> list[str]:
    """The words of the messages that are found."""
    return [hit.message.body for hit in search(user, text).hits if hit.message]


@pytest.fixture
def talk(room: Room, client_user: User, consultant: User, say: Say) -> dict[str, Message]:
    """What was said in the room, by its first word."""
    said = [
        say(client_user, room, "Consultation about the budget for next week"),
        say(consultant, room, "Budget numbers are at https://example.test/budget"),
        say(client_user, room, "Zürich is **fine**, next time in a week"),
    ]
    return {message.body.split()[0]: message for message in said}


@pytest.fixture
def direct(system: User, client_user: User, consultant: User) -> Conversation:
    """A conversation of the two without a title."""
    talk = open_conversation(actor=system, kind=ConversationKind.DIRECT, title="")
    for user in (client_user, consultant):
        set_member(actor=system, conversation=talk, user=user, role=MemberRole.MEMBER)
    return talk


@every_way
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("consul", ["Consultation"]),
        ("CONSULTATION budget", ["Consultation"]),
        ("consultations", []),
        ('"next week"', ["Consultation"]),
        ('"week next"', []),
        ("next week", ["Consultation", "Zürich"]),
        ("zurich", ["Zürich"]),
        ("example budget", ["Budget"]),
        ("con bud", ["Consultation"]),
        ("con budget", ["Consultation"]),
        ("from:me", ["Consultation", "Zürich"]),
        ("from:lindq", ["Budget"]),
        ("from:me from:mara budget", ["Budget", "Consultation"]),
        ('from:"Mara Lindqvist" budget', ["Budget"]),
        ("has:link", ["Budget"]),
        ("has:link budget", ["Budget"]),
        ("has:link fine", []),
        ("has:file budget", []),
        ("HAS FILE", []),
        ("in:order", ["Budget", "Consultation", "Zürich"]),
        ("in:elsewhere budget", []),
        ("from:nobody budget", []),
        ("on:today budget", ["Budget", "Consultation"]),
        ("before:today budget", []),
        ("after:yesterday budget", ["Budget", "Consultation"]),
        ("after:today budget", []),
        ("HAS LINK", []),
        ("", []),
    ],
)
def test_what_is_found(
    talk: dict[str, Message], client_user: User, monkeypatch: pytest.MonkeyPatch,
    is_little: int, text: str, words: list[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    assert sorted(body.split()[0] for body in found(client_user, text)) == words


@every_way
def test_what_one_may_not_read_is_not_found(
    talk: dict[str, Message], outsider: User, colleague: User, staff: User, client_user: User,
    room: Room, monkeypatch: pytest.MonkeyPatch, is_little: int, system: User,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    for user in (outsider, colleague, staff):
        assert search(user, "budget").total == search(user, "order").total == 0
    assert found(client_user, "budget")
    remove_member(actor=system, conversation=room.conversation, user=client_user)
    assert search(client_user, "budget").total == 0
    assert search(client_user, "order").total == 0


def test_access_that_is_taken_between_the_questions_counts(
    talk: dict[str, Message], client_user: User, room: Room, system: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    ask = candidates.candidates

    def ask_and_remove(*args: Any) -> Any:
        answer = ask(*args)
        remove_member(actor=system, conversation=room.conversation, user=client_user)
        return answer

    monkeypatch.setattr("messaging.queries.search.results.candidates", ask_and_remove)
    assert search(client_user, "order budget").hits == search(client_user, "budget").hits == []


@every_way
def test_only_the_wording_of_now_is_found(
    talk: dict[str, Message], client_user: User, consultant: User,
    monkeypatch: pytest.MonkeyPatch, is_little: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    edit_message(actor=consultant, message=talk["Budget"], body="Figures come later")
    assert found(client_user, "numbers") == found(client_user, "has:link") == []
    assert found(client_user, "figures") == ["Figures come later"]
    delete_message(actor=client_user, message=talk["Consultation"])
    assert found(client_user, "consultation") == []
    assert len(found(client_user, "from:me")) == 1


def test_lines_of_the_system_are_not_found(talk: dict[str, Message], client_user: User) -> None:
    line = Message.objects.filter(message_type="system").earliest("seq")
    assert found(client_user, f'"{line.body}"') == []


@every_way
def test_what_was_deleted_for_oneself_is_not_found(
    talk: dict[str, Message], client_user: User, consultant: User, room: Room,
    monkeypatch: pytest.MonkeyPatch, is_little: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    place = ConversationMember.objects.filter(conversation=room.conversation, user=client_user)
    place.update(cleared_seq=talk["Budget"].seq)
    assert found(client_user, "budget") == []
    assert found(client_user, "next") == [talk["Zürich"].body]
    assert [hit.kind for hit in search(client_user, "order").hits] == ["conversation"]
    place.update(cleared_seq=talk["Zürich"].seq)
    assert search(client_user, "order").hits == []
    assert len(found(consultant, "budget")) == 2


def test_conversations_are_found_by_title_and_by_who_is_in_them(
    talk: dict[str, Message], direct: Conversation, room: Room, client_user: User, consultant: User
) -> None:
    (hit,) = search(client_user, "ORDER plan").hits
    assert (hit.kind, hit.conversation, hit.place) == ("conversation", room.conversation, room.name)
    assert [piece.text for piece in hit.pieces if piece.is_match] == ["Order", "plan"]
    (hit,) = search(client_user, "mara lindqvist").hits
    assert (hit.conversation, hit.place) == (direct, "Mara Lindqvist")
    assert search(client_user, "tomas").hits == []  # nobody finds all they are in by their own name
    (hit,) = search(consultant, "okafor").hits
    assert hit.place == "Tomas Okafor"
    send_message(actor=client_user, conversation=direct, body="A private budget")
    assert found(client_user, "in:mara budget") == ["A private budget"]
    assert len(found(client_user, "in:mara in:order budget")) == 3


def test_a_conversation_of_nobody_else_has_a_name(
    direct: Conversation, client_user: User, consultant: User, system: User
) -> None:
    send_message(actor=client_user, conversation=direct, body="Alone")
    remove_member(actor=system, conversation=direct, user=consultant)
    (hit,) = search(client_user, "alone").hits
    assert hit.place == "Conversation"


def test_only_some_conversations_are_named(make_room: Any, client_user: User) -> None:
    for number in range(MAX_CONVERSATIONS + 1):
        make_room(f"Workshop {number}")
    hits = search(client_user, "workshop").hits
    assert [hit.kind for hit in hits] == ["conversation"] * MAX_CONVERSATIONS


def test_names_that_nobody_has_are_said(talk: dict[str, Message], client_user: User) -> None:
    assert search(client_user, "from:zoe budget").query.notes == [
        "Nobody called “zoe” is in a conversation of yours."
    ]
    assert search(client_user, "in:zoe budget").query.notes == [
        "No conversation of yours is called “zoe”."
    ]
    # Who is elsewhere is nobody here.
    assert search(client_user, "from:jonas").query.notes


def test_the_best_come_first(room: Room, client_user: User, say: Say) -> None:
    once = say(client_user, room, "A plan and very much else that has to do with other things")
    often = say(client_user, room, "plan, plan, plan")
    old = say(client_user, room, "plan, plan: plan")
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=90))
    assert found(client_user, "plan") == [often.body, old.body, once.body]
    say(client_user, room, "newest")
    assert found(client_user, "from:me")[0] == "newest"


@every_way
def test_of_many_the_newest_are_ranked(
    room: Room, client_user: User, say: Say, monkeypatch: pytest.MonkeyPatch, is_little: int
) -> None:
    monkeypatch.setattr(candidates, "IS_LITTLE", is_little)
    monkeypatch.setattr(candidates, "MOST", 3)
    for number in range(5):
        say(client_user, room, f"Line {number}")
    assert sorted(found(client_user, "line")) == ["Line 2", "Line 3", "Line 4"]
    assert search(client_user, "line").is_cut_off
    assert not search(client_user, '"line 2"').is_cut_off


def test_with_enough_recent_ones_older_ones_are_not_looked_for(
    room: Room, client_user: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "IS_LITTLE", MUCH)
    monkeypatch.setattr(candidates, "RECENT", 3)
    for number in range(5):
        say(client_user, room, f"Line {number}")
    assert len(found(client_user, "line")) == 5
    monkeypatch.setattr(candidates, "ENOUGH", 2)
    results = search(client_user, "line")
    assert (results.total, results.is_cut_off) == (3, True)


def test_pages(talk: dict[str, Message], room: Room, client_user: User, say: Say) -> None:
    for number in range(PAGE_SIZE):
        say(client_user, room, f"budget {number}")
    first, second = (search(client_user, "budget", page=page) for page in (1, 2))
    assert (len(first.hits), first.has_next) == (PAGE_SIZE, True)
    assert (len(second.hits), second.has_next) == (2, False)
    assert not {hit.id for hit in first.hits} & {hit.id for hit in second.hits}
    assert search(client_user, "budget", page=10**17).hits == []


@pytest.mark.parametrize("text", ["budget", 'from:mara in:order "next week" has:link on:today'])
def test_a_search_asks_at_most_eight_times(
    talk: dict[str, Message], direct: Conversation, client_user: User, text: str,
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    monkeypatch.setattr(candidates, "IS_LITTLE", MUCH)
    with django_assert_max_num_queries(8):
        search(client_user, text)


def test_the_model_does_not_know_the_column() -> None:
    """Or every list of messages would fetch it."""
    assert "words" not in {field.column for field in Message._meta.concrete_fields}
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "messaging_message")
    assert "words" in {column.name for column in columns}


def test_the_page_shows_what_is_found_and_escapes_it(
    room: Room, client_user: User, client: Client, say: Say
) -> None:
    message = say(client_user, room, "<script>alert(1)</script> & script")
    client.force_login(client_user)
    html = client.get("/inbox/search/", {"q": "script"}).content.decode()
    assert "&lt;<mark>script</mark>&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert f"/messages/{message.pk}/" in html
    assert "1 result" in html


def test_the_page_teaches_says_what_it_did_not_understand_and_that_nothing_was_found(
    talk: dict[str, Message], client_user: User, client: Client
) -> None:
    client.force_login(client_user)
    assert "before:20" in client.get("/inbox/search/").content.decode()
    html = client.get("/inbox/search/", {"q": "form:nobody"}).content.decode()
    assert "“form:” is no filter" in html
    assert "Nothing that you may read answers to this" in html


def test_filters_are_links_that_go_on_and_off(client_user: User, client: Client) -> None:
    client.force_login(client_user)
    filters = client.get("/inbox/search/", {"q": "budget has:link"}).context["filters"]
    assert [(each["words"], each["is_on"]) for each in filters][:2] == [
        ("From me", False),
        ("With a link", True),
    ]
    assert filters[0]["address"] == "/inbox/search/?q=budget+has%3Alink+from%3Ame"
    assert filters[1]["address"] == "/inbox/search/?q=budget"


def test_htmx_gets_the_results_alone_and_how_many(
    talk: dict[str, Message], client_user: User, client: Client
) -> None:
    client.force_login(client_user)
    htmx = {"HX-Request": "true"}
    html = client.get("/inbox/search/", {"q": "budget"}, headers=htmx).content.decode()
    assert "<html" not in html
    assert 'hx-swap-oob="innerHTML:#search-status">2 results' in html
    assert client.get("/inbox/search/", {"q": "x" * 9_000}, headers=htmx).status_code == 200


def test_pages_lead_on(room: Room, client_user: User, client: Client, say: Say) -> None:
    for number in range(PAGE_SIZE + 1):
        say(client_user, room, f"Line {number}")
    client.force_login(client_user)
    first = client.get("/inbox/search/", {"q": "line"}).context
    assert (first["previous"], first["next"]) == ("", "/inbox/search/?q=line&page=2")
    second = client.get(first["next"]).context
    assert (second["previous"], second["next"]) == ("/inbox/search/?q=line", "")


def test_a_result_leads_to_its_place(
    talk: dict[str, Message], direct: Conversation, room: Room, client_user: User, client: Client
) -> None:
    client.force_login(client_user)
    message = talk["Budget"]
    answer = client.get(f"/messages/{message.pk}/")
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"/?message={message.pk}")
    assert client.get(answer["Location"]).status_code == 200
    sent = send_message(actor=client_user, conversation=direct, body="Hi")
    assert client.get(f"/messages/{sent.pk}/").status_code == 302


def test_the_api_answers_the_same(
    talk: dict[str, Message], room: Room, client_user: User, consultant: User, say: Say
) -> None:
    api = signed_in(client_user)
    found = api.get("/api/search/", {"q": "numb", "limit": "1"}).json()
    message = talk["Budget"]
    assert found["results"] == [
        {
            "kind": "message",
            "id": str(message.pk),
            "conversation": {"id": str(room.conversation_id), "name": room.name},
            "seq": message.seq,
            "sender": {"id": str(consultant.pk), "name": consultant.name},
            "message": str(message.pk),
            "at": message.created_at.isoformat().replace("+00:00", "Z"),
            "file": None,
            "excerpt": [
                {"text": "Budget ", "is_match": False},
                {"text": "numbers", "is_match": True},
                {"text": " are at https://example.test/budget", "is_match": False},
            ],
        }
    ]
    assert (found["next"], found["previous"], found["notes"]) == (None, None, [])
    first = api.get("/api/search/", {"q": "budget form:", "limit": "1"}).json()
    assert first["next"] is None
    first = api.get("/api/search/", {"q": "budget", "limit": "1"}).json()
    second = api.get(first["next"]).json()
    assert second["next"] is None
    assert api.get(second["previous"]).json() == first
    assert first["results"][0]["id"] != second["results"][0]["id"]
    (named,) = api.get("/api/search/", {"q": "order"}).json()["results"]
    assert (named["kind"], named["sender"], named["seq"]) == ("conversation", None, None)
    assert api.get("/api/search/", {"q": "in:x y"}).json()["notes"]
    assert api.get("/api/search/").json()["results"] == []
    for wrong in ("0", "x", "99999999"):
        assert api.get("/api/search/", {"q": "a", "page": wrong}).status_code == 400


def test_searching_is_limited(client_user: User, client: Client, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "search": {"person": "1/m"}}
    client.force_login(client_user)
    assert client.get("/inbox/search/", {"q": "a"}).status_code == 200
    assert client.get("/inbox/search/").status_code == 200
    assert client.get("/inbox/search/", {"q": "a"}).status_code == 429
    assert signed_in(client_user).get("/api/search/", {"q": "a"}).status_code == 429


def test_an_excerpt_reads_as_the_message_does(room: Room, client_user: User, say: Say) -> None:
    say(client_user, room, "**Monday** is [planned](https://meadow.test/), not *Tuesday*")

    def excerpts(text: str) -> list[str]:
        return [
            "".join(piece.text for piece in hit.pieces) for hit in search(client_user, text).hits
        ]

    assert excerpts("planned") == ["Monday is planned, not Tuesday"]
    (found,) = excerpts("meadow")  # in what one does not read
    assert "https://meadow.test/" in found
