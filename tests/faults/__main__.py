"""`make faults`: run schedules, and print each seed that breaks something, with what happened."""

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.faults.mutations import MUTATIONS, SEEDS
from tests.faults.schedule import Broken, perform, perform_with, plan_of, see
from tests.faults.worlds import NUMBER, Worlds


def main() -> int:
    """1 when a schedule failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--number", type=int, default=30, help="how many schedules")
    parser.add_argument("--seed", type=int, help="this schedule only")
    parser.add_argument("--times", type=int, default=1, help="how often, with --seed")
    parser.add_argument("--first", type=int, help="seeds from here on, else at random")
    parser.add_argument("--worlds", type=int, default=NUMBER, help="how many side by side")
    parser.add_argument("--mutation", choices=MUTATIONS, help="a defect to be seen")
    parser.add_argument("--mutations", action="store_true", help="show that defects are seen")
    parser.add_argument("--plan", action="store_true", help="print the plans, do nothing")
    options = parser.parse_args()
    first = options.first if options.first is not None else random.randrange(1_000_000)
    seeds = [options.seed] * options.times
    if options.seed is None:
        seeds = list(range(first, first + options.number))
    if options.mutations:
        return see_mutations(options.worlds)
    if options.plan:
        print(*map(plan_of, seeds), sep="\n")
        return 0
    work = partial(perform_with, mutation=options.mutation) if options.mutation else perform
    failed, began = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="consultsuite-faults-") as directory:
        worlds = Worlds(Path(directory), min(options.worlds, len(seeds)))
        try:
            jobs = [(seed, worlds.run(partial(work, seed=seed))) for seed in seeds]
            for seed, job in jobs:
                try:
                    run = job.result()
                except Broken as broken:
                    failed.append(seed)
                    print(f"FAILED seed {seed} ({broken.run.seconds:.1f} s)\n{broken}", flush=True)
                else:
                    print(f"ok seed {seed} ({run.seconds:.1f} s)", flush=True)
        finally:
            worlds.stop()
    seconds = time.monotonic() - began
    print(f"{len(seeds) - len(failed)} of {len(seeds)} schedules held, in {seconds:.0f} s.")
    if failed:
        print(f"Failed: {' '.join(map(str, failed))}. Again: make faults SEED={failed[0]}")
    return 1 if failed else 0


def see_mutations(number: int) -> int:
    """Run each known defect with the seed that finds it: 1 when one is not seen."""
    unseen = 0
    with tempfile.TemporaryDirectory(prefix="consultsuite-faults-") as directory:
        worlds = Worlds(Path(directory), number)
        try:
            jobs = {name: worlds.run(partial(see, mutation=name)) for name in MUTATIONS}
            for name, job in jobs.items():
                run, wanted = job.result(), SEEDS[name][1]
                is_seen = wanted in run.broken
                unseen += not is_seen
                words = f"seed {run.schedule.seed}, {run.seconds:.1f} s: {wanted}"
                print(f"{'seen' if is_seen else 'NOT SEEN'} {name} ({words})", flush=True)
        finally:
            worlds.stop()
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
