"""20,000 frames of all sorts over real sockets to the process that the Procfile starts.

Every bad frame is answered by an error, no socket is closed, no handler fails, nothing is stored
but the messages that were acknowledged, and the process does not grow. The same frames come each
time; `make fuzz` tries others and prints the seed, and `FUZZ_SEED=...` repeats them.
"""

import asyncio
import json
import os
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from websockets import ConnectionClosedError
from websockets.asyncio.client import ClientConnection, connect

from tests.fuzz.frames import FENCE, Frame, Ids, frames
from tests.processes import Suite

pytestmark = pytest.mark.processes

TIMES = int(os.environ.get("FUZZ", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "1" if TIMES == 1 else str(random.randrange(2**32))))
FRAMES = 20_000 * TIMES
DRAWN = FRAMES // 4
"""Each is sent four times, by different people among different others."""
AT_ONCE = 20
ON_A_SOCKET = 160
"""A socket may send 200 at once; fences take a few of them."""
SOCKETS_AT_ONCE = 8
ROUNDS = 4
MOST_ROUNDS = 12
GROWTH_MIB = 1
"""What leaks does so in every round after the first, however many there are; Python takes what it
keeps for itself, and a thread its arena, in some of them (12 MiB in one, none in the next)."""
SECONDS = 30

WRITTEN = {
    "core_event": "of messages, visits and refused attempts",
    "core_stream": "their heads",
    "messaging_message": "counted here",
    "messaging_conversationmember": "how far a sender has read",
    "rooms_participant": "when somebody came in",
    "rooms_visit": "entering and leaving",
    "accounts_user": "when somebody was last seen",
    "accounts_apitoken": "when it was used last",
}
"""Tables that valid frames write."""

NEWEST = ["last_message_seq", "last_message_at"]
"""Columns that go with each message; what else its conversation holds stays."""


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """One web process on services of its own."""
    suite = Suite(tmp_path_factory.mktemp("fuzz"))
    suite.webs = suite.webs[:1]
    try:
        suite.start()
        yield suite
    finally:
        suite.stop()


class Fuzz:
    """Sends frames and keeps what was wrong with the answers."""

    def __init__(self, suite: Suite, scene: dict[str, Any]) -> None:
        self.address = suite.webs[0].address
        self.tokens = scene["tokens"]
        self.acknowledged: set[str] = set()
        self.wrong: list[str] = []

    async def send_all(self, batch: list[Frame]) -> None:
        """Over new sockets, a few at a time, each carrying less than a flood."""
        parts = [batch[at : at + ON_A_SOCKET] for at in range(0, len(batch), ON_A_SOCKET)]
        waiting = list(enumerate(parts))

        async def work() -> None:
            while waiting:
                number, part = waiting.pop()
                await self._send(number, part)

        async with asyncio.timeout(SECONDS * TIMES + 120):
            await asyncio.gather(*(work() for _ in range(SOCKETS_AT_ONCE)))

    async def _send(self, number: int, part: list[Frame]) -> None:
        token = self.tokens[number % len(self.tokens)]
        try:
            async with _open(self.address, token) as socket:
                for at in range(0, len(part), AT_ONCE):
                    some = part[at : at + AT_ONCE]
                    for frame in some:
                        await socket.send(frame.data)
                    self._judge(some, await _answers(socket))
        except ConnectionClosedError as error:
            self.wrong.append(f"closed: {error}\n{part}")

    def _judge(self, some: list[Frame], answers: list[dict[str, Any]]) -> None:
        errors = [answer for answer in answers if answer["type"] == "error"]
        faults = [e for e in errors if e["code"] in ("failed", "unavailable", "rate_limited")]
        least = sum(frame.is_refused for frame in some)
        if faults or not least <= len(errors) <= len(some):
            self.wrong.append(f"{len(errors)} errors, {least} expected; {faults}\n{some}")
        self.acknowledged |= {a["message"]["id"] for a in answers if a["type"] == "ack"}


def test_malformed_frames_do_no_harm(suite: Suite) -> None:
    scene = suite.make_room()
    ids = Ids(
        room=_one(suite, "SELECT id::text FROM rooms_room"),
        conversation=scene["conversation"],
        stranger=_one(suite, "SELECT id::text FROM accounts_user WHERE is_system"),
    )
    print(f"FUZZ_SEED={SEED}")  # noqa: T201 - what a failure is repeated with
    batch = _drawn(ids)
    fuzz, stored = Fuzz(suite, scene), _stored(suite)
    sizes: list[float] = []
    grown: list[float] = []
    for number in range(MOST_ROUNDS):
        if number >= ROUNDS and min(grown) < GROWTH_MIB:
            break
        asyncio.run(fuzz.send_all(batch[number % ROUNDS :: ROUNDS]))
        sizes.append(_mebibytes(suite))
        grown = [later - before for before, later in pairwise(sizes)]
    print(f"{len(batch)} frames, {len(fuzz.acknowledged)} messages, MiB more: {grown}")  # noqa: T201
    assert not fuzz.wrong, "\n".join(["", *fuzz.wrong[:5]])
    assert suite.webs[0].log.read_text() == ""
    assert min(grown) < GROWTH_MIB
    texts = "SELECT count(*) FROM messaging_message WHERE message_type = 'text'"
    assert len(fuzz.acknowledged) > 100
    assert _one(suite, texts) == len(fuzz.acknowledged)
    assert _one(suite, "SELECT last_message_seq FROM messaging_conversation") == _one(
        suite, "SELECT max(seq) FROM messaging_message"
    )
    assert _stored(suite) == stored


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"\xff\xfe", 1007), (b"x" * (1024 * 1024 + 1), 1009)],
    ids=["UTF-8", "1 MiB"],
)
def test_what_is_no_frame_at_all_ends_its_own_socket_only(
    suite: Suite, data: bytes, code: int
) -> None:
    token = suite.make_room()["tokens"][0]

    async def converse() -> int:
        address = suite.webs[0].address
        async with _open(address, token) as bystander, _open(address, token) as socket:
            await socket.send(data, text=True)
            await asyncio.wait_for(socket.wait_closed(), SECONDS)
            assert [answer["type"] for answer in await _answers(bystander)] == []
            return int(socket.close_code)

    assert asyncio.run(converse()) == code


def _drawn(ids: Ids) -> list[Frame]:
    """Frames as hypothesis thinks of them, one by one: in lists most would be alike."""
    drawn: list[Frame] = []

    @seed(SEED)
    @settings(
        max_examples=DRAWN,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(frames(ids))
    def draw(one: Frame) -> None:
        drawn.append(one)

    draw()
    assert len({frame.data for frame in drawn}) > DRAWN / 2
    return random.Random(SEED).choices(drawn, k=FRAMES)


def _open(address: str, token: str) -> Any:
    return connect(
        address,
        subprotocols=[f"token.{token}"],  # type: ignore[list-item]  # a NewType of str
        proxy=None,
        compression=None,
        max_queue=None,
    )


async def _answers(socket: ClientConnection) -> list[dict[str, Any]]:
    """What comes before the answer to a frame sent now; broadcasts left out."""
    fence = f"{FENCE} {uuid4()}"
    await socket.send(json.dumps({"type": "subscribe", "id": fence, "stream": f"planet:{uuid4()}"}))
    answers = []
    while (answer := json.loads(await asyncio.wait_for(socket.recv(), SECONDS))).get("id") != fence:
        if answer["type"] in ("error", "ack"):
            answers.append(answer)
    return answers


def _one(suite: Suite, query: str) -> Any:
    with psycopg.connect(suite.postgres.url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def _stored(suite: Suite) -> dict[str, Any]:
    """Each table's number of rows and what they hold, but for what valid frames write."""
    with psycopg.connect(suite.postgres.url) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            )
            if name not in WRITTEN
        ]
        return {
            table: connection.execute(
                "SELECT count(*), sum(hashtextextended((to_jsonb(row) - %s::text[])::text, 0))"
                f' FROM "{table}" row',
                [NEWEST if table == "messaging_conversation" else []],
            ).fetchone()
            for table in tables
        }


def _mebibytes(suite: Suite) -> float:
    """Memory of the web process."""
    for line in (suite.webs[0].proc / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("VmRSS")
