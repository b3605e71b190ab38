"""What a bench writes: the shape that other programs rely on."""

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.result import RESULTS, Goal, Result, read, table

AT = datetime(2026, 3, 14, 9, 30, 12, 500, UTC)


def test_the_json_of_a_result(tmp_path: Path) -> None:
    result = Result(
        "sums",
        [{"case": "two", "ms": 1.23456, "lost": 0}],
        [Goal("ms at most", 1.23456, 2.0), Goal("times better", 9.99, 10, at_least=True)],
        {"cpu": "abacus", "cores": 2},
        AT,
    )
    path = result.write(tmp_path)
    assert path == tmp_path / "sums.json"
    assert json.loads(path.read_text()) == {
        "bench": "sums",
        "at": "2026-03-14T09:30:12Z",
        "machine": {"cpu": "abacus", "cores": 2},
        "rows": [{"case": "two", "ms": 1.23, "lost": 0}],
        "goals": [
            {"goal": "ms at most", "value": 1.23, "limit": 2.0, "met": True},
            {"goal": "times better", "value": 9.99, "limit": 10, "met": False},
        ],
    }
    assert read("sums", tmp_path)["rows"] == [{"case": "two", "ms": 1.23, "lost": 0}]


@pytest.mark.parametrize(
    ("value", "limit", "at_least", "is_met"),
    [
        (1.0, 1.0, False, True),
        (1.001, 1.0, False, False),
        (10, 10, True, True),
        (9.9, 10, True, False),
        (math.nan, 10, True, False),
        (math.nan, 10, False, False),
    ],
)
def test_when_a_goal_is_met(value: float, limit: float, at_least: bool, is_met: bool) -> None:
    assert Goal("g", value, limit, at_least).is_met is is_met


def test_what_never_came_is_told_in_words_that_json_has() -> None:
    goal = Goal("p99", math.inf, 10, at_least=True)
    data = Result("b", [{"case": "x", "p99_ms": math.inf, "lost": 3}], [goal], {}, AT).as_data()
    assert data["rows"] == [{"case": "x", "p99_ms": "never", "lost": 3}]
    assert data["goals"] == [{"goal": "p99", "value": "never", "limit": 10, "met": True}]
    json.dumps(data, allow_nan=False)


def test_rows_of_other_columns_are_tables_of_their_own() -> None:
    text = Result("b", [{"case": "x", "a": 1}, {"case": "y", "b": 2.5}], [], {}, AT).text()
    assert text == "\n== b ==\n\ncase  a\nx     1\n\ncase    b\ny     2.5\n"


def test_numbers_stand_to_the_right() -> None:
    assert table([{"case": "a", "n": 5}, {"case": "long", "n": 1500.0}]).splitlines() == [
        "case      n",
        "a         5",
        "long  1,500",
    ]


def committed() -> list[Path]:
    return sorted(RESULTS.glob("*.json"))


@pytest.mark.parametrize("path", committed(), ids=lambda path: path.stem)
def test_every_committed_result_has_the_shape(path: Path) -> None:
    result = read(path.stem)
    assert list(result) == ["bench", "at", "machine", "rows", "goals"]
    assert result["bench"] == path.stem
    assert datetime.fromisoformat(result["at"]).tzinfo is not None
    assert result["machine"]["cpu"]
    assert result["rows"]
    for row in result["rows"]:
        assert isinstance(row["case"], str)
        assert all(not isinstance(value, list | dict) for value in row.values())
    for goal in result["goals"]:
        assert list(goal) == ["goal", "value", "limit", "met"]
