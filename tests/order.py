"""Which worker of pytest-xdist runs which tests, and in which order.

What takes longest comes first, so that no worker is idle at the end while another is still at it.
xdist's own groups are marks that it writes into the tests' ids, which pytest 9.2 does not let it.
"""

import os

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = (
    "tests/faults/",
    "tests/fuzz/test_sockets.py",
    "tests/browser/",
    "tests/test_restart.py",
    "tests/test_nothing_lost.py",
    "tests/test_ended_everywhere.py",
    "tests/fuzz/",
    "tests/permissions/",
    "consultsuite/",
    "core/tests/test_logs.py",
)
"""Then comes everything else, as collected."""

TOGETHER = ("tests/faults/", "tests/browser/", "tests/fuzz/test_sockets.py", "tests/test_")
"""Below these a module's tests share what takes long to start: one worker runs them all."""


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands out single tests, and the modules of `TOGETHER`, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid


def _place(item: pytest.Item) -> int:
    starts = map(item.nodeid.startswith, LONGEST_FIRST)
    return next((place for place, is_here in enumerate(starts) if is_here), len(LONGEST_FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests, where there are workers to share them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Instead of those that `--dist` names."""
    config.option.loadscopereorder = False  # by number of tests, which says nothing here
    return Scheduling(config, log)
