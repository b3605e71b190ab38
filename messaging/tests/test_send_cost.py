"""What sending a message costs, by every way in."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from messaging.consumers import send
from messaging.models import Message
from rooms.models import Room
from tests.api import signed_in

MOST = 8

Send = Callable[..., None]


def by_page(user: User, room: Room) -> Send:
    browser = Client()
    browser.force_login(user)

    def post(**fields: str) -> None:
        url = f"/conversations/{room.conversation_id}/messages/"
        assert browser.post(url, fields, headers={"HX-Request": "true"}).status_code == 201

    return post


def by_api(user: User, room: Room) -> Send:
    api = signed_in(user)

    def post(**fields: str) -> None:
        url = f"/api/conversations/{room.conversation_id}/messages/"
        assert api.post(url, fields).status_code == 201

    return post


def by_socket(user: User, room: Room) -> Send:
    def post(**fields: str) -> None:
        # The socket loads its person anew for each frame.
        content: dict[str, Any] = {"conversation": str(room.conversation_id), **fields}
        send(User.objects.get(pk=user.pk), content)

    return post


@pytest.mark.django_db
@pytest.mark.parametrize("way", [by_page, by_api, by_socket])
@pytest.mark.parametrize("is_reply", [False, True])
@pytest.mark.parametrize("body", ["Hello", "@Tomas Okafor, hello"])
def test_at_most_eight_queries(
    way: Callable[[User, Room], Send],
    is_reply: bool,
    body: str,
    room: Room,
    consultant: User,
    client_user: User,
    say: Callable[..., Message],
) -> None:
    fields = {"reply_to": str(say(client_user, room, "When?").pk)} if is_reply else {}
    post = way(consultant, room)
    post(body="What is asked once in a process is known")
    committed = TestCase.captureOnCommitCallbacks(execute=True)  # publishing costs as well
    with CaptureQueriesContext(connection) as asked, committed:
        post(body=body, client_id=str(uuid4()), **fields)
    queries = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len(queries) <= MOST, "\n".join(queries)
    sent = Message.objects.get(body=body)
    assert (sent.reply_to_id is not None, sent.mentions.exists()) == (is_reply, "@" in body)
