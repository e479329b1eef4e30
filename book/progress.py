"""How far the sweeps of pages are, for a person at a terminal, and how many runs they took.

The kernel of a page replaces a small file, which a variable names, while its sweeps run.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TextIO

#: Names the file for a page's kernel (lsm).
VARIABLE = "LSM_PROGRESS"
#: How often to look (s).
LOOK = 0.25
# Where a terminal does not tell.
_WIDTH = 80


class Progress(NamedTuple):
    """What a page tells of its sweeps."""

    #: What its bar shows now, nothing when no sweep runs.
    line: str = ""
    #: Runs of all sweeps so far.
    from_disk: int = 0
    computed: int = 0


def read(path: Path) -> Progress:
    """What a page has told last; nothing if the file is missing, torn or odd."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        line, numbers = told["line"], [told["from_disk"], told["computed"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Progress()
    if not isinstance(line, str) or not all(type(n) is int and n >= 0 for n in numbers):
        return Progress()
    return Progress("".join(c for c in line if c.isprintable()).strip(), *numbers)


def counted(from_disk: int, computed: int) -> str:
    """Numbers of runs as a page's line tells them; nothing if there were none."""
    if not from_disk + computed:
        return ""
    return f"{from_disk:,} run{'s' * (from_disk != 1)} from disk, {computed:,} computed"


class Line:
    """A line at a terminal that the next text replaces; nothing where there is none."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._text = stream, ""
        self.shown = stream.isatty()

    def show(self, text: str) -> None:
        """Replace what stands there, cut to the terminal's width."""
        text = text[: self._width() - 1]  # in the last column some terminals start a new line
        if self.shown and text != self._text:
            blank = " " * (len(self._text) - len(text))
            # Back to where the text ends, or to the start of a line that is to be empty.
            line = f"\r{text}{blank}" if text else f"\r{blank}\r"
            self._text = f"{text}{blank}"  # whichever of both stands there if this is interrupted
            self._write(line)
            self._text = text

    def _width(self) -> int:
        with suppress(OSError, ValueError):
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        return _WIDTH

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a terminal that was closed
            self._stream.write(text)
            self._stream.flush()
