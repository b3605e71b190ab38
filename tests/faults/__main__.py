"""`make faults`: run schedules, and print each seed that breaks something, with what happened."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.schedule import Broken, perform, plan_of
from tests.faults.world import World


def main() -> int:
    """1 when a schedule failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--number", type=int, default=30, help="how many schedules")
    parser.add_argument("--seed", type=int, help="this schedule only")
    parser.add_argument("--times", type=int, default=1, help="how often, with --seed")
    parser.add_argument("--first", type=int, help="seeds from here on, else at random")
    parser.add_argument("--plan", action="store_true", help="print the plans, do nothing")
    options = parser.parse_args()
    first = options.first if options.first is not None else random.randrange(1_000_000)
    seeds = [options.seed] * options.times
    if options.seed is None:
        seeds = list(range(first, first + options.number))
    if options.plan:
        print(*map(plan_of, seeds), sep="\n")
        return 0
    failed = []
    with tempfile.TemporaryDirectory(prefix="consultsuite-faults-") as directory:
        world = World(Path(directory))
        try:
            world.start()
            for seed in seeds:
                began = time.monotonic()
                try:
                    asyncio.run(perform(world, seed))
                except Broken as broken:
                    failed.append(seed)
                    print(f"FAILED seed {seed}\n{broken}", flush=True)
                else:
                    print(f"ok seed {seed} ({time.monotonic() - began:.1f} s)", flush=True)
        finally:
            world.stop()
    print(f"{len(seeds) - len(failed)} of {len(seeds)} schedules held.")
    if failed:
        print(f"Failed: {' '.join(map(str, failed))}. Again: make faults SEED={failed[0]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
