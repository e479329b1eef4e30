"""The cells of sweeps: single runs, as they are handed to whatever computes them."""

from __future__ import annotations

import multiprocessing
import os
import platform
import threading
import traceback
import uuid
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from lsm._optional import StoreWarning
from lsm.keys import key
from lsm.runs import Setting
from lsm.store import result_kind, stored


class Cell(NamedTuple):
    """What an executor is given to compute: one run of a setting, and what is measured on it.

    Attributes
    ----------
    measure, draw, setting, seed, repeat
        As in `sweep`.
    store : Path or None
        Folder of results.
    name : str
        Of the result, from `lsm.keys.key`; nothing if it has none.
    home : str
        Process that the sweep is in.
    """

    measure: Callable[[Any], Any]
    draw: Callable[..., Any]
    setting: Setting
    seed: int
    repeat: int
    store: Path | None
    name: str
    home: str


def about(cell: Cell) -> dict[str, Any]:
    """What the result of a cell is of, by name."""
    return {part: getattr(cell, part) for part in ("measure", "draw", "setting", "seed", "repeat")}


@cache
def _token(pid: int) -> str:
    """What tells this process from one of the same number, as in another container."""
    return uuid.uuid4().hex


def process() -> str:
    """Name of this process that no other has: host, number and a random word."""
    return f"{platform.node()} {os.getpid()} {_token(os.getpid())}"


@cache
def _settle(here: str, home: str) -> None:
    """Prepare a process for its first cell: `sweep` sees to its own."""
    if here != home:
        # Linear algebra on threads of its own would compete with others, and round differently.
        threadpool_limits(1, user_api="blas")
        warnings.simplefilter("ignore", StoreWarning)  # told at home, where it is kept too
        if parent := multiprocessing.parent_process():
            # Else a worker would wait for ever for the next run of a sweep that was killed.
            threading.Thread(target=_end_with, args=[parent], daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _owned(found: Any) -> Any:
    """A result without the larger arrays that its own are views of, which would live as long."""
    if isinstance(found, np.ndarray) and found.base is not None:
        return found.copy()
    if isinstance(found, tuple) and hasattr(found, "_fields"):
        return type(found)(*map(_owned, found))
    if type(found) in (list, tuple):
        return type(found)(map(_owned, found))
    if type(found) is dict:
        return {name: _owned(each) for name, each in found.items()}
    return found


def compute(cell: Cell) -> tuple[Any, bool]:
    """Compute a cell, wherever this is called, and keep what was found.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    result
    computed : bool
        Whether it was computed here; another process may have been faster.

    Raises
    ------
    RuntimeError
        If this process has other sources, or other versions of packages, than the sweep's.
    """
    here = process()
    _settle(here, cell.home)
    measure, draw, setting, seed, repeat, store, name, home = cell
    computed = False

    def one() -> Any:
        nonlocal computed
        computed = True
        try:
            return _owned(measure(draw(setting, seed=seed, repeat=repeat)))
        except Exception as error:
            traceback.clear_frames(error.__traceback__)  # which hold the arrays of the run
            raise

    if here != home and name and key(measure, draw, setting, seed, repeat) != name:
        mine, yours = (each.rpartition(" ")[0] for each in (here, home))
        raise RuntimeError(f"{mine}: expected the sources and versions of {yours}, got others")
    if store is None:
        return one(), True
    return stored(store, name, result_kind(measure), one, about(cell)), computed
