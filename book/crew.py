"""Pages that are executed a few at a time, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import progress
import running
import staleness
from lsm.cores import split_cores
from processes import Processes
from progress import Progress
from staleness import Key

#: Tells a page's kernel the part (rongala2021.workers).
PART = "LSM_PART"


class Job(NamedTuple):
    """A page to execute."""

    source: Path
    #: Its copy, in whose folder it runs.
    target: Path
    parameters: dict[str, Any]
    #: What the copy is made of; none if only what its sweeps keep is of use.
    key: Key | None
    #: The part of all runs that it computes, as 3/10; nothing for all.
    part: str = ""


class Done(NamedTuple):
    """What came of it."""

    name: str
    #: What went wrong, or nothing.
    wrong: str
    seconds: float
    progress: Progress


class Pages:
    """Pages that share the cores.

    Sweeps of a page run on threads, so both levels share one budget: a page gets more of it when
    fewer are left than may run at once.
    """

    def __init__(self, folder: Path, processes: Processes) -> None:
        self._folder, self._processes = folder, processes
        self._left, self._started = 0, 0
        # Where each page that runs tells its progress.
        self._telling: dict[str, Path] = {}
        #: What pages could not keep on disk, each once.
        self.notes: dict[str, None] = {}
        self._lock = threading.Lock()
        spec = folder / "kernels" / "python3" / "kernel.json"
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        running.write(spec, {"argv": argv, "display_name": "Python 3", "language": "python"})

    def run(self, jobs: dict[str, Job], n_cores: int, told: Callable[[Done], None]) -> None:
        """Execute pages, and tell what came of each as soon as it is done."""
        at_once, _ = split_cores(n_cores, max(1, len(jobs)))
        self._left = len(jobs)
        pool = ThreadPoolExecutor(at_once)
        line = progress.Line(sys.stderr)

        def one(name: str) -> Done:
            with self._lock:
                cores = max(1, n_cores // min(at_once, self._left))
                self._started += 1
                index = self._started
            try:
                return self._execute(name, jobs[name], cores, index)
            finally:
                with self._lock:
                    self._left -= 1

        try:
            pending = {pool.submit(one, name) for name in jobs}
            while pending:
                look = progress.LOOK if line.shown else None
                done, pending = wait(pending, look, return_when=FIRST_COMPLETED)
                line.show("" if done else self._bars())
                for future in done:
                    told(future.result())
        except BaseException:  # nothing may run on once the lock is free
            self._processes.end()
            raise
        finally:
            line.show("")
            pool.shutdown(cancel_futures=True)

    def _bars(self) -> str:
        """The bars of the sweeps that run now."""
        with self._lock:
            telling = dict(self._telling)
        bars = {name: progress.read(path).line for name, path in telling.items()}
        return " | ".join(f"{name} {bar}" for name, bar in bars.items() if bar)

    def _execute(self, name: str, job: Job, cores: int, index: int) -> Done:
        start = time.perf_counter()
        if job.key is not None:
            invalidate(job.target)
        telling = self._folder / f"{index}.progress.json"
        told = {
            "name": name,
            "source": str(job.source),
            "target": str(job.target),
            "executed": str(self._folder / f"{index}.ipynb"),
            "parameters": job.parameters,
            "key": job.key,
            "kernels": str(self._folder),
            "sockets": running.socket_names(index, str(self._folder)),
            "driver": os.getpid(),
        }
        around = {**os.environ, "LSM_WORKERS": str(cores), progress.VARIABLE: str(telling)}
        around[PART] = job.part
        with self._lock:
            self._telling[name] = telling
        try:
            command = [sys.executable, running.__file__]
            code, output, errors = self._processes.run(command, json.dumps(told), env=around)
        finally:
            with self._lock:
                del self._telling[name]
        if code < 0:
            output = f"the process was ended by {signal.Signals(-code).name}\n{errors}"
        # A worker that failed before it could report has said why on standard error.
        wrong = "" if code == 0 else output or errors
        if code == 0:
            with self._lock:
                self.notes |= dict.fromkeys(output.rstrip("\n").split("\n"))
        return Done(name, wrong, time.perf_counter() - start, progress.read(telling))


def invalidate(copy: Path) -> None:
    """Let a copy be stale: its data are about to be overwritten, and the run may fail."""
    if staleness.kept(copy) is not None:
        old = running.read(copy)
        # Without locks another run may have done so in between.
        old["metadata"].pop("lsm", None)
        running.write(copy, old)
    for path in (copy.parent / "data").glob(f"{copy.stem}_*.csv"):
        path.unlink(missing_ok=True)  # of tables that it may no longer write


def report(name: str, done: str, runs: str, parameters: dict[str, Any]) -> None:
    """Print a page's line: its name, what was done, runs of its sweeps, and what it was given."""
    given = " ".join(f"{key}={value}" for key, value in parameters.items())
    print("  ".join(filter(None, [name, done, runs, given])), flush=True)


def report_failure(done: Done) -> None:
    """Print what went wrong with a page."""
    print(f"{done.name}  FAILED after {done.seconds:.1f} s")
    print(f"book/{done.name}.ipynb, {done.wrong.rstrip()}", flush=True)
