"""How far sweeps are, for a person: at a terminal, in JupyterLab, or through a file."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from tqdm import tqdm

from lsm._files import write_whole

#: Names a file for programs that run others, such as the book's driver: what a bar would show, and
#: how many runs all sweeps of this process found on disk and computed. Then nothing is shown here.
RECORD = "LSM_PROGRESS"
# One lock for all bars of this process: those of tqdm itself are for several processes.
tqdm.set_lock(Lock())
_counts = {"from_disk": 0, "computed": 0}


class _Record:
    """What tqdm takes for a terminal: each line that it would show replaces the one in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, text: str) -> None:
        content = {"line": text.strip(), **_counts}
        with suppress(OSError):  # nobody will know how far it is
            write_whole(self._path, json.dumps(content).encode())

    def flush(self) -> None:
        """Write nothing: all is written."""


def _bar(n_cells: int, n_found: int) -> Any:
    options = dict(total=n_cells, initial=n_found, unit="run", mininterval=0.2, miniters=1)
    if path := os.environ.get(RECORD):
        short = "{n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}]"
        return tqdm(file=_Record(Path(path)), bar_format=short, leave=False, **options)
    if "JPY_SESSION_NAME" in os.environ and "ipykernel" in sys.modules:  # as JupyterLab sets it
        with suppress(ImportError):  # without ipywidgets
            from tqdm.notebook import tqdm as widget

            return widget(leave=False, delay=1, **options)
    return tqdm(disable=None, **options)  # silent where standard error is no terminal


class Progress:
    """A bar with the time left; silent in notebooks that no person looks at.

    Parameters
    ----------
    n_cells : int
        Of a sweep.
    n_found : int
        How many of them were on disk.
    """

    def __init__(self, n_cells: int, n_found: int) -> None:
        _counts["from_disk"] += n_found
        self._bar = _bar(n_cells, n_found)
        if n_found:
            self._bar.set_postfix_str(f"{n_found} from disk")

    def done(self, *, computed: bool, n_cells: int = 1) -> None:
        """Count a run, which stands in so many cells of the sweep."""
        _counts["computed"] += computed
        _counts["from_disk"] += n_cells - computed
        self._bar.update(n_cells)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
