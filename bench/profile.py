"""What a message costs the processor, step by step: which library, how many microseconds.

Every step is run alone, many times, in this process; what the whole takes beyond their sum is the
rest. docs/performance.md shows the table.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable
from uuid import uuid4

from django.db import close_old_connections, connection, transaction

from accounts.models import User
from bench.listener import marked
from bench.result import Result, Row
from bench.scene import Scene, make_scene
from bench.ways import HttpWay, another, api_way, form_way
from core.authentication import Credentials
from core.context import Origin, acting_from
from core.frames import on_the_wire
from core.insertion import insert
from core.limits import spend
from core.models import Event
from core.publish import _append, _publish
from core.rendering import frames
from messaging.consumers import send
from messaging.events import MessageEdited
from messaging.fragments import message_html
from messaging.markdown import render_markdown
from messaging.models import Message
from messaging.queries.conversations import still_so, visible_conversation

TIMES = 20 if "QUICK" in os.environ else 400
ORIGIN = Origin(ip="127.0.0.1", user_agent="bench", session="bench")
WHOLE, ALONE, STEP = "whole", "to compare", "step"


def cost(step: Callable[[], object]) -> float:
    """Processor microseconds of one call, all threads, user and system."""
    for _ in range(TIMES // 10):
        step()
    began = time.process_time()
    for _ in range(TIMES):
        step()
    return (time.process_time() - began) / TIMES * 1e6


def ask() -> None:
    """The smallest question to PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def borrow() -> None:
    """The same, with a connection from the pool."""
    close_old_connections()
    ask()
    close_old_connections()


def commit() -> None:
    """A transaction around it."""
    with transaction.atomic():
        ask()


class Steps:
    """The steps of one message in a scene, each as it is called there."""

    def __init__(self, scene: Scene) -> None:
        self.conversation = scene.room.conversation
        self.credentials = Credentials(token=scene.host_token)
        holder = self.credentials.holder()
        if holder is None:
            raise RuntimeError("the token of the scene does not work")
        self.person = holder.person
        self.number = 0
        self.message = self._stored()
        self.event = Event.objects.filter(name="MessageSent").latest("pk")
        self.event.about = self.message
        (self.frame,) = frames(self.conversation.stream, [self.event])

    def _stored(self) -> Message:
        with acting_from(ORIGIN):
            answer = send(self.person, self._content())
        return Message.objects.select_related("author").get(pk=answer["message"]["id"])

    def _content(self) -> dict[str, str]:
        return {"conversation": str(self.conversation.pk), "body": another()} | {
            "client_id": str(uuid4())
        }

    def whole(self) -> None:
        """What a frame does in its thread."""
        close_old_connections()
        with acting_from(ORIGIN):
            holder = self.credentials.holder()
            if holder is not None:
                send(holder.person, self._content())
        close_old_connections()

    def append(self) -> None:
        """The event in its transaction, without publishing it."""
        with transaction.atomic():
            event = MessageEdited(message_id=self.message.pk)
            _append(event, self.conversation.stream, self.person)

    def row(self) -> None:
        """The message's own row."""
        self.number -= 1
        insert(
            Message(
                conversation=self.conversation,
                author=self.person,
                body=self.message.body,
                body_html=self.message.body_html,
                seq=self.number,
            ),
            only_if=still_so(self.person, self.conversation),
        )

    def of_a_message(self) -> dict[tuple[str, str], Callable[[], object]]:
        """Each step with its words and the library that it mostly is."""
        return {
            ("the person behind the token", "psycopg"): self.credentials.holder,
            ("two limits counted", "limits, redis"): lambda: spend(
                "message", person=self.person.pk, address="127.0.0.1"
            ),
            ("the conversation and what one may do there", "psycopg"): lambda: visible_conversation(
                self.person, self.conversation.pk
            ),
            ("Markdown to safe HTML", "markdown-it, nh3"): lambda: render_markdown(marked(0)),
            ("transaction with the event", "psycopg, Django"): self.append,
            ("the message's row, if nothing has changed", "psycopg, Django"): self.row,
            ("its HTML, as JSON, published", "Django templates, json, redis"): lambda: _publish(
                self.conversation.stream, self.event
            ),
        }


def request(way: HttpWay) -> Callable[[], None]:
    """A whole request through the application, from the event loop and back."""
    from consultsuite.asgi import application

    loop = asyncio.new_event_loop()
    headers = [(name.lower().encode(), value.encode()) for name, value in way.headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": way.path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 1),
    }

    async def answer() -> None:
        body = way.encode()
        length = (b"content-length", str(len(body)).encode())

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body}

        async def take(message: dict[str, int]) -> None:
            if message.get("status", 201) != 201:
                raise RuntimeError(f"{way.path} answered {message['status']}")

        await application({**scope, "headers": [*scope["headers"], length]}, receive, take)

    return lambda: loop.run_until_complete(answer())


def kernel_send(frame: bytes) -> Callable[[], None]:
    """The system call alone that writes a frame to a connection on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        writer = socket.create_connection(server.getsockname())
        reader, _ = server.accept()

    def write() -> None:
        writer.sendall(frame)
        if len(reader.recv(len(frame), socket.MSG_DONTWAIT | socket.MSG_TRUNC)) != len(frame):
            raise RuntimeError("the frame has not arrived whole")

    return write


def run() -> Result:
    """The steps, the whole, and what they are to be compared with."""
    scene = make_scene(2)
    steps = Steps(scene)
    wholes: dict[str, Callable[[], object]] = {
        "a message through the socket": steps.whole,
        "a message through the API": request(api_way(scene)),
        "a message through the form": request(form_way(scene)),
    }
    rows: list[Row] = [_row(words, WHOLE, "", cost(step)) for words, step in wholes.items()]
    in_steps = {words: cost(step) for words, step in steps.of_a_message().items()}
    in_steps["a connection from the pool, which lives", "psycopg_pool"] = cost(borrow) - cost(ask)
    rows += [_row(words, STEP, library, us) for (words, library), us in in_steps.items()]
    rest = float(rows[0]["cpu_us"]) - sum(in_steps.values())
    rows.append(_row("the rest: what is cold when the steps take turns", STEP, "", rest))
    person = steps.person.pk
    alone: dict[tuple[str, str], Callable[[], object]] = {
        ("SELECT 1", "psycopg"): ask,
        ("SELECT 1 in a transaction", "psycopg"): commit,
        ("a person by key, as Django builds it", "Django"): lambda: User.objects.get(pk=person),
        ("the HTML of a message", "Django templates"): lambda: message_html(steps.message),
        ("a frame written and read by the kernel", "Linux"): kernel_send(
            on_the_wire(steps.frame.text)
        ),
    }
    rows += [_row(words, ALONE, library, cost(step)) for (words, library), step in alone.items()]
    return Result("profile", rows)


def _row(words: str, kind: str, library: str, us: float) -> Row:
    return {"case": words, "kind": kind, "library": library, "cpu_us": us}
