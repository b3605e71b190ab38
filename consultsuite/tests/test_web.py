"""What the web process sets up before it serves."""

import subprocess
import sys

from consultsuite.tests.processes import ROOT
from consultsuite.web import OBJECTS_BETWEEN_COLLECTIONS

LOOK = """
import gc
from consultsuite.web import collect_seldom
collect_seldom()
loaded = gc.get_freeze_count()
found = []
gc.callbacks.append(lambda phase, info: found.append(info["generation"]))
kept = [[] for _ in range(20_000)]
print(gc.get_threshold()[0], loaded > 10_000, found)
"""


def test_garbage_is_collected_seldom_and_not_among_what_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == [str(OBJECTS_BETWEEN_COLLECTIONS), "True", "[]"], done.stderr
