"""How many processor cores this process may use, and how two levels of parallel work share them.

Nothing heavy is imported, so that a program that only starts others can ask without delay.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress

from lsm import _cgroups


def available_cores() -> int:
    """Cores that this process may use: the budget for all that it runs in parallel.

    The environment variable ``LSM_WORKERS`` if it is set and not empty. Else the processors that
    the process may run on (its affinity, or as many as there are), or fewer where the quota of a
    control group (cgroup, of a container or a batch system) allows less, rounded up. What cannot be
    read sets no limit.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If ``LSM_WORKERS`` is not an integer of at least 1.
    """
    given = os.environ.get("LSM_WORKERS", "").strip()
    if given:
        try:
            n_cores = int(given)
        except ValueError:
            n_cores = 0
        if n_cores < 1:
            raise ValueError(f"LSM_WORKERS: expected an integer >= 1, got {given!r}")
        return n_cores
    texts = _cgroups.texts("cpu", "cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us")
    quotas = (math.ceil(quota) for text in texts for quota in _share(text))
    return max(1, min([_processors(), *quotas]))


def split_cores(n_cores: int, n_tasks: int) -> tuple[int, int]:
    """How many of several tasks to run at once, and how many cores each of them may use.

    Tasks that are parallel themselves share one budget with those beside them: each sized to the
    whole machine, they would work on the square of its cores, and need memory for as many. Nor
    should each core have a task: every one holds data of its own, and the longest would end alone.
    So about the square root of the cores is the number of tasks at once, and of cores for each.
    Together they never work on more than `n_cores`, and that bounds the memory.

    Parameters
    ----------
    n_cores : int
        The budget, from `available_cores`.
    n_tasks : int
        Tasks to be done.

    Returns
    -------
    at_once, each : int
        Tasks at once, at most `n_tasks`, and cores of each; both at least 1.

    Raises
    ------
    ValueError
        If one of the numbers is below 1.
    """
    for name, value in (("n_cores", n_cores), ("n_tasks", n_tasks)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: expected an integer >= 1, got {value!r}")
    at_once = min(n_tasks, math.isqrt(n_cores - 1) + 1)  # the root rounded up
    return at_once, n_cores // at_once


def _processors() -> int:
    """Processors that the process may run on, as far as the system tells."""
    counts = [os.cpu_count()]
    if hasattr(os, "process_cpu_count"):  # from Python 3.13 on; PYTHON_CPU_COUNT sets it
        counts.append(os.process_cpu_count())
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        counts.append(len(os.sched_getaffinity(0)))
    return min((count for count in counts if count), default=1)


def _share(text: str) -> Iterator[float]:
    """Quota over period, if both are positive: "max" and -1 mean no limit."""
    with suppress(ValueError):
        quota, period = map(int, text.split())
        if quota > 0 and period > 0:
            yield quota / period
