"""What a bench found, as JSON (the contract's shape) and as tables."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import rounded
from bench.machine import Machine, this_machine

RESULTS = Path(__file__).resolve().parent / "results"

Value = float | int | str | bool
Row = dict[str, Value]


@dataclass(frozen=True)
class Goal:
    """What was to be reached: ``value`` at most ``limit``, or with ``at_least`` at least."""

    goal: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it was reached; a figure that is no number never is."""
        if math.isnan(self.value):
            return False
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def as_data(self) -> dict[str, Value]:
        """As the result's JSON has it."""
        return {
            "goal": self.goal,
            "value": _kept(self.value),
            "limit": self.limit,
            "met": self.is_met,
        }


@dataclass(frozen=True)
class Result:
    """One bench's rows and goals. Rows of one bench may differ in their columns."""

    bench: str
    rows: list[Row]
    goals: list[Goal] = field(default_factory=list)
    machine: Machine = field(default_factory=this_machine)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def as_data(self) -> dict[str, Any]:
        """``{"bench", "at", "machine", "rows", "goals"}``."""
        return {
            "bench": self.bench,
            "at": self.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "machine": self.machine,
            "rows": [{name: _kept(value) for name, value in row.items()} for row in self.rows],
            "goals": [goal.as_data() for goal in self.goals],
        }

    def write(self, directory: Path = RESULTS) -> Path:
        """Write ``<bench>.json``; returns its path."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{self.bench}.json"
        path.write_text(json.dumps(self.as_data(), indent=2, ensure_ascii=False) + "\n")
        return path

    def text(self) -> str:
        """Tables for a terminal."""
        data = self.as_data()
        tables = [
            table([row for row in data["rows"] if list(row) == list(columns)])
            for columns in dict.fromkeys(tuple(row) for row in data["rows"])
        ]
        if data["goals"]:
            tables.append(table([_goal_words(goal) for goal in data["goals"]]))
        return f"\n== {self.bench} ==\n\n" + "\n\n".join(tables) + "\n"


def read(name: str, directory: Path = RESULTS) -> dict[str, Any]:
    """A bench's result as it was last written."""
    result: dict[str, Any] = json.loads((directory / f"{name}.json").read_text())
    return result


def table(rows: list[Row]) -> str:
    """Rows of the same columns, numbers to the right."""
    columns = list(rows[0])
    cells = [columns, *([_cell(row[name]) for name in columns] for row in rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    is_text = [isinstance(rows[0][name], str) for name in columns]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(line, widths, is_text, strict=True)
        ).rstrip()
        for line in cells
    )


def _kept(value: Value) -> Value:
    """As the JSON has it, which knows no infinity: how long something took that never came."""
    if isinstance(value, float):
        return rounded(value) if value < math.inf else "never"
    return value


def _goal_words(goal: Mapping[str, Value]) -> Row:
    return {**goal, "met": "yes" if goal["met"] else "NO"}


def _cell(value: Value) -> str:
    return f"{value:,.12g}" if isinstance(value, float) else str(value)
