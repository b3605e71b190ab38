"""Conversations and messages over HTTP."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.models import Event, IdempotentAnswer
from messaging.models import Message
from rooms.actions.lifecycle import complete_room
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import capture_events, names

pytestmark = pytest.mark.django_db


def messages_of(room: Room) -> str:
    return f"/api/conversations/{room.conversation_id}/messages/"


def seqs(page: dict[str, Any]) -> list[int]:
    return [message["seq"] for message in page["results"]]


class TestSend:
    def test_a_message_is_stored_rendered_and_recorded(self, client_user: User, room: Room) -> None:
        client_id = str(uuid4())
        with capture_events() as events:
            answer = signed_in(client_user).post(
                messages_of(room), {"body": "It is **slow**", "client_id": client_id}
            )
        assert answer.status_code == 201
        message, stored = answer.json(), Message.objects.get(client_id=client_id)
        assert message["id"] == str(stored.pk)
        assert message["sender"] == {"id": str(client_user.pk), "name": "Tomas Okafor"}
        assert (message["body"], message["html"]) == (
            "It is **slow**", "<p>It is <strong>slow</strong></p>",
        )  # fmt: skip
        assert (message["message_type"], message["is_deleted"]) == ("text", False)
        assert names(events) == ["MessageSent"]
        assert events[0].seq == message["seq"]

    def test_the_room_is_another_way_in(self, client_user: User, room: Room) -> None:
        client, address = signed_in(client_user), f"/api/rooms/{room.pk}/messages/"
        sent = client.post(address, {"body": "Hello"}).json()
        assert sent["conversation"] == str(room.conversation_id)
        assert client.get(address).json()["results"][-1] == sent
        assert client.get(messages_of(room)).json()["results"][-1] == sent

    def test_a_repeated_client_id_is_the_same_message(self, client_user: User, room: Room) -> None:
        client, fields = signed_in(client_user), {"body": "Once", "client_id": str(uuid4())}
        first = client.post(messages_of(room), fields)
        with capture_events() as events:
            second = client.post(messages_of(room), fields)
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert events == []

    def test_a_repeat_of_what_was_deleted_shows_a_tombstone(
        self, client_user: User, room: Room
    ) -> None:
        client, fields = signed_in(client_user), {"body": "The password is plum"}
        for address in (messages_of(room), f"/api/rooms/{room.pk}/messages/"):
            key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": address}
            sent = client.post(address, fields, **key).json()
            client.delete(f"/api/messages/{sent['id']}/")
            again = client.post(address, fields, **key)
            assert (again.status_code, again.json()["id"]) == (201, sent["id"])
            assert (again.json()["is_deleted"], again.json()["body"]) == (True, "")
            assert client.post(address, {"body": "Other"}, **key).status_code == 422
        kept = str(list(IdempotentAnswer.objects.values_list("body", flat=True)))
        assert "plum" not in kept

    def test_a_client_id_used_elsewhere(
        self, client_user: User, room: Room, make_room: Any
    ) -> None:
        client, fields = signed_in(client_user), {"body": "Once", "client_id": str(uuid4())}
        client.post(messages_of(room), fields)
        answer = client.post(messages_of(make_room("Other")), fields)
        assert (answer.status_code, list(answer.json()["errors"])) == (409, ["client_id"])

    def test_a_reply(self, consultant: User, client_user: User, room: Room, say: Any) -> None:
        question = say(client_user, room, "Why?")
        answer = signed_in(consultant).post(
            messages_of(room), {"body": "Because", "reply_to": question.pk}
        )
        assert answer.json()["reply_to"] == str(question.pk)

    def test_a_reply_to_a_message_elsewhere(
        self, consultant: User, room: Room, make_room: Any, say: Any
    ) -> None:
        elsewhere = say(consultant, make_room("Other"), "Hm")
        for reply_to in (elsewhere.pk, uuid4()):
            answer = signed_in(consultant).post(
                messages_of(room), {"body": "Yes", "reply_to": reply_to}
            )
            assert (answer.status_code, list(answer.json()["errors"])) == (400, ["reply_to"])

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({}, "body"),
            ({"body": ""}, "body"),
            ({"body": " \n\t"}, "body"),
            ({"body": None}, "body"),
            ({"body": {"text": "x"}}, "body"),
            ({"body": "x" * 20_000}, "body"),
            ({"body": "x", "client_id": "c1"}, "client_id"),
            ({"body": "x", "reply_to": 1.5}, "reply_to"),
            ({"body": "x", "message_type": "system"}, "message_type"),
            ({"body": "x", "message_type": "file"}, "message_type"),
            ({"body": "x", "metadata": {"kind": "room_started"}}, "metadata"),
            ({"body": "x", "attachments": ["f"]}, "attachments"),
        ],
    )
    def test_what_is_refused_names_the_field(
        self, client_user: User, room: Room, fields: dict[str, Any], field: str
    ) -> None:
        before = Message.objects.count()
        answer = signed_in(client_user).post(messages_of(room), fields)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Message.objects.count() == before

    @pytest.mark.parametrize("field", ["body", "message_type", "client_id"])
    def test_half_a_character_is_refused(self, client_user: User, room: Room, field: str) -> None:
        answer = signed_in(client_user).generic(
            "POST", messages_of(room), json.dumps({"body": "x", field: "\ud800"}),
            content_type="application/json",
        )  # fmt: skip
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    def test_reserved_fields_may_be_there_empty(self, client_user: User, room: Room) -> None:
        answer = signed_in(client_user).post(
            messages_of(room),
            {"body": "x", "message_type": "text", "metadata": {}, "attachments": [],
             "client_id": None, "reply_to": None},
        )  # fmt: skip
        assert answer.status_code == 201

    def test_script_comes_back_harmless(self, client_user: User, room: Room) -> None:
        body = "<script>alert(1)</script> [x](javascript:alert(1))"
        message = signed_in(client_user).post(messages_of(room), {"body": body}).json()
        assert message["body"] == body
        assert "<script" not in message["html"]
        assert "href" not in message["html"]

    def test_after_the_end(self, consultant: User, client_user: User, room: Room) -> None:
        complete_room(actor=consultant, room=room)
        answer = signed_in(client_user).post(messages_of(room), {"body": "One more thing"})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:consultsuite:closed")


class TestPages:
    def test_following_next_comes_past_everything_both_ways(
        self, client_user: User, room: Room, say: Any
    ) -> None:
        for number in range(9):
            say(client_user, room, f"Message {number}")
        whole = list(Message.objects.order_by("seq").values_list("seq", flat=True))
        client = signed_in(client_user)
        assert seqs(client.get(messages_of(room)).json()) == whole

        older: list[int] = []
        address = f"{messages_of(room)}?limit=4"
        while address:
            page = client.get(address).json()
            older, address = seqs(page) + older, page["next"]
        assert older == whole

        newer: list[int] = []
        address = f"{messages_of(room)}?after=0&limit=4"
        while address:
            page = client.get(address).json()
            newer, address = newer + seqs(page), page["next"]
        assert newer == whole

    def test_after_before_and_between(self, client_user: User, room: Room, say: Any) -> None:
        sent = [say(client_user, room, f"Message {number}").seq for number in range(6)]
        client = signed_in(client_user)
        after = client.get(f"{messages_of(room)}?after={sent[1]}&limit=2").json()
        assert seqs(after) == sent[2:4]
        assert seqs(client.get(after["next"]).json()) == sent[4:]
        assert seqs(client.get(after["previous"]).json())[-2:] == sent[:2]
        before = client.get(f"{messages_of(room)}?before={sent[4]}&limit=2").json()
        assert seqs(before) == sent[2:4]
        assert seqs(client.get(before["next"]).json()) == sent[:2]
        assert seqs(client.get(before["previous"]).json()) == sent[4:]
        address = f"{messages_of(room)}?after={sent[0]}&before={sent[5]}&limit=3"
        between = client.get(address).json()
        assert seqs(between) == sent[1:4]
        assert seqs(client.get(between["next"]).json()) == [sent[4]]

    def test_nothing_after_the_newest(self, client_user: User, room: Room) -> None:
        page = signed_in(client_user).get(f"{messages_of(room)}?after={2**63 - 1}").json()
        assert page == {"results": [], "next": None, "previous": None}

    @pytest.mark.parametrize("query", ["after=-1", "after=x", f"before={2**63}", "limit=0"])
    def test_numbers_only(self, client_user: User, room: Room, query: str) -> None:
        answer = signed_in(client_user).get(f"{messages_of(room)}?{query}")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [query.partition("=")[0]]

    def test_at_most_200(self, client_user: User, room: Room) -> None:
        Message.objects.bulk_create(
            Message(conversation=room.conversation, author=client_user, seq=seq, body="x")
            for seq in range(1000, 1201)
        )
        page = signed_in(client_user).get(f"{messages_of(room)}?limit=1000").json()
        assert len(page["results"]) == 200

    def test_the_number_of_queries_does_not_grow(
        self, consultant: User, client_user: User, room: Room, say: Any
    ) -> None:
        client, found = signed_in(consultant), []
        question = say(client_user, room, "Why?")
        client.get(messages_of(room))  # the first use of a token is noted
        for number in (1, 30):
            for place in range(number):
                say(client_user, room, f"Because {number} {place}", reply_to=question)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"{messages_of(room)}?limit=30").status_code == 200
            found.append(len(queries))
        assert found[0] == found[1] <= 4


class TestOneMessage:
    def test_read_edit_and_its_history(self, client_user: User, room: Room, say: Any) -> None:
        message = say(client_user, room, "Frist")
        client, address = signed_in(client_user), f"/api/messages/{message.pk}/"
        edited = client.patch(address, {"body": "First"}).json()
        assert edited["body"] == "First"
        assert edited["edited_at"] is not None
        assert client.get(address).json() == edited
        revisions = client.get(f"{address}revisions/").json()["results"]
        assert [revision["body"] for revision in revisions] == ["Frist"]
        assert revisions[0]["html"] == "<p>Frist</p>"

    def test_delete_leaves_a_tombstone(self, client_user: User, room: Room, say: Any) -> None:
        message = say(client_user, room, "Secret")
        client, address = signed_in(client_user), f"/api/messages/{message.pk}/"
        client.patch(address, {"body": "Secret 2"})
        assert client.delete(address).status_code == 204
        assert client.delete(address).status_code == 204
        tombstone = client.get(address).json()
        assert (tombstone["is_deleted"], tombstone["body"], tombstone["html"]) == (True, "", "")
        assert client.get(f"{address}revisions/").json()["results"] == []
        assert client.patch(address, {"body": "Back"}).status_code == 409

    def test_others_messages(
        self, consultant: User, client_user: User, room: Room, say: Any
    ) -> None:
        theirs = f"/api/messages/{say(client_user, room, 'Mine').pk}/"
        assert signed_in(consultant).patch(theirs, {"body": "Yours"}).status_code == 403
        mine = f"/api/messages/{say(consultant, room, 'Mine').pk}/"
        assert signed_in(client_user).delete(mine).status_code == 403

    def test_system_lines_stay(self, consultant: User, room: Room) -> None:
        line = Message.objects.get(message_type="system")
        assert signed_in(consultant).delete(f"/api/messages/{line.pk}/").status_code == 403


class TestConversations:
    def test_mine_with_what_i_may_and_have_read(
        self, consultant: User, client_user: User, room: Room, say: Any
    ) -> None:
        say(consultant, room, "Read")
        last = say(consultant, room, "Not read")
        say(client_user, room, "My own")
        client = signed_in(client_user)
        address = f"/api/conversations/{room.conversation_id}/"
        read = client.post(f"{address}read/", {"seq": last.seq - 1})
        assert (read.status_code, read.json()) == (200, {"seq": last.seq - 1})
        listed = client.get("/api/conversations/").json()["results"]
        assert [row["id"] for row in listed] == [str(room.conversation_id)]
        assert (listed[0]["read_seq"], listed[0]["unread"]) == (last.seq - 1, 1)
        assert (listed[0]["kind"], listed[0]["permissions"]) == ("room", ["post", "read"])
        assert client.get(address).json() == listed[0]

    def test_reading_never_goes_back(self, client_user: User, room: Room, say: Any) -> None:
        seq = say(client_user, room, "Hello").seq
        client, address = signed_in(client_user), f"/api/conversations/{room.conversation_id}/read/"
        client.post(address, {"seq": seq})
        assert client.post(address, {"seq": 1}).json() == {"seq": seq}

    def test_reading_ends_at_the_newest_event(self, client_user: User, room: Room) -> None:
        client = signed_in(client_user)
        head = Event.objects.filter(stream__object_id=room.conversation_id).count()
        address = f"/api/conversations/{room.conversation_id}/read/"
        assert client.post(address, {"seq": 2**63 - 1}).json() == {"seq": head}
        assert client.post(address, {"seq": 2**63}).status_code == 400

    def test_the_number_of_queries_does_not_grow(self, client_user: User, make_room: Any) -> None:
        client, found = signed_in(client_user), []
        client.get("/api/conversations/")  # the first use of a token is noted
        for number in (1, 29):
            for _ in range(number):
                make_room()
            with CaptureQueriesContext(connection) as queries:
                listed = client.get("/api/conversations/").json()["results"]
            found.append(len(queries))
        assert len(listed) == 30
        assert found[0] == found[1] <= 5
