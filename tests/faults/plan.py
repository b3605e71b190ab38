"""Schedules: pure functions of their seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

STEP_SECONDS = 2.6
"""People begin their steps within this time; a step that has to wait delays the next ones."""

FIRST_BREAKAGE_SECONDS, LAST_BREAKAGE_SECONDS = 0.2, 2.2

STEPS_PER_PERSON = (9, 15)
STEPS_APART = (2, 4)
BREAKAGES = (2, 5)


@dataclass(frozen=True)
class Kind:
    """Something that can be planned: who or what it may concern, how often, for how long."""

    name: str
    targets: tuple[str, ...]
    weight: int = 1
    seconds: tuple[float, float] = (0.0, 0.0)
    dice: str = ""
    """Planned by dice of this name: new kinds of steps, with a name of their own, leave the rest of
    each plan as it was, so that seeds go on finding what they are known to find."""


@dataclass(frozen=True, order=True)
class Planned:
    """Something at its moment (seconds from the beginning), with a number for its details."""

    at: float
    name: str
    target: str
    seconds: float
    number: int

    def __str__(self) -> str:
        duration = f" {self.seconds:.2f}s" if self.seconds else ""
        return f"{self.at:.2f} {self.name} {self.target}{duration}"


@dataclass(frozen=True)
class Schedule:
    """Everything that one seed plans."""

    seed: int
    steps: dict[str, list[Planned]]
    breakages: list[Planned] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"seed {self.seed}", "  breaks: " + ", ".join(map(str, self.breakages))]
        for person, steps in self.steps.items():
            lines.append(f"  {person}: " + ", ".join(f"{s.at:.2f} {s.name}" for s in steps))
        return "\n".join(lines)


def make_schedule(
    seed: int, people: Sequence[str], steps: Sequence[Kind], breakages: Sequence[Kind]
) -> Schedule:
    """The schedule of a seed. ``targets`` of a step are the people who may take it."""
    dice = random.Random(seed)
    apart: dict[str, list[Kind]] = {}
    for kind in steps:
        apart.setdefault(kind.dice, []).append(kind)
    steps = apart.pop("")
    planned = Schedule(
        seed=seed,
        steps={
            person: sorted(
                _planned(dice, _of(person, steps), 0, STEP_SECONDS)
                for _ in range(dice.randint(*STEPS_PER_PERSON))
            )
            for person in people
        },
        breakages=sorted(
            _planned(dice, breakages, FIRST_BREAKAGE_SECONDS, LAST_BREAKAGE_SECONDS)
            for _ in range(dice.randint(*BREAKAGES))
        ),
    )
    for name, kinds in apart.items():
        _plan_apart(planned, kinds, random.Random(f"{seed} {name}"))
    return planned


def _plan_apart(planned: Schedule, kinds: Sequence[Kind], dice: random.Random) -> None:
    for person, plan in planned.steps.items():
        if own := _of(person, kinds):
            number = dice.randint(*STEPS_APART)
            plan += [_planned(dice, own, 0, STEP_SECONDS) for _ in range(number)]
            plan.sort()


def _of(person: str, steps: Sequence[Kind]) -> list[Kind]:
    return [replace(kind, targets=(person,)) for kind in steps if person in kind.targets]


def _planned(dice: random.Random, kinds: Sequence[Kind], first: float, last: float) -> Planned:
    (kind,) = dice.choices(kinds, [kind.weight for kind in kinds])
    return Planned(
        at=round(dice.uniform(first, last), 3),
        name=kind.name,
        target=dice.choice(kind.targets),
        seconds=round(dice.uniform(*kind.seconds), 3),
        number=dice.randrange(1_000_000),
    )
