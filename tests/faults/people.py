"""What a person's browser or script does, and what it has seen."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.live_client import ACK_SECONDS, LOST, Follower, Frame, LiveClient

FLEETING = ("signed_out", "unavailable")
TEMPORARY = (429, 502, 503, 504)
WAIT_SECONDS = (0.05, 0.3)
HTTP_SECONDS = 12.0
"""Longer than anything is stopped: a request that was given up might still be carried out later."""


@dataclass
class Said:
    """A message as its author knows it."""

    author: str
    client_id: str
    body: str
    """The last acknowledged wording."""
    message: Frame | None = None
    """As acknowledged, None while it is not."""
    is_refused: bool = False
    is_uncertain: bool = False
    """An attempt was not answered: it may have been stored all the same."""
    maybe: set[str] = field(default_factory=set)
    """Wordings whose edit was not answered and then refused."""
    is_deleted: bool = False
    maybe_deleted: bool = False
    file: str | None = None
    """The id of the file that it carries."""

    @property
    def words_of_file(self) -> str:
        """What is in its file."""
        return f"In the file of {self.client_id}"


@dataclass
class Later:
    """A message that is sent later, as its author knows it."""

    id: str
    said: Said
    is_cancelled: bool = False
    maybe_cancelled: bool = False


class Restricted:
    """When somebody was out of the room, or could only read: from the first request to take a
    right away to the acknowledged return of it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.began = time.monotonic()
        self.taken: float | None = None
        self.returning: float | None = None
        self.ended: float | None = None

    def touches(self, began: float, ended: float) -> bool:
        """Whether it overlaps a time."""
        return self.began <= ended and (self.ended is None or self.ended >= began)


class Person(LiveClient):
    """Follows a room and its conversation; writes through the socket and over HTTP."""

    def __init__(
        self, name: str, user_id: str, scene: dict[str, str], urls: list[str], *arguments: Any
    ) -> None:
        super().__init__(*arguments)
        self.name = name
        self.id = user_id
        self.conversation_id, self.room_id = scene["conversation"], scene["room"]
        self.conversation = Follower(self, f"conversation:{self.conversation_id}")
        self.room = Follower(self, f"room:{self.room_id}")
        self.followers = (self.conversation, self.room)
        self.said: list[Said] = []
        self.later: list[Later] = []
        self.reminders: dict[str, bool] = {}
        """By id, whether they were acknowledged as done."""
        self.reactions: dict[tuple[str, str], bool | None] = {}
        """By message and emoji, whether it was acknowledged as there; None: that is uncertain."""
        self.has_read = 0
        self.invited: list[str] = []
        self.restrictions: list[Restricted] = []
        self.refused_at: list[tuple[float, float, str]] = []
        self.surprises: list[str] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self._urls = urls
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._open = asyncio.Event()
        self._http = httpx.AsyncClient(timeout=HTTP_SECONDS, trust_env=False)

    @property
    def is_out(self) -> bool:
        """Whether they were removed and not added again."""
        return any(r.kind == "removed" and r.ended is None for r in self.restrictions)

    # The socket ---------------------------------------------------------------------------

    async def opened(self) -> None:
        """Follow both streams from where one was; whatever waits is sent again."""
        await self.follow()
        self._open.set()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result({"type": "again"})

    async def follow(self) -> None:
        """Ask for what was missed."""
        for follower in self.followers:
            await follower.subscribe()

    async def take(self, frame: Frame) -> None:
        """Take a frame, unless the person does not read at the moment."""
        await self.reads.wait()
        for follower in self.followers:
            await follower.take(frame)
        if frame["type"] in ("ack", "error") and frame.get("id") in self._answers:
            answer = self._answers[frame["id"]]
            if not answer.done():
                answer.set_result(frame)
        elif frame["type"] == "error" and "stream" not in frame and frame["code"] not in FLEETING:
            self.surprises.append(f"{self.name} got {frame}")

    async def close(self) -> None:
        """Close what is open over HTTP."""
        await self._http.aclose()

    # Writing ------------------------------------------------------------------------------

    async def send_by_socket(self, said: Said, body: str) -> Frame | None:
        """Send until it is acknowledged: the message; None when it was refused."""
        began = time.monotonic()
        while True:
            await self._open.wait()
            reference = str(uuid4())
            answer = self._answers[reference] = asyncio.get_running_loop().create_future()
            await self.say(
                type="message.send",
                id=reference,
                conversation=self.conversation_id,
                body=body,
                client_id=said.client_id,
            )
            frame: Frame = {"type": "again"}
            with contextlib.suppress(TimeoutError):
                frame = await asyncio.wait_for(answer, ACK_SECONDS)
            del self._answers[reference]
            if frame["type"] == "ack":
                message: Frame = frame["message"]
                return message
            if frame["type"] == "again":
                said.is_uncertain = True
            elif frame["code"] in ("not_found", "not_allowed"):
                self._was_refused(began, f"sending {body}: {frame['code']}")
                return None
            elif frame["code"] not in FLEETING:
                self.surprises.append(f"{self.name} sending {body}: {frame}")
            await self._wait()

    async def send_by_http(self, said: Said, body: str) -> Frame | None:
        """Send until it is acknowledged: the message; None when it was refused."""
        path = f"/api/conversations/{self.conversation_id}/messages/"
        content: dict[str, Any] = {"body": body, "client_id": said.client_id}
        if said.file is not None:
            content["attachments"] = [said.file]
        answer, is_uncertain = await self.ask("POST", path, content)
        said.is_uncertain = said.is_uncertain or is_uncertain
        message: Frame | None = answer.json() if answer.is_success else None
        return message

    async def upload(self, said: Said) -> str | None:
        """Upload the file that a message is to carry: its id; None when it was refused."""
        file = (f"{said.client_id}.txt", said.words_of_file.encode())
        content = {"conversation": self.conversation_id}
        answer, _ = await self.ask("POST", "/api/files/upload/", content, file)
        file_id: str | None = answer.json()["id"] if answer.is_success else None
        return file_id

    async def ask(
        self,
        method: str,
        path: str,
        content: dict[str, Any] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> tuple[httpx.Response, bool]:
        """Ask until there is an answer, by whichever process answers.

        With a ``file`` it is a form; a repeat is the same one. Returns the answer, and whether an
        earlier attempt had none: it may have been carried out.
        """
        body: dict[str, Any] = (
            {"data": content, "files": {"file": file}} if file else {"json": content}
        )
        headers = {"Idempotency-Key": str(uuid4())} if file else {}
        began, is_uncertain = time.monotonic(), False
        urls = list(self._urls)
        self.dice.shuffle(urls)
        while True:
            try:
                answer = await self._http.request(
                    method,
                    urls[0] + path,
                    headers={**headers, "Authorization": f"Token {self.token}"},
                    **body,
                )
            except (httpx.HTTPError, *LOST) as error:
                # Nothing was asked where nobody answered the call.
                is_uncertain = is_uncertain or not isinstance(error, httpx.ConnectError)
                urls.append(urls.pop(0))
                await self._wait()
                continue
            if answer.status_code in (403, 404):
                if "/participants/" not in path:  # there a repeat finds nobody any more
                    self._was_refused(began, f"{method} {path}: {answer.status_code}")
                return answer, is_uncertain
            if answer.is_success or answer.status_code == 409:
                return answer, is_uncertain
            if answer.status_code in TEMPORARY:
                is_uncertain = True
            elif answer.status_code != 401:  # signed out: again with the next token
                self.surprises.append(
                    f"{self.name} {method} {path}: {answer.status_code} {answer.text[:300]}"
                )
            await self._wait()

    async def ask_once(self, method: str, path: str) -> None:
        """Ask one process once, whatever comes of it."""
        headers = {"Authorization": f"Token {self.token}"}
        with contextlib.suppress(httpx.HTTPError, *LOST):
            await self._http.request(method, self._urls[0] + path, headers=headers)

    def _was_refused(self, began: float, what: str) -> None:
        self.refused_at.append((began, time.monotonic(), what))

    async def _wait(self) -> None:
        await asyncio.sleep(self.dice.uniform(*WAIT_SECONDS))
