"""Many runs of many settings: on threads, processes or a cluster, with results on disk."""

from __future__ import annotations

import logging
import multiprocessing
import os
import platform
import threading
import warnings
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
    as_completed,
)
from contextlib import closing, suppress
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from lsm import _memory
from lsm import _validate as check
from lsm._optional import ExecutorWarning as ExecutorWarning
from lsm._optional import StoreWarning
from lsm._progress import Progress
from lsm.cores import available_cores
from lsm.keys import key
from lsm.runs import Setting, bytes_of_run, run
from lsm.store import keep, read, result_kind, stored

Result = TypeVar("Result", bound=tuple[Any, ...])
_log = logging.getLogger(__name__)


class Cell(NamedTuple):
    """What an executor is given to compute: one run of a setting, and what is measured on it.

    Attributes
    ----------
    measure, draw, setting, seed, repeat
        As in `sweep`.
    store : Path or None
        Folder of results.
    name : str
        Of the result in the store.
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


class Failure(NamedTuple):
    """A cell that failed.

    Attributes
    ----------
    setting : Setting
    seed, repeat : int
    reason : str
    """

    setting: Setting
    seed: int
    repeat: int
    reason: str


class SweepError(RuntimeError):
    """Cells of a sweep failed; all others were computed, and are kept where there is a store.

    Attributes
    ----------
    failures : list of Failure
    found : list over settings of lists over repeats
        Results, and None for those that failed.
    """

    def __init__(self, failures: Sequence[Failure], found: list[list[Any]]) -> None:
        n_cells = sum(map(len, found))
        super().__init__(f"{len(failures)} of {n_cells} runs failed:\n" + _told(failures))
        self.failures, self.found = list(failures), found


def _told(failures: Sequence[Failure]) -> str:
    """A line for each setting, seed and reason, with all repeats."""
    repeats: dict[tuple[Setting, int, str], list[int]] = {}
    for setting, seed, repeat, reason in failures:
        repeats.setdefault((setting, seed, reason), []).append(repeat)
    lines = []
    for (setting, seed, reason), which in repeats.items():
        listed = f"repeat{'s' * (len(which) > 1)} {', '.join(map(str, which))}"
        lines.append(f"{_short(setting)}, seed {seed}, {listed}: {reason}")
    return "\n".join(lines)


def _short(setting: Setting) -> str:
    """A setting by what differs from the defaults."""
    each = {field.name: getattr(setting, field.name) for field in fields(setting)}
    default = Setting()
    differs = [f"{name}={each[name]}" for name in each if each[name] != getattr(default, name)]
    return f"Setting({', '.join(differs)})"


def _process() -> str:
    return f"{platform.node()} {os.getpid()}"


@cache
def _settle(process: str, home: str) -> None:
    """Prepare a process for its first cell: `sweep` sees to its own."""
    if process != home:
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
    _settle(_process(), cell.home)
    measure, draw, setting, seed, repeat, store, name, home = cell
    computed = False

    def one() -> Any:
        nonlocal computed
        computed = True
        return _owned(measure(draw(setting, seed=seed, repeat=repeat)))

    if store is None:
        return one(), True
    if _process() != home and key(measure, draw, setting, seed, repeat) != name:
        raise RuntimeError(f"{_process()}: expected the sources and versions of {home}, got others")
    return stored(store, name, result_kind(measure), one, _about(cell)), computed


def _about(cell: Cell) -> dict[str, Any]:
    return {part: getattr(cell, part) for part in ("measure", "draw", "setting", "seed", "repeat")}


def _submitted(cells: dict[int, Cell], executor: Executor) -> Generator[tuple[int, Future[Any]]]:
    """Futures of cells as they are done, those that could not be submitted left out."""
    futures: dict[Future[Any], int] = {}
    try:
        with suppress(BrokenExecutor):
            for i, cell in cells.items():
                futures[executor.submit(compute, cell)] = i
        for future in as_completed(futures):
            yield futures.pop(future), future  # its result must not live as long as the sweep
    finally:
        for future in futures:
            future.cancel()


def _answers(
    cells: dict[int, Cell], executor: Executor | None
) -> Generator[tuple[int, Future[Any]]]:
    """Futures of cells as they are done; what a broken executor leaves is computed here."""
    left = dict(cells)
    if executor is not None:
        for i, future in _submitted(cells, executor):
            if not (future.cancelled() or isinstance(future.exception(), BrokenExecutor)):
                del left[i]
                yield i, future
        if left:
            told = f"the executor lost {len(left)} runs, which are computed here, on threads"
            warnings.warn(told, ExecutorWarning, stacklevel=4)
    if left:
        with ThreadPoolExecutor(_n_threads(left)) as pool:
            yield from _submitted(left, pool)


def _n_threads(cells: dict[int, Cell]) -> int:
    """As many as there are cores, or fewer where more runs would not fit into memory together."""
    largest = max(bytes_of_run(setting) for setting in {c.setting for c in cells.values()})
    return max(1, min(available_cores(), _memory.limit() // largest))


def sweep(
    measure: Callable[[Any], Result],
    settings: Sequence[Setting],
    *,
    draw: Callable[..., Any] | None = None,
    seed: int,
    n_repeats: int,
    first: int = 0,
    store: Path | None = None,
    executor: Executor | None = None,
) -> list[list[Result]]:
    """Measure independent runs of many settings, on threads, processes or a cluster.

    What is in the store is read, and the executor computes the rest; each run is kept as soon as it
    is done. So a sweep that was ended goes on where it was, and several that share a folder, on
    any number of hosts, share their work. A run that fails ends no other. How far it is shows a bar
    at a terminal and in JupyterLab; how many runs were found and computed is logged (level INFO).

    Parameters
    ----------
    measure : callable
        From what `draw` gives to what shall be kept of it.
    settings : sequence of Setting
        Conditions.
    draw : callable, optional
        What is drawn of a setting, called as `run`, which is the default.
    seed : int
        Entropy of all random numbers.
    n_repeats : int
        Draws of each setting.
    first : int
        The first of them; those before it are left out.
    store : Path, optional
        Folder that keeps results and is asked for them first; `measure` and `draw` must then be
        functions of a watched package (`lsm.keys.watch`), or partials of one, and what `measure`
        returns a NamedTuple.
    executor : concurrent.futures.Executor, optional
        By default as many threads as `lsm.cores.available_cores`, or fewer where their runs would
        not fit into memory together: the kernels release the lock.
        Processes (``ProcessPoolExecutor(mp_context=get_context("spawn"))``), a cluster
        (``dask.distributed.Client(address).get_executor()``) or any other serve as well. Results
        do not depend on it. What it loses, because it breaks, is computed here.

    Returns
    -------
    list over settings of lists over repeats

    Raises
    ------
    ValueError
        If a number is out of range, or results of `measure` cannot be kept.
    SweepError
        After all others, if runs failed: it names each of them.
    """
    check.integer("seed", seed)
    check.integer("n_repeats", n_repeats, low=1)
    check.integer("first", first)
    if executor is not None:
        check.instance("executor", executor, Executor)
    kind = None if store is None else result_kind(measure)
    draw = run if draw is None else draw
    cells = [
        Cell(measure, draw, setting, seed, repeat, store, name, _process())
        for setting in settings
        for repeat in range(first, first + n_repeats)
        for name in [key(measure, draw, setting, seed, repeat) if store is not None else ""]
    ]
    # Cells of one name are one run.
    places: dict[str | int, list[int]] = {}
    for i, cell in enumerate(cells):
        places.setdefault(cell.name or i, []).append(i)
    found: list[Any] = [None] * len(cells)
    waiting: dict[int, Cell] = {}
    for i, *others in places.values():
        kept = None if kind is None or store is None else read(store, cells[i].name, kind)
        if kept is None:
            waiting[i] = cells[i]
        for j in (i, *others):
            found[j] = kept
    n_kept = len(cells) - sum(each is None for each in found)
    reasons: dict[int, str] = {}
    cause: BaseException | None = None
    n_computed = 0
    with (
        # Linear algebra on threads of its own would compete with ours, and round differently.
        threadpool_limits(1, user_api="blas"),
        Progress(len(cells), n_kept) as progress,
        closing(_answers(waiting, executor)) as answers,
    ):
        for i, future in answers:
            same = places[cells[i].name or i]
            error = future.exception()
            if error is None:
                result, computed = future.result()
                if store is not None and executor is not None:
                    keep(store, cells[i].name, result, _about(cells[i]))
                for j in same:
                    found[j] = result
                n_computed += computed
                progress.done(computed=computed, n_cells=len(same))
            elif isinstance(error, Exception):
                reasons |= dict.fromkeys(same, f"{type(error).__name__}: {error}")
                cause = cause or error
            else:
                raise error
    n_read = len(cells) - n_computed - len(reasons)
    told = "%d runs: %d from disk, %d computed, %d failed"
    _log.info(told, len(cells), n_read, n_computed, len(reasons))
    rows = [found[i : i + n_repeats] for i in range(0, len(found), n_repeats)]
    if reasons:
        failures = [
            Failure(c.setting, c.seed, c.repeat, reasons[i])
            for i, c in enumerate(cells)
            if i in reasons
        ]
        raise SweepError(failures, rows) from cause
    return rows
