"""Whatever people send gets a clear answer, by page, API and socket alike, and makes no harm."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from core.database import in_database
from messaging.markdown import render_markdown
from messaging.models import Message
from messaging.tests.safety import assert_safe
from messaging.words import MOST_MARKS, EmptyMessage, MessageTooLong, clean_body
from rooms.actions.participants import remove_participant
from rooms.models import Participant, Room
from tests.api import signed_in
from tests.sockets import COMMITTED, OpenSocket

MARKS = "\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0489"
KEPT = {
    # Overrides, embeddings and isolates turn words round; left out, wherever they stand.
    "right-to-left override": ("abc\u202etxt.exe", "abctxt.exe"),
    "isolates": ("\u2066a\u2069 \u202ab\u202c `\u2067c`", "a b `c`"),
    # What right-to-left words need stays.
    "hebrew": ("\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u200f(a)", None),
    "zalgo": (f"a{MARKS}b", f"a{MARKS[:MOST_MARKS]}b"),
    "vietnamese": ("Tiê\u0323\u0301ng", None),
    "family": ("👩‍👩‍👧‍👦 1️⃣ 🏴\U000e0067\U000e0062\U000e007f", None),
    "controls": ("a\x07b\x1b[31m\x9b", "ab[31m"),
    "script": ("<script>alert(1)</script>", None),
    "link": ("[x](javascript:alert(1)) [y](\tjava\nscript:alert(1))", None),
    "nesting": (">" * 3_000 + "deep", None),
}
REFUSED = {
    "nothing": ("", "Write something before sending."),
    "only controls": ("\x07\u202e\u200b\n", "Write something before sending."),
    "20,000 characters": ("x" * 20_000, "This message has 20,000 characters; 10,000 is the most."),
}


def page(room: Room) -> str:
    return f"/conversations/{room.conversation_id}/messages/"


def api(room: Room) -> str:
    return f"/api/conversations/{room.conversation_id}/messages/"


def leave(room: Room, user: User) -> None:
    place = Participant.objects.select_related("room", "user").get(room=room, user=user)
    remove_participant(actor=user, participant=place)


HTMX: dict[str, Any] = {"headers": {"HX-Request": "true"}}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_of_it(name: str, room: Room, client: Client, client_user: User) -> None:
    body, kept = KEPT[name]
    client.force_login(client_user)
    answer = client.post(page(room), {"body": body}, **HTMX)
    assert answer.status_code == 201
    by_page = Message.objects.get(author=client_user)
    by_api = signed_in(client_user).post(api(room), {"body": body}).json()
    assert by_page.body == by_api["body"] == (body if kept is None else kept)
    assert by_page.body_html == by_api["html"]
    assert_safe(by_page.body_html)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_why(name: str, room: Room, client: Client, client_user: User) -> None:
    body, words = REFUSED[name]
    client.force_login(client_user)
    answer = client.post(page(room), {"body": body}, **HTMX)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    refused = signed_in(client_user).post(api(room), {"body": body})
    assert refused.status_code == 400
    assert words in refused.json()["errors"]["body"][0]
    assert not Message.objects.filter(author=client_user).exists()


def test_nul_is_left_out_by_page_and_refused_by_the_api(
    room: Room, client: Client, client_user: User
) -> None:
    client.force_login(client_user)
    assert client.post(page(room), {"body": "a\x00b"}, **HTMX).status_code == 201
    assert Message.objects.get(author=client_user).body == "ab"
    refused = signed_in(client_user).post(api(room), {"body": "a\x00b"})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["body"])


def test_a_reply_to_a_message_elsewhere(
    room: Room, make_room: Callable[..., Room], client: Client, client_user: User, say: Any
) -> None:
    elsewhere = say(client_user, make_room("Other", active=True), "There")
    client.force_login(client_user)
    answer = client.post(page(room), {"body": "Yes", "reply_to": str(elsewhere.pk)}, **HTMX)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The message you reply to is not in this conversation."


def test_one_client_id_in_two_conversations(
    room: Room, make_room: Callable[..., Room], client: Client, client_user: User
) -> None:
    client.force_login(client_user)
    values = {"body": "Once", "client_id": str(uuid4())}
    for _ in range(2):
        assert client.post(page(room), values, **HTMX).status_code == 201
    answer = client.post(page(make_room("Other", active=True)), values, **HTMX)
    assert answer.status_code == 409
    assert "Make a new one" in answer.json()["detail"]
    assert Message.objects.filter(author=client_user).count() == 1


def test_a_conversation_just_left(room: Room, client: Client, client_user: User, say: Any) -> None:
    message = say(client_user, room, "Before")
    leave(room, client_user)
    client.force_login(client_user)
    assert client.post(page(room), {"body": "After"}, **HTMX).status_code == 404
    assert client.post(f"/messages/{message.pk}/edit/", {"body": "x"}, **HTMX).status_code == 404
    caller = signed_in(client_user)
    assert caller.post(api(room), {"body": "After"}).status_code == 404
    assert caller.patch(f"/api/messages/{message.pk}/", {"body": "x"}).status_code == 404
    assert Message.objects.get(author=client_user).body == "Before"


class TestBySocket:
    pytestmark = COMMITTED

    async def test_the_same_answers(
        self, room: Room, make_room: Callable[..., Room], client_user: User,
        say: Any, open_socket: OpenSocket,
    ) -> None:  # fmt: skip
        other = await in_database(make_room, "Other", active=True)
        elsewhere = await in_database(say, client_user, other, "There")
        socket = await open_socket(client_user)

        async def send(body: str, **more: str) -> dict[str, Any]:
            where = str(room.conversation_id)
            await socket.say("message.send", id="m1", conversation=where, body=body, **more)
            return await socket.next()

        for body, kept in KEPT.values():
            message = (await send(body))["message"]
            assert message["body"] == (body if kept is None else kept)
            assert_safe(message["html"])
        for body, words in REFUSED.values():
            assert words in (await send(body))["detail"]
        assert (await send("x", reply_to=str(elsewhere.pk)))["code"] == "wrong_reply"
        taken = str(elsewhere.client_id)
        assert (await send("x", client_id=taken))["code"] == "client_id_taken"
        await in_database(leave, room, client_user)
        assert (await send("x"))["code"] == "not_found"


# Whatever is written ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        ">" * 10_000, "- " * 5_000, "[" * 10_000, "![" * 5_000, "*" * 10_000, "_a" * 5_000,
        "`" * 10_000, "~" * 10_000, "[a](" * 2_500, "<" * 10_000, "&" * 10_000, "@" * 10_000,
        "http://" * 1_400, "a@b." * 2_500, "> - " * 2_500, "1. " * 3_300, "**a " * 2_500,
        "\u0301" * 10_000, "```\n" * 2_500, "\\" * 10_000,
    ],
)  # fmt: skip
def test_nothing_takes_long(body: str) -> None:
    begun = time.process_time()
    assert_safe(render_markdown(clean_body(body)))
    assert time.process_time() - begun < 2


WORDS = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Me"]), max_size=20),
    st.sampled_from(
        ["[", "](", ")", "javascript:", "data:text/html,", "<script>", "</p>", "&#106;", "```py\n",
         "`", "> ", "- ", "1. ", "**", "__", "~~", "\n", "\n\n", "https://", "\\", "<https://",
         '"onload="', "mailto:", "\u202e", "&colon;"]
    ),
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=20).map("".join))
def test_no_words_make_unsafe_html_or_an_error(text: str) -> None:
    try:
        body = clean_body(text)
    except (EmptyMessage, MessageTooLong):
        return
    assert body == clean_body(body)
    body.encode()
    assert "\x00" not in body
    assert_safe(render_markdown(body))
