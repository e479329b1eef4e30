"""Where the sweeps of a page run: in its process, on a cluster, or one part of them here."""

from __future__ import annotations

import logging
import re
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any

from lsm.cores import available_cores
from lsm.sweeps import Cell

#: What the parameter `scheduler` of a page can be, beside nothing.
_PART, _ADDRESS = r"part ([1-9]\d*)/([1-9]\d*)", r"[a-z]+://.+"
# Seconds that a cluster may take to answer, and to have a worker.
_PATIENCE = 30


class LeftToOthersError(Exception):
    """A run that another part of the sweep computes."""


def is_left_to_others(reason: str) -> bool:
    """Whether a run of a sweep failed, by the reason told, because another part computes it."""
    return reason.startswith(LeftToOthersError.__name__)


class Part(Executor):
    """Computes one of several parts of each sweep, on threads of this process.

    Which part a run is of depends on its name alone: the parts can be computed anywhere, at any
    time and in any order.

    Parameters
    ----------
    part : int
        From 1 on.
    n_parts : int
    """

    def __init__(self, part: int, n_parts: int) -> None:
        self._part, self._n_parts = part, n_parts
        self._threads = ThreadPoolExecutor(available_cores())

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        """As of any executor, for a `Cell`; a future that failed for one of another part."""
        cell: Cell = arguments[0]
        if int(cell.name.rpartition("/")[2], 16) % self._n_parts == self._part - 1:
            return self._threads.submit(function, cell)
        left: Future[Any] = Future()
        left.set_exception(LeftToOthersError(f"part {self._part}/{self._n_parts}"))
        return left


def _silence() -> None:
    """Let Dask print nothing of workers that come and go: what they leave, the sweep tells."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


@cache
def executor(scheduler: str) -> Executor | None:
    """The executor that a page's parameter `scheduler` names, one for all sweeps of the process.

    Parameters
    ----------
    scheduler : str
        Nothing for threads of this process, the address of a Dask scheduler
        (``tcp://host:8786``), or a part of all runs (``part 3/10``).

    Raises
    ------
    ValueError
        If it is something else, or no cluster with a worker answers there.
    """
    if not scheduler:
        return None
    if found := re.fullmatch(_PART, scheduler):
        part, n_parts = map(int, found.groups())
        if part <= n_parts:
            return Part(part, n_parts)
    if not re.fullmatch(_ADDRESS, scheduler):
        expected = 'nothing, an address such as "tcp://host:8786" or a part such as "part 3/10"'
        raise ValueError(f"scheduler: expected {expected}, got {scheduler!r}")
    try:
        # By its name: no result depends on where it was computed.
        distributed = import_module("distributed")
        _silence()
        client = distributed.Client(scheduler, timeout=_PATIENCE)
        client.wait_for_workers(1, timeout=_PATIENCE)
    except (ImportError, OSError, ValueError) as error:
        expected = "the address of a Dask scheduler that answers and has a worker"
        raise ValueError(f"scheduler: expected {expected}, got {scheduler!r} ({error})") from None
    found_executor: Executor = client.get_executor()
    return found_executor
