"""Combined readings of the text, run: their static leak by the rule, and the targets they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lsm import _validate as check
from lsm.runs import Setting
from rongala2021.active_neurons import layer_two
from rongala2021.calibrating import Calibration, calibrated
from rongala2021.grids import grid
from rongala2021.judging import mean_interval
from rongala2021.ledger import Claim
from rongala2021.multiverse import CHANGES, Choice, Design, read, which_meet
from rongala2021.readings import FIGURES, NetworkConditions, Reading, network_samples
from rongala2021.samples import Samples, samples_of
from rongala2021.scale import Scale, sweep_grid

#: Static leak constants among which the rule looks.
CONSTANTS = np.geomspace(0.002, 0.5, 13)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """How much of the combined readings is run.

    Attributes
    ----------
    base : Setting
        As the rest of the book reads the text; its static leak is not used.
    conditions : NetworkConditions
    calibration, judging : Scale
        Networks behind the rule, and those that are judged: of other seeds.
    """

    base: Setting
    conditions: NetworkConditions
    calibration: Scale
    judging: Scale

    def __post_init__(self) -> None:
        if self.calibration.seed == self.judging.seed:
            raise ValueError(
                f"judging: expected another seed than that of the calibration, got "
                f"{check.shown(self.judging.seed)} for both"
            )


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was found of one combination of levels.

    Attributes
    ----------
    levels : tuple of str
        Of each combined choice.
    k_static : float
        By the rule, within this reading.
    satisfied : bool
        Whether a constant satisfies the rule.
    met : mapping of str to str
        Of each target that was measured, "1" or "0" for each network.
    means : mapping of str to float
        Mean of each measure over networks, named ``claim.measure``; only finite ones.
    beside : tuple of str
        Choice that was changed alone, and its level; empty for none.
    """

    levels: tuple[str, ...]
    k_static: float
    satisfied: bool
    met: Mapping[str, str]
    means: Mapping[str, float]
    beside: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        """As JSON."""
        found = asdict(self) | {"levels": list(self.levels), "beside": list(self.beside)}
        return found if self.beside else {k: v for k, v in found.items() if k != "beside"}

    def counts(self) -> dict[str, int]:
        """Networks that meet each target."""
        return {target: each.count("1") for target, each in self.met.items()}


def row_of(record: Mapping[str, Any]) -> Row:
    """A row from its record."""
    lists = {name: tuple(record.get(name, ())) for name in ("levels", "beside")}
    return Row(**{**record, **lists})


def samples_of_row(
    base: Setting,
    conditions: NetworkConditions,
    scale: Scale,
    figures: Sequence[str] = FIGURES,
) -> Samples:
    """What the targets rest on, of the networks of a setting.

    Parameters
    ----------
    base : Setting
    conditions, scale
        As in `network_samples`.
    figures : sequence of str
        Of `FIGURES`.
    """
    found = network_samples(base, conditions, scale, Reading(figures=tuple(figures)))
    if "4" in figures:
        active = sweep_grid(layer_two, grid([base], setting=[0]), scale)
        found["layer_2"] = samples_of(n_active=active["n_active"].isel(setting=0))
    if "5" in figures:
        found["binary"] = [
            {
                "sparsest_over_least_of_the_others": s["HF_binary_10"]
                / s["smallest_HF_binary_above_10"]
            }
            for s in found["5a"]
        ]
    return found


def _row(
    levels: tuple[str, ...],
    calibration: Calibration,
    found: Samples,
    design: Design,
    ledger: Mapping[str, Claim],
    beside: tuple[str, ...] = (),
) -> Row:
    judged = {target.id: which_meet(target, ledger, found) for target in design.targets}
    met = {
        target: "".join("01"[holds] for holds in each)
        for target, each in judged.items()
        if each is not None
    }
    means = {
        f"{claim}.{measure}": mean_interval([s[measure] for s in samples])[0]
        for claim, samples in found.items()
        for measure in samples[0]
    }
    return Row(
        levels=levels,
        k_static=calibration.k_static,
        satisfied=calibration.satisfied,
        met=met,
        means={name: float(f"{x:.4g}") for name, x in means.items() if np.isfinite(x)},
        beside=beside,
    )


def calibrated_setting(
    plan: Plan, design: Design, levels: Sequence[str]
) -> tuple[Setting, Calibration]:
    """The setting of a combination of levels, with the static leak by the rule within it."""
    base = read(plan.base, design, levels)
    found = calibrated(
        replace(base, n_presentations=plan.conditions.n_short), CONSTANTS, plan.calibration
    )
    return replace(base, neuron=replace(base.neuron, k_static=found.k_static)), found


def run_row(
    plan: Plan, design: Design, ledger: Mapping[str, Claim], levels: tuple[str, ...]
) -> Row:
    """Calibrate a combination of levels, and judge other networks of it by all targets.

    Parameters
    ----------
    plan : Plan
    design : Design
    ledger : mapping of id to Claim
    levels : tuple of str
        Of each combined choice.
    """
    base, calibration = calibrated_setting(plan, design, levels)
    found = samples_of_row(base, plan.conditions, plan.judging)
    return _row(levels, calibration, found, design, ledger)


def run_beside(
    plan: Plan,
    design: Design,
    ledger: Mapping[str, Claim],
    levels: tuple[str, ...],
    change: tuple[Choice, str],
) -> Row:
    """A combination of levels with one more choice changed, in its figures alone.

    Parameters
    ----------
    plan, design, ledger, levels
        As in `run_row`, whose networks are the same.
    change : (Choice, str)
        One of those that are changed alone, and its level.
    """
    choice, level = change
    base, calibration = calibrated_setting(plan, design, levels)
    conditions = plan.conditions
    if (choice.id, level) == ("tau", "plain"):
        conditions = replace(conditions, reference=None)
    found = samples_of_row(
        CHANGES[choice.id][level](base), conditions, plan.judging, choice.figures
    )
    return _row(levels, calibration, found, design, ledger, (choice.id, level))
