"""Programs from npm that a bench needs, installed as its own lock file says."""

import subprocess
from pathlib import Path

from bench.machine import node


def npm_ci(directory: Path) -> None:
    """Install a directory's lock file into its `node_modules`, unless it was since it changed."""
    installed = directory / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= _locked_at(directory):
        return
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node()), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
    subprocess.run(command, cwd=directory, check=True)
    installed.touch()


def _locked_at(directory: Path) -> float:
    return (directory / "package-lock.json").stat().st_mtime
