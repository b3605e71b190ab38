"""README.md and docs/performance.md say what was measured."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.readme import BEGIN, END, PERFORMANCE, README, figures, profile, with_figures
from bench.result import RESULTS


@pytest.mark.parametrize(("page", "section"), [(README, figures), (PERFORMANCE, profile)])
def test_the_pages_have_the_figures_of_the_results(page: Path, section: Callable[[], str]) -> None:
    text = page.read_text()
    assert text == with_figures(text, section())


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
    with pytest.raises(ValueError, match="marks around the figures"):
        with_figures("# Title\n", "new")
