"""make test: pytest with coverage, and the files that must be covered whole (pyproject.toml).

Arguments go to pytest. With arguments, only part of the code runs, so coverage is not judged.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the tests; pytest's own closing line comes last unless coverage is missing."""
    arguments = sys.argv[1:]
    tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    if arguments:
        return subprocess.run([*tests, *arguments], cwd=ROOT, check=False).returncode
    workers = os.environ.get("PYTEST_WORKERS", str(min(os.cpu_count() or 1, 4)))
    tests += ["-n", workers, "--cov", "--cov-report="]
    code = subprocess.run(tests, cwd=ROOT, check=False).returncode
    if code != 0:
        return code
    coverage = [sys.executable, "-m", "coverage", "report"]
    report = subprocess.run(
        [*coverage, "--fail-under=100"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if report.returncode != 0:
        print(report.stdout + report.stderr)
        print("These lines must be covered: actions, permissions and queries are covered whole.")
    return report.returncode


if __name__ == "__main__":
    sys.exit(main())
