"""People are named in messages: who is found, told and counted, and who never."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.models import Event
from messaging.actions.conversations import (
    mark_read,
    remove_member,
    set_member,
)
from messaging.actions.messages import delete_message, edit_message, send_message
from messaging.markdown import Names, render_markdown
from messaging.models import (
    ConversationMember,
    MemberRole,
    Mention,
    Message,
)
from messaging.queries import mentions
from messaging.queries.inbox import Filters, listed, rows_of
from messaging.queries.mentions import mentions_of, with_messages
from messaging.tests.safety import assert_safe
from rooms.actions.participants import add_participant
from rooms.models import Role, Room
from tests.fixtures import capture_events, names

Say = Callable[..., Message]
MakePerson = Callable[..., User]


def mentioned(message: Message) -> set[UUID]:
    return mentions.mentioned_in(message.pk)


def span(user: User, words: str) -> str:
    return f'<span class="mention" data-mention="{user.pk}">{words}</span>'


# Resolution -------------------------------------------------------------------------------------


def test_somebody_of_the_conversation_is_named_and_told(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    with capture_events() as events:
        message = say(consultant, room, "Ask @tomas okafor, please")
    assert message.body == "Ask @tomas okafor, please"
    assert message.body_html == f"<p>Ask {span(client_user, '@tomas okafor')}, please</p>"
    assert mentioned(message) == {client_user.pk}
    assert names(events) == ["MessageSent", "PersonMentioned"]
    told = events[1]
    assert (str(told.stream), told.actor) == (str(client_user.stream), consultant)
    assert told.data == {
        "conversation_id": str(room.conversation_id),
        "message_id": str(message.pk),
    }


@pytest.mark.parametrize(
    "body",
    [
        "`@Tomas Okafor`",
        "```\n@Tomas Okafor\n```",
        "[@Tomas Okafor](https://e.test/)",
        "[ask @Tomas Okafor](https://e.test/)",
        "tomas@Tomas Okafor",
        "https://e.test/@Tomas Okafor",
        "e.test/@Tomas Okafor",
        "@Tomas Okafors",
        "@ Tomas Okafor",
        "@Tomas",
        "\\@Tomas Okafor",
        "@@Tomas Okafor",
        "Tomas Okafor",
        "@all",
    ],
)
def test_what_names_nobody(
    body: str, room: Room, client_user: User, make_person: MakePerson, say: Say
) -> None:
    other = make_person("Nora Berg")
    set_member(
        actor=User.objects.system(),
        conversation=room.conversation,
        user=other,
        role=MemberRole.MEMBER,
    )
    with capture_events() as events:
        message = say(other, room, body)
    assert "data-mention" not in message.body_html
    assert not Mention.objects.exists()
    assert names(events) == ["MessageSent"]


@pytest.mark.parametrize(
    "body",
    [
        "**@Tomas Okafor**", "> @Tomas Okafor", "- @Tomas Okafor", "(@Tomas Okafor)",
        "@Tomas Okafor's", "@TOMAS OKAFOR.", "“@Tomas Okafor”", "@Tomas Okafor @Tomas Okafor",
    ],
)  # fmt: skip
def test_where_a_name_counts(body: str, room: Room, consultant: User, client_user: User) -> None:
    message = send_message(actor=consultant, conversation=room.conversation, body=body)
    assert f'data-mention="{client_user.pk}"' in message.body_html
    assert mentioned(message) == {client_user.pk}


def test_the_longest_name_counts_and_of_one_name_both_are_meant() -> None:
    short, long, twin, other = uuid4(), uuid4(), uuid4(), uuid4()
    people = [(short, "Mara"), (long, "Mara Lindqvist"), (twin, "mara lindqvist"), (other, " ")]
    found = Names(people)
    html = render_markdown("@Mara Lindqvist", found)
    assert found.mentioned == {long, twin}
    assert f'data-mention="{long} {twin}"' in html
    found = Names(people)
    assert f'data-mention="{short}"' in render_markdown("@Mara Lindqvists", found)
    assert found.mentioned == {short}


@pytest.mark.parametrize("name", ["A*B*", "O_Neil_", "x](y", "<b>", "Straße ß", "C++ (Ops)", "Ìó"])
def test_a_name_with_marks_of_its_own(name: str) -> None:
    who = uuid4()
    found = Names([(who, name)])
    html = render_markdown(f"Hello @{name}, yes", found)
    assert found.mentioned == {who}
    assert "<b>" not in html


def test_who_names_themselves_needs_not_be_told(room: Room, consultant: User, say: Say) -> None:
    with capture_events() as events:
        message = say(consultant, room, "@Mara Lindqvist here")
    assert span(consultant, "@Mara Lindqvist") in message.body_html
    assert not mentioned(message)
    assert names(events) == ["MessageSent"]


# Who is outside ---------------------------------------------------------------------------------


def test_somebody_without_access_stays_plain_text(
    room: Room, consultant: User, client_user: User, outsider: User, say: Say
) -> None:
    """Not told, not revealed: as a name that nobody has, with as many questions asked."""
    say(consultant, room, "What is asked once is known")
    with CaptureQueriesContext(connection) as known:
        message = say(consultant, room, "@Jonas Weber")
    with CaptureQueriesContext(connection) as unknown:
        nobody = say(consultant, room, "@Jonas Xeber")
    assert message.body_html == "<p>@Jonas Weber</p>"
    assert nobody.body_html == "<p>@Jonas Xeber</p>"
    assert len(known) == len(unknown)
    assert not Mention.objects.exists()
    assert not Event.objects.filter(name="PersonMentioned").exists()


def test_who_has_left_or_is_inactive_is_not_named(
    room: Room, consultant: User, client_user: User, colleague: User, system: User, say: Say
) -> None:
    set_member(actor=system, conversation=room.conversation, user=colleague, role=MemberRole.MEMBER)
    remove_member(actor=system, conversation=room.conversation, user=colleague)
    User.objects.filter(pk=client_user.pk).update(is_active=False)
    message = say(consultant, room, "@Priya Raman @Tomas Okafor")
    assert "data-mention" not in message.body_html


# Everybody --------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["@all", "@everyone", "@All"])
def test_a_moderator_names_everybody(
    word: str, room: Room, consultant: User, client_user: User, system: User, say: Say,
    colleague: User,
) -> None:  # fmt: skip
    set_member(actor=system, conversation=room.conversation, user=colleague, role=MemberRole.READER)
    message = say(consultant, room, f"{word}: at ten")
    assert f'data-mention="all">{word}<' in message.body_html
    assert mentioned(message) == {client_user.pk, colleague.pk}
    message = say(client_user, room, f"{word}: at ten")
    assert "data-mention" not in message.body_html


def test_in_a_large_conversation_nobody_names_everybody(
    room: Room, consultant: User, client_user: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "MOST_AT_ONCE", 1)
    message = say(consultant, room, "@all, @Tomas Okafor too")
    assert mentioned(message) == {client_user.pk}
    assert 'data-mention="all"' not in message.body_html
    assert "data-mention" not in say(consultant, room, "@all").body_html


# Cost -------------------------------------------------------------------------------------------


def test_what_naming_costs(
    room: Room, consultant: User, make_person: MakePerson, system: User
) -> None:  # fmt: skip
    """One question more for an `@`, one write more however many are named; none without it."""
    people = [make_person(f"P{number} Okafor") for number in range(12)]
    for user in people:
        set_member(actor=system, conversation=room.conversation, user=user, role=MemberRole.MEMBER)

    browser = Client()
    browser.force_login(consultant)

    def sending(body: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.post(f"/conversations/{room.conversation_id}/messages/", {"body": body})
        return sum("SAVEPOINT" not in query["sql"] for query in asked)

    sending("What is asked once in a process is known")
    plain = sending("Hello")
    assert sending("hello@e.test") == plain + 1
    assert sending("@P1 Okafor") == plain + 2
    assert sending("@all and " + " ".join(f"@{user.name}" for user in people)) == plain + 2
    assert plain + 2 <= 8


# Changing and deleting --------------------------------------------------------------------------


def test_an_edit_adds_and_removes(
    room: Room, consultant: User, client_user: User, colleague: User, system: User, say: Say
) -> None:
    set_member(actor=system, conversation=room.conversation, user=colleague, role=MemberRole.MEMBER)
    message = say(consultant, room, "@Tomas Okafor")
    with capture_events() as events:
        edit_message(actor=consultant, message=message, body="@Priya Raman and @Tomas Okafor")
    assert mentioned(message) == {client_user.pk, colleague.pk}
    assert [(event.name, str(event.stream)) for event in events] == [
        ("MessageEdited", str(room.conversation.stream)),
        ("PersonMentioned", str(colleague.stream)),
    ]
    with capture_events() as events:
        edited = edit_message(actor=consultant, message=message, body="Nobody")
    assert not mentioned(message)
    assert edited.body_html == "<p>Nobody</p>"
    assert names(events) == ["MessageEdited"]


def test_a_deleted_message_names_nobody(room: Room, consultant: User, say: Say) -> None:
    message = say(consultant, room, "@Tomas Okafor")
    delete_message(actor=consultant, message=message)
    assert not Mention.objects.exists()


def test_a_repeat_names_nobody_twice(room: Room, consultant: User, say: Say) -> None:
    client_id = uuid4()
    for _ in range(2):
        message = say(consultant, room, "@Tomas Okafor", client_id=client_id)
    assert Mention.objects.filter(message=message).count() == 1
    assert Event.objects.filter(name="PersonMentioned").count() == 1


# Where one is named -----------------------------------------------------------------------------


def found(user: User) -> list[tuple[str, bool]]:
    rows: Any = with_messages(list(mentions_of(user).order_by("-created_at", "-pk")))
    return [(mention.message.body, mention.is_unread) for mention in rows]


def number_unread(user: User) -> int:
    return sum(place.mentions for place in listed(user, Filters()))


def test_the_list_knows_what_is_unread(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    first = say(consultant, room, "@Tomas Okafor one")
    say(consultant, room, "@Tomas Okafor two")
    assert found(client_user) == [("@Tomas Okafor two", True), ("@Tomas Okafor one", True)]
    assert number_unread(client_user) == 2
    mark_read(actor=client_user, conversation=room.conversation, seq=first.seq)
    assert found(client_user) == [("@Tomas Okafor two", True), ("@Tomas Okafor one", False)]
    assert number_unread(client_user) == 1
    assert (found(consultant), number_unread(consultant)) == ([], 0)


def test_what_one_deleted_for_oneself_or_left_is_gone(
    room: Room, consultant: User, client_user: User, say: Say
) -> None:
    first = say(consultant, room, "@Tomas Okafor one")
    say(consultant, room, "@Tomas Okafor two")
    place = ConversationMember.objects.filter(conversation=room.conversation, user=client_user)
    place.update(cleared_seq=first.seq, read_seq=first.seq)
    assert found(client_user) == [("@Tomas Okafor two", True)]
    assert number_unread(client_user) == 1
    remove_member(actor=client_user, conversation=room.conversation, user=client_user)
    assert found(client_user) == []
    assert number_unread(client_user) == 0


def test_many_conversations_cost_one_query(
    room: Room, consultant: User, client_user: User, make_room: Callable[..., Room], say: Say,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for number in range(3):
        say(consultant, make_room(f"Room {number}", active=True), "@Tomas Okafor")
    with django_assert_num_queries(1):
        assert number_unread(client_user) == 3
    with django_assert_num_queries(2):
        assert len(found(client_user)) == 3


def test_the_page_leads_to_each(
    client: Client, room: Room, consultant: User, client_user: User, say: Say,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    client.force_login(client_user)
    assert "will be listed here" in client.get("/inbox/mentions/").content.decode()
    first = say(consultant, room, "@Tomas Okafor <b>one</b>")
    second = say(consultant, room, "@Tomas Okafor two")
    mark_read(actor=client_user, conversation=room.conversation, seq=first.seq)
    page = client.get("/inbox/mentions/").content.decode()
    links = [f"/inbox/{room.conversation_id}/?message={each.pk}" for each in (second, first)]
    assert page.index(links[0]) < page.index(links[1])
    assert page.count("New to you") == 1
    assert "<b>one" not in page
    monkeypatch.setattr("messaging.views.mentions.PAGE_SIZE", 1)
    page = client.get("/inbox/mentions/").content.decode()
    assert links[1] not in page
    assert "?page=2" in page
    page = client.get("/inbox/mentions/?page=2").content.decode()
    assert links[1] in page
    assert "?page=1" in page
    assert "?page=3" not in page


def test_the_inbox_shows_how_often(
    client: Client, room: Room, consultant: User, client_user: User, say: Say
) -> None:
    say(consultant, room, "@Tomas Okafor one")
    (row,) = rows_of(client_user, listed(client_user, Filters()))
    assert (row.mentions, row.unread) == (1, 1)
    client.force_login(client_user)
    assert "name you" in client.get("/inbox/list/").content.decode()


# Who is offered ---------------------------------------------------------------------------------


def test_the_people_of_the_conversation_are_offered(
    room: Room, consultant: User, client_user: User, colleague: User, outsider: User, say: Say,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    add_participant(actor=consultant, room=room, user=colleague, role=Role.PARTICIPANT)
    with django_assert_num_queries(1):
        people, are_few = mentions.people_to_name(room.conversation, consultant)
    assert ([person.name for person in people], are_few) == (["Priya Raman", "Tomas Okafor"], True)


def test_the_offer_is_bounded(
    room: Room, consultant: User, client_user: User, colleague: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    add_participant(actor=consultant, room=room, user=colleague, role=Role.PARTICIPANT)
    monkeypatch.setattr(mentions, "PEOPLE_OFFERED", 1)
    people, _ = mentions.people_to_name(room.conversation, consultant)
    assert len(people) == 1


# Whatever is written ----------------------------------------------------------------------------

PEOPLE = [
    (UUID(int=1), "Mara"), (UUID(int=2), "Mara Lindqvist"), (UUID(int=3), "<b>x</b>"),
    (UUID(int=4), 'a" onclick="x'), (UUID(int=5), "*_`[]()"), (UUID(int=6), "\u03a9 é\u202e"),
]  # fmt: skip
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [f"@{name}" for _, name in PEOPLE]
        + [
            "@all",
            "@",
            "`",
            "```\n",
            "[",
            "](https://e.test)",
            "*",
            "_",
            "~~",
            "> ",
            "\n",
            "<",
            "&",
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(PIECES, max_size=12), for_all=st.booleans())
def test_no_words_make_unsafe_html_or_name_somebody_else(pieces: list[str], for_all: bool) -> None:
    everybody = [UUID(int=7)] if for_all else None
    found = Names(PEOPLE, everybody=everybody)
    html = render_markdown("".join(pieces), found)
    assert_safe(html)
    assert found.mentioned <= {user_id for user_id, _ in PEOPLE} | set(everybody or ())
    if "@" not in "".join(pieces):
        assert not found.mentioned


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(PIECES, max_size=12))
def test_who_is_outside_changes_nothing(pieces: list[str]) -> None:
    """What is rendered depends on the people of the conversation alone."""
    body = "".join(pieces)
    inside = Names(PEOPLE[:1])
    assert render_markdown(body, Names([])) == render_markdown(body)
    html = render_markdown(body, inside)
    assert inside.mentioned <= {UUID(int=1)}
    for user_id, _ in PEOPLE[1:]:
        assert str(user_id) not in html
