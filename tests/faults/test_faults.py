"""Thirty schedules, on two sets of processes; and that the invariants find what is wrong."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any

import psycopg
import pytest

from tests.faults.invariants import INVARIANTS
from tests.faults.mutations import MUTATIONS
from tests.faults.mutations import SEEDS as SEEDS_OF_DEFECTS
from tests.faults.schedule import Broken, Run, perform, plan_of, see
from tests.faults.world import HEALTH_SECONDS, World
from tests.faults.worlds import Worlds

pytestmark = pytest.mark.processes

SEEDS = range(30)
"""The same in each run of the tests, so that a red one is about the change; `make faults` takes
others each time."""

LEAVE_SECONDS = 30


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Services, two web processes, worker and beat, twice."""
    worlds = Worlds(tmp_path_factory.mktemp("worlds"))
    try:
        yield worlds
    finally:
        worlds.stop()


@pytest.fixture(scope="module")
def jobs(request: pytest.FixtureRequest, worlds: Worlds) -> dict[int, Future[Run]]:
    """Every schedule that is to be tested, begun: the tests wait for what comes of each."""
    tests = [item for item in request.session.items if isinstance(item, pytest.Function)]
    here = [test for test in tests if test.originalname == test_schedule.__name__]
    seeds: list[Any] = [test.callspec.params["seed"] for test in here]
    return {seed: worlds.run(partial(perform, seed=seed)) for seed in seeds}


def test_plan_is_a_function_of_its_seed() -> None:
    assert str(plan_of(1)) == str(plan_of(1))
    assert plan_of(1) == plan_of(1) != plan_of(2)


@pytest.mark.parametrize("seed", SEEDS)
def test_schedule(jobs: dict[int, Future[Run]], seed: int) -> None:
    """What the seed plans happens, and every invariant holds."""
    jobs[seed].result()


class Spoilt(Run):
    """A schedule without breakages, whose result is changed behind the product's back."""

    async def followed(self) -> None:
        """Spoil what is stored, once everything is as it should be."""
        await super().followed()
        await asyncio.to_thread(self._spoil)

    def _spoil(self) -> None:
        ids = {"conversation": self.conversation_id, "room": self.room_id}
        with psycopg.connect(self.world.postgres.url) as connection:
            for statement in SPOILING:
                assert connection.execute(statement, ids).rowcount > 0, statement
        self.people["mara"].invited.append("nobody@demo.test")
        for person in self.people.values():
            person.conversation.surprises.append("seen twice")
            person.surprises.append("refused")


OWN_MESSAGE = (
    "(SELECT id FROM messaging_message WHERE conversation_id = %(conversation)s"
    " AND message_type = 'text' AND deleted_at IS NULL ORDER BY seq LIMIT 1)"
)
SPOILING = (
    f"UPDATE messaging_message SET body = 'spoilt' WHERE id = {OWN_MESSAGE}",
    "UPDATE core_stream SET head = head + 1 WHERE object_id = %(room)s",
    "DELETE FROM rooms_roomuserobjectpermission WHERE content_object_id = %(room)s",
    "UPDATE rooms_visit SET ended_at = now() WHERE ended_at IS NULL",
    (
        "UPDATE messaging_scheduledmessage SET state = 'sent', message_id = NULL, body = ''"
        " WHERE conversation_id = %(conversation)s"
    ),
    (
        "DELETE FROM messaging_reminder WHERE message_id IN"
        " (SELECT id FROM messaging_message WHERE conversation_id = %(conversation)s)"
    ),
    (
        "DELETE FROM messaging_reaction WHERE message_id IN"
        " (SELECT id FROM messaging_message WHERE conversation_id = %(conversation)s)"
    ),
    "UPDATE messaging_readmark SET seq = seq + 1 WHERE conversation_id = %(conversation)s",
    "UPDATE core_errand SET done_at = NULL WHERE id = (SELECT max(id) FROM core_errand)",
)


async def _spoil(world: World) -> Run:
    run = Spoilt(world, 1)
    run.schedule.breakages.clear()
    with pytest.raises(Broken):
        await run.perform()
    with psycopg.connect(world.postgres.url) as connection:  # for whoever comes next
        connection.execute(
            "UPDATE core_stream SET head = head - 1 WHERE object_id = %s", [run.room_id]
        )
        connection.execute("UPDATE core_errand SET done_at = now() WHERE done_at IS NULL")
    return run


def test_what_is_spoilt_is_found(worlds: Worlds) -> None:
    """An invariant that never complains would be worth nothing."""
    run = worlds.run(_spoil).result()
    assert run.broken == {
        "acknowledged messages are stored once with their last words",
        "numbers have no gaps",
        "everybody sees what is stored",
        "every number came once and in order",
        "only those without the right are refused",
        "grants equal roles",
        "stays and presence are right",
        "what follows an event is done",
        "mail goes out once",
        "what was scheduled is sent once",
        "what was to be reminded of is told once at least",
        "acknowledged reactions are there once",
        "what was seen is told and never taken back",
    }
    assert run.broken < set(INVARIANTS)


TRIES = 3

MAKE_ALL = """
import django
django.setup()
from tests.faults.mutations import MUTATIONS
for make in MUTATIONS.values():
    make()
"""


def test_defects_find_what_they_change() -> None:
    """Each can be made: what it replaces is still called so."""
    subprocess.run([sys.executable, "-c", MAKE_ALL], check=True)


def test_a_defect_is_seen(worlds: Worlds) -> None:
    """One of those that `make faults MUTATIONS=1` makes on purpose, each with a schedule that is
    known to find it: where two do something at the same moment, not at every try."""
    mutation = "sent-twice-is-two-messages"
    runs = (worlds.run(partial(see, mutation=mutation)).result() for _ in range(TRIES))
    assert any(SEEDS_OF_DEFECTS[mutation][1] in run.broken for run in runs)
    assert SEEDS_OF_DEFECTS.keys() == MUTATIONS.keys()


async def _everybody_leaves(world: World) -> None:
    async with asyncio.timeout(HEALTH_SECONDS):
        await world.healthy()
    async with asyncio.timeout(LEAVE_SECONDS):
        while await world.inside("open_visits"):
            await world.inside("ask_worker_to_close_stale_visits")
            await asyncio.sleep(1)
    assert world.beat.is_running


def test_everybody_has_left(worlds: Worlds) -> None:
    """When all have gone, beat and worker end the stays that nobody could end; none is left."""
    assert worlds.started
    for world in worlds.started:
        asyncio.run(_everybody_leaves(world))
