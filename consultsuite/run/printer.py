"""What the runner shows: every line under the name of the part that said it."""

import sys
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34, 31)
_WIDTH = 8


class Printer:
    """Writes prefixed lines, coloured when the output is a terminal."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._coloured = self._out.isatty()
        self._names: list[str] = []

    def line(self, name: str, text: str) -> None:
        """One line of the part `name`."""
        prefix = f"{name:<{_WIDTH}}| "
        if self._coloured:
            if name not in self._names:
                self._names.append(name)
            colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        self.plain(prefix + text)

    def plain(self, text: str) -> None:
        """One line as it is. A reader that went away must not stop the parts."""
        try:
            print(text, file=self._out, flush=True)
        except (BrokenPipeError, OSError):
            self._out = open("/dev/null", "w")  # noqa: SIM115 - for the rest of our life
