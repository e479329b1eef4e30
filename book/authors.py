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
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from lsm._files import write_whole
from lsm.cores import available_cores
from lsm.runs import Setting
from rongala2021 import ledger, multiverse
from rongala2021.multiverse_runs import Plan, Row, run_beside, run_row
from rongala2021.multiverse_scores import Records, best, load, score
from rongala2021.pages import results_folder
from rongala2021.project import book_file
from rongala2021.readings import NetworkConditions
from rongala2021.scale import scale_of

#: Seeds of the networks behind the rule, of those that are judged, and of the fresh ones.
SEEDS = {"calibration": 191, "judging": 192, "confirmation": 193}
N_BEST = 3
T = TypeVar("T")


def plan(n_judged: int, *, n_calibrated: int = 20, judging: str = "judging") -> Plan:
    """What is run, at the scale of the page on single readings."""
    scale = scale_of(
        {"seed": SEEDS["calibration"], "n_seeds": n_calibrated, "f_min": 1.8, "voices": 5}
        | {"warm_up": 0.1},
        store=results_folder(),
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


def each(function: Callable[..., Row], items: Sequence[T], what: str) -> list[Row]:
    """A function of many items on all cores, in their order, with a line for each that is done."""
    start = time.perf_counter()
    found: dict[int, Row] = {}
    # A row is thousands of short runs: on one thread each, two rows at a time, less is waited.
    os.environ["LSM_WORKERS"] = "1"
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(available_cores(), mp_context=spawn) as pool:
        running = {pool.submit(function, item): i for i, item in enumerate(items)}
        for done in as_completed(running):
            row = found[running[done]] = done.result()
            met, share = score(row)
            name = " ".join((*row.levels, *row.beside))
            passed = time.perf_counter() - start
            print(f"{what} {len(found)}/{len(items)}  {passed:.0f} s  {name}", end="  ")
            print(f"k_static {row.k_static:g}  {met} targets, {share:.2f}", flush=True)
    return [found[i] for i in range(len(items))]


def _combined(levels: tuple[str, ...], plan: Plan) -> Row:
    design, claims = _read()
    return run_row(plan, design, claims, levels)


def _beside(item: tuple[tuple[str, ...], str, str], plan: Plan) -> Row:
    levels, name, level = item
    design, claims = _read()
    choice = next(choice for choice in design.alone if choice.id == name)
    return run_beside(plan, design, claims, levels, (choice, level))


def _read() -> tuple[multiverse.Design, dict[str, ledger.Claim]]:
    return multiverse.load(book_file("authors.yml")), ledger.load(book_file("claims.yml"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all, and write the records."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=12, help="judged in each row (default: 12)")
    parser.add_argument("--fresh", type=int, default=40, help="that confirm (default: 40)")
    given = parser.parse_args(arguments)
    design, _ = _read()
    judging = plan(given.networks)
    rows = each(partial(_combined, plan=judging), design.rows(), "row")
    some = [row.levels for row in (rows[0], *(r for r in best(rows, N_BEST) if r is not rows[0]))]
    changes = [
        (levels, choice.id, level.id)
        for levels in some
        for choice in design.alone
        for level in choice.levels[1:]
    ]
    beside = each(partial(_beside, plan=judging), changes, "beside")
    fresh = plan(given.fresh, judging="confirmation")
    confirmed = each(partial(_combined, plan=fresh), some, "fresh")
    about = {"networks": given.networks, "fresh": given.fresh, "seeds": SEEDS}
    about |= {"calibrated on": judging.calibration.n_networks}
    records = Records(
        about=about, rows=tuple(rows), beside=tuple(beside), confirmed=tuple(confirmed)
    )
    path = book_file("authors.yml").with_suffix(".json")
    write_whole(path, records.text().encode())
    assert load(path) == records
    return 0


if __name__ == "__main__":
    sys.exit(main())
