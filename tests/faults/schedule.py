"""One schedule, from its beginning to its verdict."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from tests.faults import breakages, steps
from tests.faults.invariants import INVARIANTS
from tests.faults.mutations import SEEDS
from tests.faults.people import Person
from tests.faults.plan import Planned, Schedule, make_schedule
from tests.faults.world import HEALTH_SECONDS, World
from tests.live_client import until

WORK_SECONDS = 60.0
"""Longest until everybody has an answer to everything, long after the last breakage."""

SETTLE_SECONDS = 20.0
"""Longest until everybody has seen everything and everybody's presence is right."""

LIVE_SECONDS = 6.0
"""Longest until broadcasts arrive again everywhere, or the log is read instead of them."""

DUE_SECONDS = 20.0
"""Longest until a worker that was just started has done what is due."""

ERRAND_SECONDS = 30.0
"""Longest until what a killed worker had begun is done by another, or tried again once."""


def plan_of(seed: int) -> Schedule:
    """The schedule of a seed."""
    return make_schedule(seed, steps.PEOPLE, steps.KINDS, breakages.KINDS)


class Broken(AssertionError):
    """An invariant does not hold; says which, and what happened."""

    def __init__(self, run: "Run") -> None:
        super().__init__("\n".join([*run.complaints[:40], str(run.schedule), *run.log]))
        self.run = run


class Run:
    """One schedule as it happens, and then as evidence."""

    patience = 1.0
    """How much of these times it waits."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.schedule = plan_of(seed)
        self.people: dict[str, Person] = {}
        self.room_id = self.conversation_id = ""
        self.complaints: list[str] = []
        self.broken: set[str] = set()
        """Invariants that do not hold, and what did not happen in time."""
        self.seconds = 0.0
        """From its beginning to its verdict."""
        self.log: list[str] = []
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._began = time.monotonic()

    def lock(self, what: str) -> asyncio.Lock:
        """Held while something is broken: it is not broken twice at once."""
        return self._locks[what]

    def complain(self, text: str) -> None:
        """Something is wrong, whatever the invariants say."""
        self.complaints.append(text)
        self.note(text)

    def note(self, text: str) -> None:
        """Keep what happened."""
        self.log.append(f"{time.monotonic() - self._began:6.2f} {text}")

    async def perform(self) -> None:
        """Do everything; raises `Broken`."""
        began = time.monotonic()
        await self._gather_people()
        sockets = [asyncio.ensure_future(person.run()) for person in self.people.values()]
        try:
            if await self._in_time("everybody is there", SETTLE_SECONDS, self.arrived):
                self._began = time.monotonic()
                await self._in_time(
                    "everybody has an answer", WORK_SECONDS * self.patience, self._work
                )
                await self._in_time("health is ok", HEALTH_SECONDS, self.world.healthy)
                await self._in_time("what is due is done", DUE_SECONDS, self.due)
                await self._in_time("all is seen", SETTLE_SECONDS * self.patience, self.settled)
                await self._in_time("all is live again", LIVE_SECONDS * self.patience, self.live)
                await self._in_time("what follows is done", ERRAND_SECONDS, self.followed)
            for person, socket in zip(self.people.values(), sockets, strict=True):
                if socket.done():
                    self.complain(f"{person.name} gave up: {socket.exception()!r}")
            found = await asyncio.gather(*(holds(self) for holds in INVARIANTS.values()))
            for name, texts in zip(INVARIANTS, found, strict=True):
                self.broken |= {name} if texts else set()
                self.complaints += [f"{name}: {text}" for text in texts]
        finally:
            for task in sockets:
                task.cancel()
            await asyncio.gather(*sockets, return_exceptions=True)
            for person in self.people.values():
                await person.close()
        self.seconds = time.monotonic() - began
        if self.complaints:
            raise Broken(self)
        self.world.tokens = {name: person.token for name, person in self.people.items()}

    async def _gather_people(self) -> None:
        world, seed = self.world, self.schedule.seed
        async with asyncio.timeout(2 * HEALTH_SECONDS):
            await world.healthy()
        world.said()
        ids, (tokens, world.tokens) = world.people, (world.tokens, {})
        others = {ids[name]: role for name, role in steps.ROLES.items()}
        scene = await world.inside("room", ids[steps.HOST], others)
        self.room_id, self.conversation_id = scene["room"], scene["conversation"]
        for place, name in enumerate(steps.PEOPLE):
            turn = place % 2  # every second one begins at the other process
            webs = world.webs[turn:] + world.webs[:turn]
            self.people[name] = Person(
                name,
                ids[name],
                scene,
                [web.url for web in webs],
                [web.address for web in webs],
                tokens.get(name) or await world.inside("token", ids[name]),
                random.Random(f"{seed} {name}"),
            )

    async def _work(self) -> None:
        await asyncio.gather(
            *(self._break(planned) for planned in self.schedule.breakages),
            *(self._live(self.people[name], plan) for name, plan in self.schedule.steps.items()),
        )

    async def _live(self, person: Person, plan: list[Planned]) -> None:
        for planned in plan:
            await self._until(planned.at)
            self.note(f"{person.name} {planned.name}")
            await steps.STEPS[planned.name](self, person, planned.number)

    async def _break(self, planned: Planned) -> None:
        await self._until(planned.at)
        self.note(f"--- {planned.name} {planned.target} {planned.seconds:.2f}")
        await breakages.BREAKAGES[planned.name](self, planned.target, planned.seconds)
        self.note(f"--- {planned.name} {planned.target} is over")
        # Whatever else is broken at this moment ends in a few seconds.
        await self._in_time(f"well after {planned.name}", HEALTH_SECONDS, self.world.healthy)

    async def _until(self, at: float) -> None:
        await asyncio.sleep(self._began + at - time.monotonic())

    async def _in_time(
        self, what: str, seconds: float, work: Callable[[], Awaitable[None]]
    ) -> bool:
        self.note(f"... {what}")
        try:
            async with asyncio.timeout(seconds):
                await work()
        except TimeoutError:
            self.complain(f"not within {seconds:.0f} s: {what}")
            self.broken.add(what)
            return False
        return True

    # What is waited for -------------------------------------------------------------------

    @property
    def members(self) -> list[Person]:
        """Those who are in the room."""
        return [person for person in self.people.values() if not person.is_out]

    async def arrived(self) -> None:
        """Everybody follows the room and the conversation."""
        await until(lambda: all(f.is_on for person in self.members for f in person.followers))
        while await self.wrong_presence():  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.1)

    async def due(self) -> None:
        """Nothing waits whose time has come."""
        while await self.world.rows(
            "SELECT 1 FROM messaging_scheduledmessage WHERE state = 'waiting' AND send_at <= now()"
            " UNION ALL"
            " SELECT 1 FROM messaging_reminder WHERE state = 'waiting' AND remind_at <= now()"
        ):
            await self.world.inside("ask_worker_to_do_what_is_due")
            await asyncio.sleep(0.3)

    async def settled(self) -> None:
        """Who is here is right, and everybody has seen everything."""
        while await self.unseen() or await self.wrong_presence():  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def live(self) -> None:
        """What is said now reaches everybody by itself: nobody had to ask for it."""
        followers = [person.conversation for person in self.members]
        while True:
            before = [follower.subscriptions for follower in followers]
            host = self.people[steps.HOST]
            await steps.STEPS["post"](self, host, 0)
            message = host.said[-1].message
            assert message is not None, "a host may write"
            number = message["seq"]
            await until(lambda: all(f.number >= number for f in followers))  # noqa: B023
            if before == [follower.subscriptions for follower in followers]:
                return

    async def followed(self) -> None:
        """Whatever follows an event in the background is done."""
        await self.world.inside("let_time_pass_for_errands")
        while await self.world.rows("SELECT 1 FROM core_errand WHERE due_at IS NOT NULL LIMIT 1"):
            await self.world.inside("ask_worker_to_queue_errands")
            await asyncio.sleep(0.3)
        while await self.world.rows(
            "SELECT 1 FROM files_filetext WHERE state = 'waiting' AND place_id = %s LIMIT 1",
            self.conversation_id,
        ):
            await self.world.inside("ask_worker_to_read_documents")
            await asyncio.sleep(0.3)

    async def unseen(self) -> list[str]:
        """Who has not seen which event yet."""
        heads = dict(
            await self.world.rows(
                "SELECT kind || ':' || object_id, head FROM core_stream"
                " WHERE object_id IN (%s, %s)",
                self.room_id,
                self.conversation_id,
            )
        )
        return [
            f"{person.name} is at {follower.number} of {heads[follower.stream]} in"
            f" {follower.stream}; {follower.refusals[-1:]}"
            for person in self.members
            for follower in person.followers
            if follower.number < heads[follower.stream]
        ]

    async def wrong_presence(self) -> list[str]:
        """Whose stay or presence is not what it should be."""
        ids = {person.id: person.name for person in self.people.values()}
        here = {person.name for person in self.members}
        staying = [ids[user_id] for user_id in await self.world.inside("open_visits", self.room_id)]
        present = {
            ids[user_id]: state
            for user_id, state in (
                await self.world.inside("present", self.room_id, list(ids))
            ).items()
        }
        wrong = []
        if sorted(staying) != sorted(here):
            wrong.append(f"in the room are {sorted(here)}, stays are open of {sorted(staying)}")
        if present != dict.fromkeys(here, "active"):
            wrong.append(f"in the room are {sorted(here)}, present are {present}")
        return wrong


class Doubting(Run):
    """A schedule that is expected to go wrong: once it has, it waits for nothing more."""

    patience = 0.4

    async def settled(self) -> None:
        """At once where somebody was surprised already."""
        if not self._is_surprised:
            await super().settled()

    async def live(self) -> None:
        """At once where somebody was surprised already."""
        if not self._is_surprised:
            await super().live()

    @property
    def _is_surprised(self) -> bool:
        return any(
            person.surprises or any(follower.surprises for follower in person.followers)
            for person in self.people.values()
        )


async def perform(world: World, seed: int) -> Run:
    """Run the schedule of a seed; raises `Broken`."""
    if world.mutation:
        await world.mutate("")
    run = Run(world, seed)
    await run.perform()
    return run


async def perform_with(world: World, seed: int, mutation: str) -> Run:
    """Run the schedule of a seed where the product has a defect; raises `Broken`."""
    if world.mutation != mutation:
        await world.mutate(mutation)
    run = Doubting(world, seed)
    await run.perform()
    return run


async def see(world: World, mutation: str) -> Run:
    """Run the schedule that is known to find a defect: what became of it, whatever that is."""
    try:
        return await perform_with(world, SEEDS[mutation][0], mutation)
    except Broken as broken:
        return broken.run
