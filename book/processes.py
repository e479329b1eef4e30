"""Processes that the driver starts: none outlives it, however it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psutil

#: How often a process looks whether the one that started it is still there (s).
_LOOK = 0.5
#: How long to wait at most until what was killed is gone (s).
_GONE = 1.0

Result = TypeVar("Result")


class Processes:
    """Children that can be ended together, with all that they started."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(self, command: Sequence[str], text: str = "", **options: Any) -> tuple[int, str, str]:
        """Run a command to its end; its exit code, standard output and standard error.

        Not to be called in the main thread: an interrupt there could come when the child has
        started and nobody knows it yet.
        """
        with self._lock:
            if self._ended:
                return 1, "", ""
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # the terminal's Ctrl-C is for this process alone
                **options,
            )
            self._running.add(process)
        output, errors = process.communicate(text)
        with self._lock:
            self._running.discard(process)
        return process.returncode, output, errors

    def end(self) -> None:
        """Kill every child and grandchild, and start no other."""
        with self._lock:
            self._ended = True
            # The first of each is waited for by who runs it.
            others = [other for p in self._running for other in kill_family(p.pid)[1:]]
        limit = time.monotonic() + _GONE
        while any(map(_runs, others)) and time.monotonic() < limit:
            time.sleep(0.01)


def beside_main(call: Callable[[], Result], processes: Processes) -> Result:
    """What a call gives that runs processes, in a thread; an interrupt ends these."""
    with ThreadPoolExecutor(1) as pool:
        try:
            return pool.submit(call).result()
        except BaseException:
            processes.end()
            raise


def _runs(process: psutil.Process) -> bool:
    """Whether a process is more than an entry that waits for whoever inherited it."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def kill_family(pid: int) -> list[psutil.Process]:
    """Kill a process and all that it started; it comes first of them.

    Each is stopped before its children are listed, so that it cannot start another meanwhile.
    """
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        family.append(psutil.Process(pid))
    for member in family:  # which grows
        with contextlib.suppress(psutil.Error):
            if member.pid != os.getpid():
                member.suspend()
            family += member.children()
    for member in reversed(family):  # this process, if it is one of them, last
        with contextlib.suppress(psutil.Error):
            member.kill()
    return family


def follow(parent: int) -> None:
    """Let this process end, with all that it started, when the one that started it is gone.

    A driver that is killed can end nothing itself.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK)
        kill_family(os.getpid())

    threading.Thread(target=watch, daemon=True).start()
