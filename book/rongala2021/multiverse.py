"""What the authors' networks may have been: the choices that the text leaves, as settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import ArrayLike

from lsm.runs import Setting
from lsm.weights import weight_distribution
from rongala2021.judging import met
from rongala2021.ledger import Claim, Condition, Sample

#: What the text says of a level of a choice.
STANCES = ("says", "silent", "against")

#: What targets rest on beside the ledger's claims.
MEASURED = {"layer_2", "binary"}

Change = Callable[[Setting], Setting]


@dataclass(frozen=True, kw_only=True)
class Level:
    """One way of reading a choice.

    Attributes
    ----------
    id, name : str
    stance : str
        One of `STANCES`: whether the text says so, is silent, or is against it.
    sentence : str
        Of the text, or about it, on which the stance rests.
    """

    id: str
    name: str
    stance: str
    sentence: str

    def __post_init__(self) -> None:
        if self.stance not in STANCES:
            raise ValueError(f"stance: expected one of {', '.join(STANCES)}, got {self.stance!r}")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What could have been done in several ways.

    Attributes
    ----------
    id, name : str
    levels : tuple of Level
        The first one is that of the rest of the book.
    figures : tuple of str
        Where a choice is changed alone: the figures that it is changed in.
    """

    id: str
    name: str
    levels: tuple[Level, ...]
    figures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the paper reports of its networks.

    Attributes
    ----------
    id, name, where, sentence : str
    claims : tuple of str
        Of the ledger, whose criteria a network must meet.
    criterion : tuple of Condition
        More conditions, on measures named ``claim.measure``.
    """

    id: str
    name: str
    where: str
    sentence: str
    claims: tuple[str, ...] = ()
    criterion: tuple[Condition, ...] = ()

    def needs(self) -> set[str]:
        """Names of what is measured that the target rests on."""
        return {*self.claims, *(c.measure.split(".")[0] for c in self.criterion)}


@dataclass(frozen=True, kw_only=True)
class Design:
    """Targets, choices that are combined, and choices that are changed one at a time."""

    targets: tuple[Target, ...]
    choices: tuple[Choice, ...]
    alone: tuple[Choice, ...]

    def rows(self) -> list[tuple[str, ...]]:
        """All combinations of levels of the choices, by their ids; the last choice is fastest."""
        return list(product(*([level.id for level in choice.levels] for choice in self.choices)))

    def against(self, row: Sequence[str]) -> int:
        """Choices that a row makes against the text."""
        return sum(
            level.id == taken and level.stance == "against"
            for choice, taken in zip(self.choices, row, strict=True)
            for level in choice.levels
        )


def load(path: str | Path, ledger: Mapping[str, Claim]) -> Design:
    """Read targets and choices.

    Parameters
    ----------
    path : str or Path
    ledger : mapping of id to Claim
        That targets refer to.

    Raises
    ------
    ValueError
        If an entry is malformed, a target rests on nothing or on what is not measured, a level is
        none of `CHANGES`, or an id appears twice.
    """
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        targets = [_target(entry) for entry in given["targets"]]
        choices, alone = ([_choice(entry) for entry in given[key]] for key in ("choices", "alone"))
    except (AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: expected targets, choices and alone: {error!r}") from error
    named: list[Sequence[Target | Choice | Level]] = [targets, choices + alone]
    named += [choice.levels for choice in choices + alone]
    for group in named:
        ids = [each.id for each in group]
        if len(set(ids)) < len(ids):
            raise ValueError(f"{path}: expected each id once, got {', '.join(ids)}")
    for target in targets:
        if not target.needs() or (unknown := target.needs() - ledger.keys() - MEASURED):
            told = ", ".join(sorted(unknown)) if target.needs() else "nothing"
            raise ValueError(f"{path}: expected {target.id} to rest on claims, got {told}")
    for choice in choices + alone:
        expected, got = list(CHANGES.get(choice.id, ())), [level.id for level in choice.levels]
        if expected != got:
            raise ValueError(f"{path}: expected levels {expected} of {choice.id}, got {got}")
    return Design(targets=tuple(targets), choices=tuple(choices), alone=tuple(alone))


def _target(entry: Mapping[str, Any]) -> Target:
    criterion = tuple(Condition(**condition) for condition in entry.get("criterion", ()))
    for condition in criterion:
        if condition.measure.count(".") != 1:
            raise ValueError(f"measure: expected claim.measure, got {condition.measure!r}")
    if not isinstance(entry.get("claims", []), list):
        raise TypeError(f"claims: expected a list, got {entry['claims']!r}")
    return Target(**{**entry, "claims": tuple(entry.get("claims", ())), "criterion": criterion})


def _choice(entry: Mapping[str, Any]) -> Choice:
    levels = tuple(Level(**level) for level in entry["levels"])
    return Choice(**{**entry, "levels": levels, "figures": tuple(entry.get("figures", ()))})


def _same(setting: Setting) -> Setting:
    return setting


def _shunting(setting: Setting, value: float) -> Setting:
    return replace(setting, neuron=replace(setting.neuron, shunting=value))


def connected(setting: Setting, factors: ArrayLike) -> Setting:
    """The setting, its weights multiplied by factors between populations, [target, source]."""
    each = np.multiply(setting.connectivity, factors)
    return replace(setting, connectivity=tuple(map(tuple, each.tolist())))


def _jitter(law: str, milliseconds: float) -> Change:
    return partial(replace, law=law, jitter=1e-3 * milliseconds)


# Factors between populations: targets EN of layers 1 and 2, IN of layers 1 and 2; sources the
# sensors and these.
_ALL = np.ones((4, 5))
_NO_IN_OF_LAYER_1 = _ALL.copy()
_NO_IN_OF_LAYER_1[[1, 3], 3] = 0.0
_OWN_IN = _NO_IN_OF_LAYER_1.copy()
_OWN_IN[[0, 2], 4] = 0.0
_SENSORS_TO_EN = _ALL.copy()
_SENSORS_TO_EN[2, 0] = 0.0
_WEAKER = _ALL * [1.0, 1.0, 1.0, 0.8, 0.8]

#: What each level of each choice changes in a setting.
CHANGES: dict[str, dict[str, Change]] = {
    "update": {
        "together": _same,
        "in_turn": partial(replace, update="in turn"),
        "by_layer": partial(replace, update="layer by layer"),
    },
    "denominator": {"magnitudes": _same, "sum": partial(_shunting, value=-1.0)},
    "hears": {
        "all": _same,
        "no_in": partial(connected, factors=_NO_IN_OF_LAYER_1),
        "own_in": partial(connected, factors=_OWN_IN),
    },
    "sensors": {"both": _same, "en": partial(connected, factors=_SENSORS_TO_EN)},
    "inhibition": {"equal": _same, "weaker": partial(connected, factors=_WEAKER)},
    "plotted": {"activity": _same, "internal": partial(replace, recorded="internal activity")},
    "jitter": {
        "independent": _same,
        **{f"walk_{ms}": _jitter("walk", ms) for ms in (10, 5, 2, 1)},
        **{f"lossy_{ms}": _jitter("lossy walk", ms) for ms in (10, 5, 2, 1)},
    },
    # The size that keeps the time constant is no part of a setting.
    "tau": {"reference": _same, "plain": _same},
    "weights": {
        "normal": partial(replace, weights=weight_distribution("normal", 0.4)),
        "lognormal": partial(replace, weights=weight_distribution("lognormal", 0.4)),
        "binary": partial(replace, weights=weight_distribution("binary", 0.2)),
    },
}


def read(base: Setting, design: Design, row: Sequence[str]) -> Setting:
    """A setting under the levels of a row.

    Parameters
    ----------
    base : Setting
    design : Design
    row : sequence of str
        Ids of a level of each choice.
    """
    for choice, level in zip(design.choices, row, strict=True):
        base = CHANGES[choice.id][level](base)
    return base


def which_meet(
    target: Target, ledger: Mapping[str, Claim], found: Mapping[str, Sequence[Sample]]
) -> list[bool] | None:
    """Whether each network meets a target; None where what it rests on was not measured.

    Parameters
    ----------
    target : Target
    ledger : mapping of id to Claim
    found : mapping of id to samples
        Of the same networks.
    """
    if target.needs() - found.keys():
        return None
    columns = [met(ledger[claim], found[claim])[0] for claim in target.claims]
    columns += [list(_holds(condition, found)) for condition in target.criterion]
    return [all(network) for network in zip(*columns, strict=True)]


def _holds(condition: Condition, found: Mapping[str, Sequence[Sample]]) -> Iterator[bool]:
    claim, measure = condition.measure.split(".")
    plain = replace(condition, measure=measure)
    return (plain.holds(sample) for sample in found[claim])
