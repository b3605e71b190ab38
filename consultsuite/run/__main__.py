"""python -m consultsuite.run: what `make run` executes after set-up."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from consultsuite.embedded import EmbeddedError
from consultsuite.run.preflight import (
    ROOT,
    RefusedError,
    check_disk,
    check_port,
    claimed,
    load_environment,
    make_plan,
)
from consultsuite.run.printer import Printer
from consultsuite.run.runner import Runner


def main() -> int:
    """Serve until asked to stop; 1 and one sentence when the start is refused."""
    parser = argparse.ArgumentParser(prog="python -m consultsuite.run", description=__doc__)
    parser.add_argument("--procfile", type=Path, default=ROOT / "Procfile")
    parser.add_argument("--no-prepare", dest="prepare", action="store_false")
    parser.add_argument("--under-make", action="store_true", help="stop when make is stopped")
    options = parser.parse_args()
    os.chdir(ROOT)
    load_environment()
    printer = Printer()
    try:
        plan = make_plan()
        with claimed(plan):
            check_port(plan)
            check_disk(plan)
            runner = Runner(plan, options.procfile, printer)
            return asyncio.run(runner.run(prepare=options.prepare, under_make=options.under_make))
    except (EmbeddedError, RefusedError) as error:
        print(f"run: {error}", file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
