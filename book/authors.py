"""Run the combined readings of the text anew: ``make authors``.

Calibrates every combination of the choices in ``authors.yml`` and judges it by the targets there;
changes the other choices beside the reading of this book and the best three; and judges these four
on fresh networks. All that was run is kept in ``_build/results``: who interrupts it goes on where
it was. The records are written to ``authors.json`` at the end.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

# What is run is this project's, wherever it is started from and whatever is installed.
BOOK = Path(__file__).resolve().parent
sys.path[:0] = [str(BOOK.parent), str(BOOK)]

import numpy as np  # noqa: E402

import interrupts  # noqa: E402
from lsm._files import write_whole  # noqa: E402
from lsm.cores import available_cores  # noqa: E402
from lsm.runs import Setting  # noqa: E402
from rongala2021 import ledger, multiverse  # noqa: E402
from rongala2021.multiverse_runs import Plan, Row, run_beside, run_row  # noqa: E402
from rongala2021.multiverse_scores import Records, asked, best, load, score  # noqa: E402
from rongala2021.readings import NetworkConditions  # noqa: E402
from rongala2021.scale import scale_of  # noqa: E402

#: Seeds of the networks behind the rule, of those that are judged, and of the fresh ones.
SEEDS = {"calibration": 191, "judging": 192, "confirmation": 193}
N_BEST = 3
T = TypeVar("T")


def plan(n_judged: int, *, n_calibrated: int = 20, judging: str = "judging") -> Plan:
    """What is run, at the scale of the page on single readings."""
    scale = scale_of(
        {"seed": SEEDS["calibration"], "n_seeds": n_calibrated, "f_min": 1.8, "voices": 5}
        | {"warm_up": 0.1},
        store=BOOK.parent / "_build" / "results",
    )
    return Plan(
        base=Setting(),
        conditions=NetworkConditions(
            tau_dyn=0.01,
            n_short=6,
            delays=np.array([0, 1, 2, 5, 10, 20]) * 1e-3,
            rates=(50, 100, 150, 200),
            counts=(6, 15, 30, 50),
            sizes=((5, 4), (10, 8), (20, 16)),
        ),
        calibration=scale,
        judging=replace(scale, seed=SEEDS[judging], n_networks=n_judged),
    )


def each(function: Callable[[T], Row], items: Sequence[T], what: str) -> list[Row]:
    """A function of many items on all cores, in their order, with a line for each that is done.

    Raises
    ------
    RuntimeError
        At the first that fails, with its name; the others are ended.
    """
    start = time.perf_counter()
    found: dict[int, Row] = {}
    # A row is thousands of short runs: on a thread for each row less is waited than on all for one.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(available_cores(), mp_context=spawn, initializer=_alone)
    try:
        running = {pool.submit(function, item): i for i, item in enumerate(items)}
        for done in as_completed(running):
            item = items[running[done]]
            try:
                row = found[running[done]] = done.result()
            except Exception as error:
                raise RuntimeError(f"{what} {_flat(item)}: {error!r}") from error
            met, share = score(row)
            passed = time.perf_counter() - start
            print(f"{what} {len(found)}/{len(items)}  {passed:.0f} s  {_flat(item)}", end="  ")
            print(f"k_static {row.k_static:g}  {met} targets, {float(share):.2f}", flush=True)
    except BaseException:
        for process in list((pool._processes or {}).values()):  # nothing public ends them at once
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return [found[i] for i in range(len(items))]


def _flat(item: object) -> str:
    return " ".join(_flat(part) for part in item) if isinstance(item, tuple) else str(item)


def _alone() -> None:
    """In a worker: one thread for its runs; it heeds its parent alone, and ends with it."""
    os.environ["LSM_WORKERS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def end() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def _combined(levels: tuple[str, ...], plan: Plan) -> Row:
    design, claims = _read()
    return run_row(plan, design, claims, levels)


def _beside(item: tuple[tuple[str, ...], str, str], plan: Plan) -> Row:
    levels, name, level = item
    design, claims = _read()
    choice = next(choice for choice in design.alone if choice.id == name)
    return run_beside(plan, design, claims, levels, (choice, level))


def _read() -> tuple[multiverse.Design, dict[str, ledger.Claim]]:
    claims = ledger.load(BOOK / "claims.yml")
    return multiverse.load(BOOK / "authors.yml", claims), claims


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line; one that is wrong is refused before anything is run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=12, help="judged in each row (default: 12)")
    parser.add_argument("--fresh", type=int, default=40, help="that confirm (default: 40)")
    given = parser.parse_args(words)
    for name in ("networks", "fresh"):
        if getattr(given, name) < 1:
            parser.error(f"--{name}: expected an integer >= 1, got {getattr(given, name)}")
    return given


def run_all(given: argparse.Namespace, path: Path) -> None:
    """Run all, and write the records."""
    design, claims = _read()
    judging, fresh = plan(given.networks), plan(given.fresh, judging="confirmation")
    rows = each(partial(_combined, plan=judging), design.rows(), "row")
    some = [row.levels for row in (rows[0], *(r for r in best(rows, N_BEST) if r is not rows[0]))]
    changes = [
        (levels, choice.id, level.id)
        for levels in some
        for choice in design.alone
        for level in choice.levels[1:]
    ]
    beside = each(partial(_beside, plan=judging), changes, "beside")
    confirmed = each(partial(_combined, plan=fresh), some, "fresh")
    about = {"networks": given.networks, "fresh": given.fresh, "seeds": SEEDS}
    about |= {"calibrated on": judging.calibration.n_networks, "asked": asked(design, claims)}
    found = Records(about=about, rows=tuple(rows), beside=tuple(beside), confirmed=tuple(confirmed))
    write_whole(path, found.text().encode())
    load(path, design, claims)


def main(words: Sequence[str] | None = None) -> int:
    """Carry out the command line: 0, 1 for a failure, 2 for a refusal, 130 if interrupted."""
    given = arguments(words)
    try:
        interrupts.answer(interrupts.end_in_order)
        run_all(given, BOOK / "authors.json")
    except KeyboardInterrupt:
        print("interrupted; the same again goes on where it was", file=sys.stderr)
        return interrupts.CODE
    except (RuntimeError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
