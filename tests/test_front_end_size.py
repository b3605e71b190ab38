"""What a first visit has to load stays small (gzipped, as WhiteNoise serves it)."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

BUILT = Path(settings.BASE_DIR) / "static" / "build"
IMPORT = re.compile(r"""(?:from|import)\s*["'](\.[^"']+)["']""")
MOST_SCRIPT_BYTES = 60_000
MOST_STYLE_BYTES = 30_000


def loaded(*entries: str) -> set[Path]:
    """The modules and everything that they import at once; what is imported later is not."""
    found: set[Path] = set()
    waiting = [BUILT / entry for entry in entries]
    while waiting:
        module = waiting.pop().resolve()
        if module in found:
            continue
        found.add(module)
        waiting += [module.parent / name for name in IMPORT.findall(module.read_text())]
    return found


def gzipped(files: set[Path]) -> int:
    return sum(len(gzip.compress(file.read_bytes())) for file in files)


@pytest.mark.parametrize("entries", [("app.js",), ("app.js", "room.js")], ids=["home", "room"])
def test_the_first_script_is_small(entries: tuple[str, ...]) -> None:
    modules = loaded(*entries)
    assert len(modules) > len(entries), "htmx is in a chunk of its own: is the import found?"
    assert gzipped(modules) < MOST_SCRIPT_BYTES


def test_the_styles_are_small() -> None:
    assert gzipped({BUILT / "app.css"}) < MOST_STYLE_BYTES
