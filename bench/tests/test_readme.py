"""README.md says what was measured."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.readme import BEGIN, END, README, figures, with_figures
from bench.result import RESULTS


def test_the_readme_has_the_figures_of_the_results() -> None:
    text = README.read_text()
    assert text == with_figures(text, figures())


def test_other_results_are_another_readme(tmp_path: Path) -> None:
    shutil.copytree(RESULTS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "send.json"
    result: dict[str, Any] = json.loads(path.read_text())
    result["rows"][0]["p99_ms"] = 98765.0
    result["goals"][0] |= {"goal": "a goal of this test", "met": False}
    path.write_text(json.dumps(result))
    text = figures(tmp_path)
    assert "98,765 ms" in text
    assert "- a goal of this test: " in text
    assert text != figures()


def test_only_the_section_changes() -> None:
    text = f"# Title\n{BEGIN}\nold\n{END}rest\n"
    assert with_figures(text, "new") == f"# Title\n{BEGIN}\nnew\n{END}rest\n"
    with pytest.raises(ValueError, match="lost the marks"):
        with_figures("# Title\n", "new")
