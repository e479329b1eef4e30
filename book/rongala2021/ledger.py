"""The paper's claims as data: sentence, place, criterion. Nothing is judged here."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
#: What kind of evidence a claim can give, and what each is.
KINDS = {
    "identity": "follows from the printed equations, whatever the network or the input",
    "filter": "follows from the dynamic leak as a low-pass filter: the same filter, applied "
    "afterwards, does as much",
    "empirical": "could have come out otherwise",
}
#: What a claim's criterion is tried on beside the paper's networks or neurons, and why.
CONTROLS = {
    "negative": "the sentence is known to be false",
    "positive": "the sentence is known to be true",
    "filter": "the dynamic leak acts on the output alone, as a filter afterwards",
}
Sample = Mapping[str, float]


def words(measure: str) -> str:
    """A measure's name as text, which tables can wrap."""
    return measure.replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class Condition:
    """``measure comparison bound``, for instance ``peak >= 0.95``; false for NaN."""

    measure: str
    comparison: str
    bound: float

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ValueError(
                f"comparison: expected one of {' '.join(COMPARISONS)}, got {self.comparison!r}"
            )
        if isinstance(self.bound, bool) or not isinstance(self.bound, int | float):
            raise ValueError(f"bound: expected a number, got {self.bound!r}")

    def holds(self, sample: Sample) -> bool:
        """Whether a sample meets the condition."""
        return bool(COMPARISONS[self.comparison](sample[self.measure], self.bound))

    def margin(self, sample: Sample) -> float:
        """By which factor a sample meets the condition: above 1 it does, below 1 it does not.

        NaN where there is no factor: for equalities, and for bounds or values not above zero.
        """
        value = sample[self.measure]
        if self.comparison == "==" or not (self.bound > 0 and value > 0):
            return float("nan")
        return value / self.bound if ">" in self.comparison else self.bound / value

    def __str__(self) -> str:
        sign = {"<=": "≤", ">=": "≥", "==": "="}.get(self.comparison, self.comparison)
        return f"{words(self.measure)} {sign} {self.bound:g}"


@dataclass(frozen=True, kw_only=True)
class Former:
    """A criterion that was replaced, and why.

    Attributes
    ----------
    criterion : tuple of Condition
    reason : str
        Of the change.
    """

    criterion: tuple[Condition, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of the paper that can be checked.

    Attributes
    ----------
    id, statement, where : str
        Name, the claim in our words, its place in the paper.
    page : str
        Page of the book that measures it.
    kind : str
        One of `KINDS`.
    criterion : tuple of Condition
        All must hold for "reproduced".
    direction : tuple of Condition
        All must hold for "partly": the direction without the stated size or range. Empty where
        a claim has no weaker form.
    every : bool
        Whether the paper says that something holds in every network; else that networks tend to
        it, and a majority of the seeds decides.
    former : tuple of Former
        Criteria that were replaced, the first one first, kept to show what they would say.
    controls : mapping of str to str
        By the names of `CONTROLS`: the system that each is.
    requires : str or None
        Claim without which this one cannot be tested.
    not_testable : str or None
        Why it cannot be tested at all.
    """

    id: str
    statement: str
    where: str
    page: str
    kind: str
    criterion: tuple[Condition, ...] = ()
    direction: tuple[Condition, ...] = ()
    every: bool = False
    former: tuple[Former, ...] = ()
    controls: Mapping[str, str] = field(default_factory=dict)
    requires: str | None = None
    not_testable: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {self.kind!r}")
        if unknown := self.controls.keys() - CONTROLS.keys():
            raise ValueError(
                f"controls: expected some of {', '.join(CONTROLS)}, "
                f"got {', '.join(sorted(unknown))}"
            )


def _conditions(given: Sequence[Mapping[str, Any]]) -> tuple[Condition, ...]:
    return tuple(Condition(**condition) for condition in given)


def load(path: str | Path) -> dict[str, Claim]:
    """Read a ledger of claims.

    Raises
    ------
    ValueError
        If an entry is malformed or an id appears twice; names the entry.
    """
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: expected YAML, got {error}") from error
    if not isinstance(entries, list):
        raise ValueError(f"{path}: expected a list of claims, got {entries!r}")
    ledger: dict[str, Claim] = {}
    for entry in entries:
        name = entry.get("id") if isinstance(entry, dict) else entry
        try:
            fields = dict(entry)
            for key in ("criterion", "direction"):
                fields[key] = _conditions(fields.get(key, ()))
            fields["former"] = tuple(
                Former(criterion=_conditions(old["criterion"]), reason=old["reason"])
                for old in fields.get("former", ())
            )
            claim = Claim(**fields)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: expected a claim, got {name!r}: {error}") from error
        if claim.id in ledger:
            raise ValueError(f"{path}: expected each id once, got {claim.id!r} twice")
        ledger[claim.id] = claim
    return ledger
