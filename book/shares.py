"""A share of what the sweeps of pages lack, for hosts that see the folder: --part 3/10.

In such a run a sweep computes only its share of the results that are missing in _build/results, and
gives stand-ins for the rest. What pages show of these is worthless: they run in a folder that is
thrown away. No lock is taken, for several parts run at once, and `make book` may, too.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from compiling import remove_abandoned
from crew import Done, Job, Pages, report, report_failure
from lsm._files import beside
from processes import Processes
from progress import counted
from running import short_folder
from staleness import Refusal

#: A parameter of all pages that sweep.
PARAMETER = "scheduler"


def checked(text: str) -> str:
    """K/N, without leading zeros."""
    found = re.fullmatch(r"([0-9]+)/([0-9]+)", text)
    part, n_parts = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= n_parts:
        raise Refusal(f"--part: expected K/N with 1 <= K <= N, got {text!r}")
    return f"{part}/{n_parts}"


def compute(
    book: Path,
    chosen: dict[str, dict[str, Any]],
    part: str,
    *,
    n_cores: int,
    processes: Processes,
) -> list[str]:
    """Execute pages for the part of their sweeps; the names of those that could not run.

    Parameters
    ----------
    book : Path
        The notebooks' folder.
    chosen : dict
        Pages in the order in which they start, and what is passed to each beside the part.
    part : str
        From `checked`.
    n_cores : int
        Cores for all.
    processes : Processes
        Of this run.
    """
    failed: list[str] = []
    sums = [0, 0]

    def told(done: Done) -> None:
        if done.wrong:
            failed.append(done.name)
            report_failure(done)
            return
        numbers = done.progress.from_disk, done.progress.computed
        sums[:] = [total + number for total, number in zip(sums, numbers, strict=True)]
        report(done.name, f"{done.seconds:.1f} s", counted(*numbers), chosen[done.name])

    build = book.parent / "_build"
    remove_abandoned(build.glob(".part.*"))
    # Within the project: a page finds its packages and results by the folder that it runs in.
    place = beside(build / "part", "")
    with short_folder() as folder:
        pages = Pages(Path(folder), processes)
        jobs = {
            name: Job(
                source=book / f"{name}.ipynb",
                target=place / f"{name}.ipynb",
                parameters=given,
                key=None,
                part=part,
            )
            for name, given in chosen.items()
        }
        try:
            pages.run(jobs, n_cores, told)
        finally:
            shutil.rmtree(place, ignore_errors=True)
    for note in filter(None, pages.notes):
        print(f"note: {note}", file=sys.stderr)
    print(f"part {part}: {counted(*sums) or 'no runs'}")
    return failed
