"""Where the sweeps of a page run: in its process, on a cluster, or a part of them here."""

from __future__ import annotations

import logging
import os
import re
from concurrent.futures import Executor, Future
from functools import cache
from importlib import import_module
from typing import Any

#: Names a part of all runs, as 3/10, for pages that are executed for these alone. It is set for the
#: pages of ``book/execute.py --part``, of which nothing else is kept, and for no others.
PART = "LSM_PART"
# Seconds that a cluster may take to answer, and to have a worker.
_PATIENCE = 30


def part() -> tuple[int, int] | None:
    """The part of all runs that this process is to compute, from 1 on, and how many there are."""
    found = re.fullmatch(r"(\d+)/(\d+)", os.environ.get(PART, ""))
    return (int(found[1]), int(found[2])) if found else None


class LeftToOthersError(Exception):
    """A run that another part of the sweep computes."""


class Share(Executor):
    """Hands a part of all cells of a sweep on to another executor.

    Which part a cell is of depends on its name alone: the parts can be computed anywhere, at any
    time and in any order.

    Parameters
    ----------
    executor : Executor
    number : int
        Of the part, from 1 on.
    n_parts : int
    """

    def __init__(self, executor: Executor, number: int, n_parts: int) -> None:
        self._executor, self._number, self._n_parts = executor, number, n_parts

    def submit(self, function: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        """As of any executor, for a cell; a future that failed for one of another part."""
        (cell,) = arguments
        if int(cell.name.rpartition("/")[2], 16) % self._n_parts == self._number - 1:
            return self._executor.submit(function, cell)
        left: Future[Any] = Future()
        left.set_exception(LeftToOthersError(f"not of part {self._number}/{self._n_parts}"))
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
        Nothing for threads of this process, or the address of a Dask scheduler
        (``tcp://host:8786``).

    Raises
    ------
    ValueError
        If it is something else, or no cluster with a worker answers there.
    """
    if not scheduler:
        return None
    if not re.fullmatch(r"[a-z]+://.+", scheduler):
        expected = 'nothing or an address such as "tcp://host:8786"'
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
    found: Executor = client.get_executor()
    return found
