"""Many runs of many settings: on threads, processes or a cluster, with results on disk."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import fields
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, TypeVar

from threadpoolctl import threadpool_limits

from lsm import _memory
from lsm import _validate as check
from lsm._cells import Cell, about, compute, process
from lsm._optional import ExecutorWarning as ExecutorWarning
from lsm._progress import Progress
from lsm.cores import available_cores
from lsm.keys import key
from lsm.runs import Setting, bytes_of_run, run
from lsm.store import keep, read, result_kind

Result = TypeVar("Result", bound=tuple[Any, ...])
_log = logging.getLogger(__name__)
# Cells that an executor has at a time.
_AT_ONCE = 1000


class Failure(NamedTuple):
    """A run that failed.

    Attributes
    ----------
    setting : Setting
    seed, repeat : int
    kind : type
        Of the error.
    reason : str
        Its kind and text.
    """

    setting: Setting
    seed: int
    repeat: int
    kind: type[BaseException]
    reason: str


class SweepError(RuntimeError):
    """Runs of a sweep failed; all others were computed, and are kept where there is a store.

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

    def __reduce__(self) -> tuple[Any, ...]:
        # A sweep may itself run in a worker.
        return type(self), (self.failures, self.found)


def _told(failures: Sequence[Failure]) -> str:
    """A line for each setting, seed and reason, with all repeats."""
    repeats: dict[tuple[Setting, int, str], list[int]] = {}
    for setting, seed, repeat, _, reason in failures:
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


def _reason(error: BaseException) -> str:
    with suppress(Exception):  # of its own text
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


_blas = threading.Lock()
_n_limiting = 0
_limits: Any = None


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let linear algebra have no threads of its own while any sweep of this process runs.

    They would compete with ours, and round differently.
    """
    global _n_limiting, _limits
    with _blas:
        if _n_limiting == 0:
            _limits = threadpool_limits(1, user_api="blas")
        _n_limiting += 1
    try:
        yield
    finally:
        with _blas:
            _n_limiting -= 1
            if _n_limiting == 0:
                _limits.restore_original_limits()


def n_threads(settings: Iterable[Setting]) -> int:
    """As many as there are cores, or fewer where more runs would not fit into memory together.

    Parameters
    ----------
    settings : iterable of Setting
    """
    largest = max(map(bytes_of_run, set(settings)), default=1)
    return max(1, min(available_cores(), _memory.limit() // largest))


def _submitted(cells: dict[int, Cell], executor: Executor) -> Iterator[tuple[int, Future[Any]]]:
    """Futures of cells as they are done, those left out that the executor does not take.

    Not all are submitted at once: what is done is kept and told meanwhile.
    """
    waiting = iter(cells.items())
    futures: dict[Future[Any], int] = {}
    done: SimpleQueue[Future[Any]] = SimpleQueue()
    try:
        while True:
            for i, cell in islice(waiting, _AT_ONCE - len(futures)):
                try:
                    future = executor.submit(compute, cell)
                except Exception:  # broken, shut down, or its cluster is gone
                    waiting = iter(())
                    break
                futures[future] = i
                future.add_done_callback(done.put)
            if not futures:
                return
            future = done.get()
            yield futures.pop(future), future  # its result must not live as long as the sweep
    finally:
        for future in futures:
            future.cancel()


def _answers(
    cells: dict[int, Cell], executor: Executor | None
) -> Generator[tuple[int, Future[Any]]]:
    """Futures of cells as they are done; what an executor loses is computed here."""
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
        with ThreadPoolExecutor(n_threads(cell.setting for cell in left.values())) as pool:
            yield from _submitted(left, pool)


def _name(store: Path | None, *parts: Any) -> str:
    """Name of a result, which it must have in a store."""
    try:
        return key(*parts)
    except ValueError:
        if store is not None:
            raise
        return ""


def sweep(
    measure: Callable[[Any], Result],
    settings: Iterable[Setting],
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
    any number of hosts, share their work. A run that fails stops no other. A bar shows how far it
    is, at a terminal and in JupyterLab; how many runs were found and computed is logged (at INFO).

    Parameters
    ----------
    measure : callable
        From what `draw` gives to what shall be kept of it.
    settings : iterable of Setting
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
        not fit into memory together: the kernels release Python's lock.
        Processes (``ProcessPoolExecutor(mp_context=get_context("spawn"))``), a cluster
        (``dask.distributed.Client(address).get_executor()``) or any other serve as well. Results
        do not depend on it. What it loses, because it breaks, is computed here.

    Returns
    -------
    list over settings of lists over repeats

    Raises
    ------
    ValueError
        If an argument is out of range or of another type, or results of `measure` cannot be kept.
    SweepError
        After all others, if runs failed: it names each of them.
    """
    seed = check.integer("seed", seed)
    n_repeats = check.integer("n_repeats", n_repeats, low=1)
    first = check.integer("first", first)
    conditions = [check.instance("settings", setting, Setting) for setting in settings]
    if store is not None:
        store = check.instance("store", store, Path).absolute()  # workers may be elsewhere
    if executor is not None:
        check.instance("executor", executor, Executor)
    kind = None if store is None else result_kind(measure)
    draw = run if draw is None else draw
    repeats = range(first, first + n_repeats)
    cells = [
        Cell(measure, draw, setting, seed, repeat, store, name, process())
        for setting in conditions
        for repeat in repeats
        for name in [_name(store, measure, draw, setting, seed, repeat)]
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
    n_read, n_computed = len(cells) - sum(each is None for each in found), 0
    errors: dict[int, tuple[type[BaseException], str]] = {}
    cause: BaseException | None = None
    with (
        _one_blas_thread(),
        Progress(len(cells), n_read) as progress,
        closing(_answers(waiting, executor)) as answers,
    ):
        for i, future in answers:
            same = places[cells[i].name or i]
            error = future.exception()
            if error is None:
                result, computed = future.result()
                if store is not None and kind is not None and executor is not None:
                    keep(store, cells[i].name, result, about(cells[i]))
                for j in same:
                    found[j] = result
                n_computed += computed
                n_read += len(same) - computed
                progress.done(read=len(same) - computed, computed=int(computed))
            elif isinstance(error, Exception):
                errors |= dict.fromkeys(same, (type(error), _reason(error)))
                cause = cause or error
                progress.done(failed=len(same))
            else:
                raise error
    told = "%d runs: %d from disk, %d computed, %d failed"
    _log.info(told, len(cells), n_read, n_computed, len(errors))
    rows = [found[i : i + n_repeats] for i in range(0, len(found), n_repeats)]
    if errors:
        failures = [
            Failure(c.setting, c.seed, c.repeat, *errors[i])
            for i, c in enumerate(cells)
            if i in errors
        ]
        raise SweepError(failures, rows) from cause
    return rows
