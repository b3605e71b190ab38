"""The arithmetic of the benches."""

import math

import pytest

from bench.figures import alternating, median_row, percentile, ratio, rounded, spread


@pytest.mark.parametrize(
    ("part", "value"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.505, 51), (0.99, 99), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_measured(part: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), part) == value


def test_a_percentile_of_one_value_is_that_value() -> None:
    assert [percentile([7.5], part) for part in (0.0, 0.5, 0.99)] == [7.5] * 3


@pytest.mark.parametrize(("values", "part"), [([], 0.5), ([1.0], -0.1), ([1.0], 99)])
def test_what_has_no_percentile_is_refused(values: list[float], part: float) -> None:
    with pytest.raises(ValueError, match=r"no values|not between"):
        percentile(values, part)


def test_medians_are_taken_figure_by_figure() -> None:
    rows = [{"a": 1.0, "b": 30.0}, {"a": 5.0, "b": 10.0}, {"a": 3.0, "b": 20.0}]
    assert median_row(rows) == {"a": 3.0, "b": 20.0}
    assert median_row(rows[:2]) == {"a": 3.0, "b": 20.0}


def test_ratios() -> None:
    assert (ratio(3, 2), ratio(0, 2), ratio(1, 0)) == (1.5, 0, math.inf)
    assert spread([2.0, 4.0, 3.0]) == 2.0


def test_runs_alternate_there_and_back() -> None:
    assert "".join(alternating(list("ABC"), 3)) == "ABCCBAABC"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.0123456, 0.0123),
        (1234.5, 1230),
        (99.96, 100),
        (2200, 2200),
        (0.0, 0.0),
        (-0.5678, -0.568),
    ],
)
def test_three_digits_are_kept(value: float, kept: float) -> None:
    assert rounded(value) == kept


def test_what_is_no_number_stays_so() -> None:
    assert math.isnan(rounded(math.nan))
    assert rounded(math.inf) == math.inf
