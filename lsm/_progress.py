"""How far sweeps are, for a person: at a terminal, in JupyterLab, or through a file."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import Any

from tqdm import tqdm

from lsm._files import write_whole

#: Names a file for programs that run others, such as the book's driver: what a bar would show, and
#: how many runs all sweeps of this process found on disk and computed. Then nothing is shown here.
RECORD = "LSM_PROGRESS"
_counts = {"from_disk": 0, "computed": 0}


class _Released:
    """A bar that leaves its lock however it is drawn: tqdm's keep it if that is interrupted."""

    def refresh(self, *_: Any, **__: Any) -> Any:
        with self._lock:  # type: ignore[attr-defined]
            return super().refresh(nolock=True)  # type: ignore[misc]


class _Bar(_Released, tqdm):
    """A bar of ours: tqdm's own, and their lock, are left as they are."""

    monitor_interval = 0  # it has nothing to see to where each run is shown


_Bar.set_lock(RLock())


class _Record:
    """What tqdm takes for a terminal: each line that it would show replaces the one in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, text: str) -> None:
        content = {"line": text.strip(), **_counts}
        with suppress(OSError, ValueError):  # nobody will know how far it is
            write_whole(self._path, json.dumps(content).encode())

    def flush(self) -> None:
        """Write nothing: all is written."""


def _bar(n_cells: int, n_found: int) -> Any:
    options = dict(total=n_cells, initial=n_found, unit="run", mininterval=0.2, miniters=1)
    if path := os.environ.get(RECORD):
        short = "{n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}]"
        return _Bar(file=_Record(Path(path)), bar_format=short, leave=False, **options)
    if "JPY_SESSION_NAME" in os.environ and "ipykernel" in sys.modules:  # as JupyterLab sets it
        with suppress(ImportError):  # without ipywidgets
            from tqdm.notebook import tqdm as widget

            shown = type("_Widget", (_Released, widget), {})
            return shown(leave=False, delay=1, **options)
    return _Bar(disable=not _at_terminal(), **options)


def _at_terminal() -> bool:
    with suppress(AttributeError, ValueError):  # standard error may be closed
        return sys.stderr.isatty()
    return False


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

    def done(self, *, read: int = 0, computed: int = 0, failed: int = 0) -> None:
        """Count runs."""
        _counts["from_disk"] += read
        _counts["computed"] += computed
        self._bar.update(read + computed + failed)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()
