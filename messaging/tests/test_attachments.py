"""Messages carry files."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from files.actions.contents import WrongFile
from files.models import StoredFile
from files.tests.test_sniffing import picture
from messaging.actions.attachments import TooManyFiles
from messaging.actions.contacts import open_direct
from messaging.actions.forwarding import forward_message
from messaging.actions.messages import delete_message, edit_message
from messaging.consumers import send as send_by_socket
from messaging.fragments import message_html
from messaging.models import Conversation, Message
from messaging.queries.threads import page_before
from messaging.words import EmptyMessage
from rooms.actions.lifecycle import complete_room
from rooms.models import Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

Say = Callable[..., Message]
Upload = Callable[..., StoredFile]


def ids(*files: StoredFile) -> list[Any]:
    return [file.pk for file in files]


class TestSending:
    def test_files_go_with_words_or_without(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        first, second = upload(client_user, room), upload(client_user, room, "notes.md", b"# No")
        with capture_events() as events:
            message = say(client_user, room, " ", attachments=ids(second, first))
        assert names(events) == ["MessageSent"]
        message = Message.objects.get(pk=message.pk)
        assert (message.body, [file.name for file in message.shown_files]) == (
            "", ["notes.md", "plan.txt"],
        )  # fmt: skip
        assert set(message.attachments.values_list("file", flat=True)) == {first.pk, second.pk}
        first.refresh_from_db()
        assert first.attached_at is not None

    def test_without_files_words_are_needed(self, client_user: User, room: Room, say: Say) -> None:
        with refused(EmptyMessage):
            say(client_user, room, "", attachments=[])

    def test_only_ones_own_unsent_uploads_of_this_conversation(
        self, client_user: User, consultant: User, room: Room, make_room: Any,
        upload: Upload, say: Say,
    ) -> None:  # fmt: skip
        elsewhere = upload(client_user, make_room("Another", active=True))
        theirs, sent = upload(consultant, room), upload(client_user, room)
        say(client_user, room, "", attachments=ids(sent))
        for wrong in (elsewhere.pk, theirs.pk, sent.pk, uuid4()):
            fine = upload(client_user, room)
            with refused(WrongFile):
                say(client_user, room, "Look", attachments=[fine.pk, wrong])
            fine.refresh_from_db()
            assert fine.attached_at is None

    def test_at_most_ten(self, client_user: User, room: Room, say: Say) -> None:
        with refused(TooManyFiles):
            say(client_user, room, "", attachments=[uuid4() for _ in range(11)])

    def test_a_repeat_is_the_first_message(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        fields = {"attachments": ids(upload(client_user, room)), "client_id": uuid4()}
        first, second = (say(client_user, room, "", **fields) for _ in range(2))
        assert (first, second.is_repeat) == (second, True)
        assert second.shown_files == first.shown_files

    def test_many_without_words_are_no_repetition(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        for _ in range(7):
            say(client_user, room, "", attachments=ids(upload(client_user, room)))

    def test_by_page_api_and_socket(self, client_user: User, room: Room, upload: Upload) -> None:
        address = f"/conversations/{room.conversation_id}/messages/"
        files = [str(upload(client_user, room, f"{n}.txt").pk) for n in range(4)]
        browser = Client()
        browser.force_login(client_user)
        form = {"body": "", "attachments": files[:2]}
        answer: Any = browser.post(address, form, headers={"HX-Request": "true"})
        assert answer.status_code == 201
        assert "1.txt" in answer.content.decode()
        answer = browser.post(address, {"attachments": "x"}, headers={"HX-Request": "true"})
        assert answer.status_code == 400
        answer = signed_in(client_user).post(
            f"/api{address}", {"body": "", "attachments": [files[2]]}
        )
        assert answer.json()["attachments"] == [
            {
                "id": files[2], "name": "2.txt", "size": 8, "mime_type": "text/plain",
                "width": None, "height": None, "url": f"/api/files/{files[2]}/download/",
            }
        ]  # fmt: skip
        frame = {"conversation": str(room.conversation_id), "body": "", "attachments": [files[3]]}
        said = send_by_socket(client_user, frame)
        assert [file["name"] for file in said["message"]["attachments"]] == ["3.txt"]

    def test_what_is_wrong_names_the_field(self, client_user: User, room: Room) -> None:
        address = f"/api/conversations/{room.conversation_id}/messages/"
        for attachments in ([str(uuid4())], ["x"], [str(uuid4())] * 11, "x"):
            fields = {"body": "x", "attachments": attachments}
            answer = signed_in(client_user).post(address, fields)
            assert (answer.status_code, [*answer.json()["errors"]]) == (400, ["attachments"])

    def test_files_cost_at_most_four_queries_more(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        say(client_user, room, "What is asked once in a process is known")
        numbers = []
        for files in ([], [upload(client_user, room) for _ in range(5)]):
            with CaptureQueriesContext(connection) as asked:
                say(client_user, room, f"With {len(files)}", attachments=ids(*files))
            numbers.append(len([q for q in asked if "SAVEPOINT" not in q["sql"]]))
        assert numbers[1] <= numbers[0] + 4


class TestShowing:
    def test_a_page_of_messages_costs_one_query_with_files_or_without(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        for number in range(5):
            say(client_user, room, f"{number}", attachments=ids(upload(client_user, room)))
        with CaptureQueriesContext(connection) as asked:
            page = page_before(room.conversation, None)
            html = "".join(map(message_html, page.messages))
        assert len(asked) == 1
        assert html.count("plan.txt</bdi>") == 5

    def test_names_are_words_and_pictures_are_shown_small(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        shown = upload(client_user, room, "big.png", picture("PNG", (2000, 1000)))
        other = upload(client_user, room, "<b>&.txt")
        html = message_html(say(client_user, room, "", attachments=ids(shown, other)))
        assert f'src="/files/{shown.pk}/" alt="big.png" width="320" height="160"' in html
        assert html.count("<img") == 1
        assert "&lt;b&gt;&amp;.txt" in html
        assert f'href="/files/{other.pk}/" download=' in html
        assert 'class="message-body"' not in html

    def test_where_only_a_beginning_is_shown_files_are_named(
        self, client_user: User, consultant: User, room: Room, upload: Upload, say: Say
    ) -> None:
        files = upload(client_user, room), upload(client_user, room, "b.txt")
        message = say(client_user, room, "", attachments=ids(*files))
        browser = Client()
        browser.force_login(consultant)
        assert "2 files: plan.txt, b.txt" in browser.get("/inbox/").content.decode()
        answer = say(consultant, room, "Thanks", reply_to=message)
        assert "2 files: plan.txt, b.txt" in message_html(answer)
        say(client_user, room, "", attachments=ids(upload(client_user, room, "c.txt")))
        conversations = signed_in(consultant).get("/api/conversations/").json()["results"]
        assert [c["last_message"]["preview"] for c in conversations] == ["File: c.txt"]


class TestChanging:
    def test_words_may_be_taken_away_but_files_stay(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        message = say(client_user, room, "Look", attachments=ids(upload(client_user, room)))
        changed = edit_message(actor=client_user, message=message, body="")
        assert (changed.body, len(changed.shown_files)) == ("", 1)

    def test_files_are_deleted_with_their_message(
        self, client_user: User, room: Room, upload: Upload, say: Say
    ) -> None:
        kept = upload(client_user, room)
        message = say(client_user, room, "Look", attachments=ids(kept))
        with TestCase.captureOnCommitCallbacks(execute=True):
            deleted = delete_message(actor=client_user, message=message)
        assert (deleted.shown_files, deleted.gist) == ([], "")
        assert not default_storage.exists(str(kept.content))
        assert "plan.txt" not in str([*StoredFile.objects.values()])
        assert "plan.txt" not in str([*Message.objects.values()])


class TestForwarding:
    @pytest.fixture
    def talk(self, client_user: User, consultant: User, room: Room) -> Conversation:
        return open_direct(actor=consultant, other=client_user)

    def test_files_are_passed_on_as_rows_of_their_own(
        self, client_user: User, consultant: User, room: Room, talk: Conversation,
        upload: Upload, say: Say,
    ) -> None:  # fmt: skip
        kept = upload(client_user, room)
        message = say(client_user, room, "", attachments=ids(kept))
        fields: Any = {"actor": consultant, "message": message, "conversation": talk}
        passed = forward_message(**fields, client_id=(client_id := uuid4()))
        assert forward_message(**fields, client_id=client_id) == passed
        copy = StoredFile.objects.exclude(pk=kept.pk).get()
        assert (copy.uploaded_by, copy.place_id, copy.content) == (
            consultant, talk.pk, kept.content,
        )  # fmt: skip
        with TestCase.captureOnCommitCallbacks(execute=True):
            delete_message(actor=client_user, message=message)
        address = f"/api/files/{copy.pk}/download/"
        answer: Any = signed_in(client_user).get(address)
        assert b"".join(answer.streaming_content) == b"The plan"
        with TestCase.captureOnCommitCallbacks(execute=True):
            delete_message(actor=consultant, message=passed)
        assert not default_storage.exists(str(copy.content))

    def test_a_file_that_went_meanwhile_is_left_out(
        self, client_user: User, consultant: User, room: Room, talk: Conversation,
        upload: Upload, say: Say,
    ) -> None:  # fmt: skip
        kept = upload(client_user, room)
        message = say(client_user, room, "Look", attachments=ids(kept))
        StoredFile.objects.filter(pk=kept.pk).update(deleted_at="2026-01-01T00:00Z")
        passed = forward_message(actor=consultant, message=message, conversation=talk)
        assert (passed.body, passed.shown_files) == ("Look", [])

    def test_where_nothing_else_was_said_nothing_is_sent(
        self, client_user: User, consultant: User, room: Room, talk: Conversation,
        upload: Upload, say: Say,
    ) -> None:  # fmt: skip
        kept = upload(client_user, room)
        message = say(client_user, room, "", attachments=ids(kept))
        StoredFile.objects.filter(pk=kept.pk).update(deleted_at="2026-01-01T00:00Z")
        with refused(WrongFile):
            forward_message(actor=consultant, message=message, conversation=talk)
        assert not talk.messages.exists()


def test_refused_where_nothing_can_be_written(
    client_user: User, consultant: User, room: Room, upload: Upload
) -> None:
    kept = upload(client_user, room)
    complete_room(actor=consultant, room=room)
    address = f"/api/conversations/{room.conversation_id}/messages/"
    fields = {"body": "", "attachments": [str(kept.pk)]}
    assert signed_in(client_user).post(address, fields).status_code == 409
