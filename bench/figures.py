"""The arithmetic of the figures: percentiles, medians, ratios."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

DIGITS = 3
"""Significant digits that are kept: more would claim a precision that no run has."""


def percentile(values: Sequence[float], part: float) -> float:
    """The nearest-rank percentile, ``part`` from 0 to 1: a value that was really measured.

    Raises `ValueError` for no values: what was not measured has no percentile.
    """
    if not values:
        raise ValueError("There are no values.")
    if not 0 <= part <= 1:
        raise ValueError(f"{part} is not between 0 and 1.")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def median_row(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure over several runs of one case."""
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def ratio(value: float, other: float) -> float:
    """How many times ``other`` the value is; infinite where ``other`` is nothing."""
    return value / other if other else math.inf


def alternating(names: Sequence[str], runs: int) -> list[str]:
    """A B C, C B A, A B C ...: so that what drifts meanwhile falls on all of them."""
    return [
        name for run in range(runs) for name in (names if run % 2 == 0 else list(reversed(names)))
    ]


def rounded(value: float, digits: int = DIGITS) -> float:
    """The value with that many significant digits; whole numbers stay whole."""
    if isinstance(value, int) or not math.isfinite(value) or value == 0:
        return value
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def spread(values: Iterable[float]) -> float:
    """Largest divided by smallest: how far apart the runs of one case were."""
    present = list(values)
    return ratio(max(present), min(present))
