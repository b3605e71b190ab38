"""Files over HTTP."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client, TestCase
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from files.actions import uploads
from files.actions.uploads import EmptyFile, FileIsAttached, delete_file
from files.models import StoredFile
from files.tasks import forget_waiting
from files.tests.test_sniffing import picture
from messaging.actions.messages import delete_message
from messaging.models import Message
from rooms.actions.lifecycle import complete_room
from rooms.actions.participants import add_participant, remove_participant
from rooms.models import Role, Room
from tests.api import signed_in
from tests.fixtures import capture_events, names, refused

UPLOAD = "/api/files/upload/"
Upload = Callable[..., StoredFile]
pytestmark = pytest.mark.usefixtures("media")


def file(name: str = "plan.txt", content: bytes = b"The plan", claims: str = "") -> Any:
    return SimpleUploadedFile(name, content, content_type=claims or "text/plain")


def put(user: User, room: Room, upload: Any = None, **fields: Any) -> Any:
    body = {"file": upload or file(), "conversation": str(room.conversation_id), **fields}
    return signed_in(user).post(UPLOAD, body, format="multipart")


class TestUploading:
    def test_it_is_kept_as_its_content_says(
        self, client_user: User, room: Room, media: Path
    ) -> None:
        with capture_events() as events:
            answer = put(client_user, room, file("C:\\x\\evil.html", b"<script>", "text/html"))
        assert answer.status_code == 201
        said = answer.json()
        assert said == {
            "id": said["id"], "name": "evil.html", "size": 8, "mime_type": "text/plain",
            "sha256": hashlib.sha256(b"<script>").hexdigest(),
            "status": "not_scanned", "version": 1, "width": None, "height": None,
            "url": f"/api/files/{said['id']}/download/",
        }  # fmt: skip
        assert names(events) == ["FileUploaded"]
        assert str(events[0].stream) == f"user:{client_user.pk}"
        (kept,) = [path for path in media.rglob("*") if path.is_file()]
        assert kept.read_bytes() == b"<script>"
        assert kept.suffix == ""

    def test_a_title_names_it(self, client_user: User, room: Room) -> None:
        assert put(client_user, room, title="The plan").json()["name"] == "The plan.txt"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"file": ""}, "file"),
            ({"file": file("empty.txt", b"")}, "file"),
            ({"conversation": "x"}, "conversation"),
            ({"title": "x" * 151}, "title"),
        ],
    )
    def test_what_is_refused_names_the_field(
        self, client_user: User, room: Room, fields: dict[str, Any], field: str
    ) -> None:
        answer = put(client_user, room, **fields)
        assert (answer.status_code, [*answer.json()["errors"]]) == (400, [field])
        assert not StoredFile.objects.exists()

    def test_too_large_says_how_much_is_allowed(
        self, client_user: User, room: Room, settings: Settings, media: Path
    ) -> None:
        settings.MAX_FILE_BYTES = 1024
        answer = put(client_user, room, file(content=b"x" * 1025))
        assert answer.status_code == 413
        assert answer.json()["type"] == "urn:consultsuite:file_too_large"
        assert "1.0\xa0KB is the most" in answer.json()["errors"]["file"][0]
        assert not media.exists()

    def test_nothing_is_no_file_by_whatever_way(
        self, client_user: User, room: Room, upload: Upload
    ) -> None:
        with refused(EmptyFile):
            upload(client_user, room, content=b"")

    def test_json_is_not_taken(self, client_user: User, room: Room) -> None:
        assert signed_in(client_user).post(UPLOAD, {}).status_code == 415

    def test_a_conversation_of_others_is_not_there(self, outsider: User, room: Room) -> None:
        assert put(outsider, room).status_code == 404

    def test_only_who_may_write_adds(
        self, client_user: User, consultant: User, colleague: User, room: Room
    ) -> None:
        add_participant(actor=consultant, room=room, user=colleague, role=Role.OBSERVER)
        assert put(colleague, room).status_code == 403
        complete_room(actor=consultant, room=room)
        assert put(client_user, room).status_code == 409

    def test_staff_do_not_add_in_a_clients_conversation(
        self, client_user: User, consultant: User, room: Room
    ) -> None:
        User.objects.filter(pk=consultant.pk).update(is_staff=True)
        assert put(User.objects.get(pk=consultant.pk), room).status_code == 403

    def test_what_is_never_sent_does_not_pile_up(
        self, client_user: User, room: Room, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(uploads, "MAX_WAITING", 1)
        assert put(client_user, room).status_code == 201
        answer = put(client_user, room)
        assert (answer.status_code, answer.json()["type"]) == (
            409, "urn:consultsuite:too_many_waiting",
        )  # fmt: skip

    def test_a_key_makes_it_once(self, client_user: User, room: Room) -> None:
        api = signed_in(client_user)

        def again(upload: Any) -> Any:
            body = {"file": upload, "conversation": str(room.conversation_id)}
            key: Any = {"HTTP_IDEMPOTENCY_KEY": "k1"}
            return api.post(UPLOAD, body, format="multipart", **key)

        first, second = again(file()), again(file())
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert StoredFile.objects.count() == 1
        assert again(file(content=b"Another")).status_code == 422

    def test_pages_upload_with_their_session(self, client_user: User, room: Room) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(client_user)
        token = browser.get("/profile/").cookies["csrftoken"].value
        body = {"file": file(), "conversation": str(room.conversation_id)}
        assert browser.post(UPLOAD, body).status_code == 403
        body["file"].seek(0)
        answer = browser.post(UPLOAD, body, headers={"X-CSRFToken": token})
        assert answer.status_code == 201, answer.content

    def test_a_failure_leaves_nothing_behind(
        self, client_user: User, room: Room, media: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*args: Any, **kwargs: Any) -> None:
            raise OSError("full")

        monkeypatch.setattr(StoredFile, "save", fail)
        with pytest.raises(OSError, match="full"):
            put(client_user, room)
        assert [path for path in media.rglob("*") if path.is_file()] == []

    def test_what_may_have_been_recorded_keeps_its_content(
        self, client_user: User, room: Room, upload: Upload, media: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """PostgreSQL may have gone after the commit, before it said so."""

        def gone(**_: Any) -> None:
            raise OperationalError("the connection was lost")

        monkeypatch.setattr(uploads, "keep_names", gone)
        with pytest.raises(OperationalError):
            upload(client_user, room)
        assert len([path for path in media.rglob("*") if path.is_file()]) == 1


class TestReading:
    def test_nobody_else_sees_it_before_it_is_sent(
        self, client_user: User, consultant: User, room: Room, upload: Upload, say: Any
    ) -> None:
        kept = upload(client_user, room)
        detail = f"/api/files/{kept.pk}/"
        assert signed_in(client_user).get(detail).status_code == 200
        assert signed_in(consultant).get(detail).status_code == 404
        message = say(client_user, room, "", attachments=[kept.pk])
        assert signed_in(consultant).get(detail).json()["name"] == "plan.txt"
        delete_message(actor=client_user, message=message)
        for person in (client_user, consultant):
            assert signed_in(person).get(detail).status_code == 404

    def test_who_was_removed_gets_nothing(
        self, client_user: User, consultant: User, room: Room, upload: Upload, say: Any
    ) -> None:
        sent, waiting = upload(client_user, room), upload(client_user, room)
        say(client_user, room, "", attachments=[sent.pk])
        remove_participant(actor=consultant, participant=room.participants.get(user=client_user))
        for each in (sent, waiting):
            assert signed_in(client_user).get(f"/api/files/{each.pk}/").status_code == 404

    def test_what_somebody_cleared_is_gone_for_them(
        self, client_user: User, consultant: User, room: Room, upload: Upload, say: Any
    ) -> None:
        sent = upload(client_user, room)
        message = say(client_user, room, "", attachments=[sent.pk])
        places = room.conversation.members.filter(user=consultant)
        places.update(cleared_seq=message.seq)
        assert signed_in(consultant).get(f"/api/files/{sent.pk}/download/").status_code == 404
        assert signed_in(client_user).get(f"/api/files/{sent.pk}/").status_code == 200

    def test_it_is_downloaded_under_its_name_and_can_do_nothing(
        self, client_user: User, room: Room, upload: Upload
    ) -> None:
        kept = upload(client_user, room, 'Grüße "1".html', b"<script>alert(1)</script>")
        answer: Any = signed_in(client_user).get(f"/api/files/{kept.pk}/download/")
        assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == (
            "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe%20%221%22.html"
        )
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == (
            "default-src 'none'; frame-ancestors 'none'; sandbox"
        )
        assert answer["Content-Length"] == "25"
        assert {"private", "no-cache"} <= set(answer["Cache-Control"].split(", "))

    def test_it_is_what_it_is_whatever_is_accepted(
        self, client_user: User, room: Room, upload: Upload
    ) -> None:
        kept = upload(client_user, room)
        answer: Any = signed_in(client_user).get(
            f"/api/files/{kept.pk}/download/", HTTP_ACCEPT="application/octet-stream"
        )
        assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"The plan")

    @pytest.mark.parametrize(
        ("content", "kind", "way"),
        [
            (picture("PNG"), "image/png", "inline"),
            (
                b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                "application/octet-stream",
                "attachment",
            ),
            (b"%PDF-1.7", "application/octet-stream", "attachment"),
        ],
    )
    def test_pages_show_pictures_alone(
        self, client_user: User, room: Room, upload: Upload, content: bytes, kind: str, way: str
    ) -> None:
        kept = upload(client_user, room, "it.png", content)
        browser = Client()
        browser.force_login(client_user)
        answer: Any = browser.get(f"/files/{kept.pk}/", headers={"Accept-Encoding": "gzip"})
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"] == f'{way}; filename="it.png"'
        assert "Content-Encoding" not in answer
        assert b"".join(answer.streaming_content) == content

    def test_a_browser_asks_whether_it_may_still_have_it(
        self, client_user: User, room: Room, upload: Upload
    ) -> None:
        kept = upload(client_user, room)
        browser = Client()
        browser.force_login(client_user)
        first: Any = browser.get(f"/files/{kept.pk}/")
        assert b"".join(first.streaming_content) == b"The plan"
        tag = first["ETag"]
        answer = browser.get(f"/files/{kept.pk}/", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")

    def test_what_is_infected_or_lost_is_not_there(
        self, client_user: User, room: Room, upload: Upload, media: Path
    ) -> None:
        kept, lost = upload(client_user, room), upload(client_user, room)
        StoredFile.objects.filter(pk=kept.pk).update(status="infected")
        (media / str(lost.content)).unlink()
        for each in (kept, lost):
            address = f"/api/files/{each.pk}/download/"
            assert signed_in(client_user).get(address).status_code == 404


class TestDeleting:
    def test_ones_own_upload_and_its_content_go(
        self, client_user: User, room: Room, upload: Upload, media: Path
    ) -> None:
        kept = upload(client_user, room)
        with capture_events() as events, TestCase.captureOnCommitCallbacks(execute=True):
            answer = signed_in(client_user).delete(f"/api/files/{kept.pk}/")
        assert answer.status_code == 204
        assert names(events) == ["FileDeleted"]
        assert not (media / str(kept.content)).exists()
        kept.refresh_from_db()
        assert (kept.name, kept.sha256, str(kept.content)) == ("", "", "")
        assert signed_in(client_user).delete(f"/api/files/{kept.pk}/").status_code == 404

    def test_what_was_sent_stays_with_its_message(
        self, client_user: User, consultant: User, room: Room, upload: Upload, say: Any
    ) -> None:
        kept = upload(client_user, room)
        say(client_user, room, "", attachments=[kept.pk])
        statuses = [
            signed_in(person).delete(f"/api/files/{kept.pk}/").status_code
            for person in (client_user, consultant)
        ]
        assert statuses == [409, 403]

    def test_what_was_sent_at_this_moment_stays(
        self, client_user: User, room: Room, upload: Upload, say: Any
    ) -> None:
        before = upload(client_user, room)
        say(client_user, room, "", attachments=[before.pk])
        with refused(FileIsAttached):
            delete_file(actor=client_user, file=before)

    def test_twice_at_once_is_once(self, client_user: User, room: Room, upload: Upload) -> None:
        kept = upload(client_user, room)
        with capture_events() as events:
            for _ in range(2):
                delete_file(actor=client_user, file=kept)
        assert names(events) == ["FileDeleted"]


def test_what_was_sent_nowhere_is_forgotten_after_a_day(
    client_user: User, room: Room, upload: Upload, say: Callable[..., Message], media: Path
) -> None:
    forget_waiting()
    old, fresh, sent = (upload(client_user, room) for _ in range(3))
    say(client_user, room, "", attachments=[sent.pk])
    day = timezone.now() - timedelta(days=1, minutes=1)
    StoredFile.objects.exclude(pk=fresh.pk).update(created_at=day)
    with TestCase.captureOnCommitCallbacks(execute=True):
        forget_waiting()
    assert set(StoredFile.objects.kept()) == {fresh, sent}
    assert [(media / str(each.content)).exists() for each in (old, fresh, sent)] == [
        False, True, True,
    ]  # fmt: skip
    assert signed_in(client_user).get(f"/api/files/{uuid4()}/").status_code == 404
