"""Files in a bucket: the real client against a small server that speaks as S3 does."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from pytest_django import Settings

from accounts.models import User
from consultsuite.settings.files import _object_storage
from files.models import StoredFile
from files.reading import read_words
from rooms.models import Room
from tests.api import signed_in

BUCKET = "/files-of-tests/"


class Bucket(BaseHTTPRequestHandler):
    """Keeps objects in memory."""

    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        """Keep one."""
        self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200)

    def do_GET(self) -> None:
        """One, or 404."""
        content = self.objects.get(self.path.partition("?")[0])
        self._answer(404 if content is None else 200, content or b"")

    def do_HEAD(self) -> None:
        """Whether there is one."""
        self.do_GET()

    def do_DELETE(self) -> None:
        """Forget one."""
        self.objects.pop(self.path, None)
        self._answer(204)

    def _answer(self, status: int, content: bytes = b"") -> None:
        assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Last-Modified", "Sat, 28 Nov 2026 12:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def bucket(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """What is in the bucket, by path; its server is up."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "S3_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
        "S3_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    before = settings.STORAGES
    settings.STORAGES = {**before, "default": _object_storage(BUCKET.strip("/"))}
    Bucket.objects.clear()
    yield Bucket.objects
    storage: Any = storages["default"]
    storage.connection.meta.client.close()
    server.shutdown()
    server.server_close()


def put(user: User, room: Room) -> Any:
    body = {
        "file": SimpleUploadedFile("plan.txt", b"The plan"),
        "conversation": str(room.conversation_id),
    }
    return signed_in(user).post("/api/files/upload/", body, format="multipart")


def test_files_are_kept_read_and_deleted_there(
    bucket: dict[str, bytes], client_user: User, room: Room
) -> None:
    answer = put(client_user, room)
    file = StoredFile.objects.get(pk=answer.json()["id"])
    assert bucket == {f"{BUCKET}{file.content}": b"The plan"}
    download: Any = signed_in(client_user).get(answer.json()["url"])
    assert b"".join(download.streaming_content) == b"The plan"
    assert read_words(file) == "The plan"
    with TestCase.captureOnCommitCallbacks(execute=True):
        signed_in(client_user).delete(f"/api/files/{file.pk}/")
    assert bucket == {}


def test_what_is_missing_there_is_not_found(
    bucket: dict[str, bytes], client_user: User, room: Room
) -> None:
    answer = put(client_user, room)
    bucket.clear()
    assert signed_in(client_user).get(answer.json()["url"]).status_code == 404


def test_a_bucket_that_does_not_answer_is_said(
    bucket: dict[str, bytes], client_user: User, room: Room, settings: Settings
) -> None:
    options = settings.STORAGES["default"]["OPTIONS"]
    options = {**options, "endpoint_url": "http://127.0.0.1:1"}
    settings.STORAGES = {
        **settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options},
    }  # fmt: skip
    answer = put(client_user, room)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:consultsuite:storage_away")
    assert not StoredFile.objects.exists()
