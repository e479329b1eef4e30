"""Verdicts, from measured numbers and the ledger's criteria."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import betaincinv

from rongala2021.ledger import CONTROLS, Claim, Condition, Sample

SYMBOLS = {
    "reproduced": "✔",
    "partly": "◐",
    "borderline": "≈",
    "not reproduced": "✘",
    "not testable": "–",
    "not measured": "·",
}
#: Confidence of the intervals that tables and figures show.
CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A claim's verdict and the numbers behind it.

    Attributes
    ----------
    id : str
    verdict : str
        One of `SYMBOLS`.
    samples : tuple of mappings
        Measured numbers of each seed; first those of the network or neuron that the figure draws.
    k : int
        Seeds in which the criterion holds.
    reason : str
        Why a claim is not testable.
    controls : mapping of str to Verdict
        What the same criterion says of each control, by the names of `ledger.CONTROLS`.
    """

    id: str
    verdict: str
    samples: tuple[Sample, ...] = ()
    k: int = 0
    reason: str = ""
    controls: Mapping[str, Verdict] = field(default_factory=dict)


def _settled(held: Sequence[bool], every: bool) -> bool | None:
    """Whether something holds in every seed, or in most; None within sampling error of half."""
    if every or len(held) == 1:
        return all(held)
    low, high = share(sum(held), len(held), confidence=0.9)
    return True if low > 0.5 else False if high < 0.5 else None


def met(claim: Claim, samples: Sequence[Sample]) -> tuple[list[bool], list[bool]]:
    """Whether each sample meets the criterion of a claim, and whether at least the direction."""
    full = [all(c.holds(s) for c in claim.criterion) for s in samples]
    weak = [
        held or (bool(claim.direction) and all(c.holds(s) for c in claim.direction))
        for held, s in zip(full, samples, strict=True)
    ]
    return full, weak


def _check_measures(
    claim: Claim, samples: Sequence[Sample], conditions: Sequence[Condition]
) -> None:
    """Refuse samples that lack a measure of some conditions."""
    needed = {c.measure for c in conditions}
    for sample in samples:
        if missing := needed - sample.keys():
            raise ValueError(
                f"samples: expected {', '.join(sorted(needed))} for claim {claim.id}, "
                f"got no {', '.join(sorted(missing))}"
            )


def judge(claim: Claim, samples: Sequence[Sample]) -> Verdict:
    """Verdict of a claim from samples of its measures, that of the drawn figure first.

    The criterion must hold in most seeds, or in every one where the claim says so. "Most" is a
    majority beyond sampling error, by the exact 90 % interval (15 of 20); what lies within is
    "borderline". A single sample decides by itself.

    Raises
    ------
    ValueError
        If there is no sample, no criterion, or a measure is missing.
    """
    if claim.not_testable:
        return Verdict(id=claim.id, verdict="not testable", reason=claim.not_testable)
    if not samples:
        raise ValueError(f"samples: expected at least one for claim {claim.id}, got none")
    if not claim.criterion:
        raise ValueError(f"claim: expected a criterion for {claim.id}, got none")
    _check_measures(claim, samples, claim.criterion + claim.direction)
    full, weak = met(claim, samples)
    if (settled := _settled(full, claim.every)) is not False:
        verdict = "reproduced" if settled else "borderline"
    elif (settled := _settled(weak, claim.every)) is not False:
        verdict = "partly" if settled else "borderline"
    else:
        verdict = "not reproduced"
    return Verdict(id=claim.id, verdict=verdict, samples=tuple(samples), k=sum(full))


def share(k: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact interval (Clopper and Pearson) of a share of which k of n were seen."""
    # As scipy.stats.binomtest has it; to load that takes each page half a second.
    tail = (1 - confidence) / 2
    low = betaincinv(k, n - k + 1, tail) if k > 0 else 0.0
    high = betaincinv(k + 1, n - k, 1 - tail) if k < n else 1.0
    return float(low), float(high)


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean of the finite values, and its interval by the bootstrap (percentiles, fixed draws)."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(0).integers(known.size, size=(2000, known.size))
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(known[draws].mean(axis=1), [tail, 100 - tail])
    return float(known.mean()), float(low), float(high)


def faults(claim: Claim, verdict: Verdict) -> list[str]:
    """What keeps the verdict of a claim from being evidence; nothing if nothing does.

    A criterion must fail where its sentence is known to be false, and hold where it is known to
    be true, or it cannot tell the two apart. An identity needs neither: it holds whatever is
    measured. What a filter afterwards does as well is of the kind "filter", and nothing else is.

    Parameters
    ----------
    claim : Claim
    verdict : Verdict
        With those of its controls.
    """
    said = {name: control.verdict for name, control in verdict.controls.items()}
    wrong = []
    if claim.kind != "identity" and "negative" not in said:
        wrong.append("has no negative control")
    if said.get("negative") == "reproduced":
        wrong.append("its negative control is reproduced")
    if claim.kind != "identity" and verdict.verdict != "reproduced" and "positive" not in said:
        wrong.append("is not reproduced and has no positive control")
    if said.get("positive", "reproduced") != "reproduced":
        wrong.append(f"its positive control is {said['positive']}")
    if "filter" in said and (said["filter"] == "reproduced") != (claim.kind == "filter"):
        wrong.append(f"is of kind {claim.kind}, but a filter afterwards is {said['filter']}")
    return [f"{claim.id}: {text}" for text in wrong]


def _plain(samples: Sample | Sequence[Sample]) -> list[dict[str, float]]:
    each = [samples] if isinstance(samples, Mapping) else samples
    return [{key: float(value) for key, value in sample.items()} for sample in each]


def judge_all(
    ledger: Mapping[str, Claim],
    measured: Mapping[str, Sample | Sequence[Sample]],
    **controls: Mapping[str, Sample | Sequence[Sample]],
) -> dict[str, Verdict]:
    """Judge the claims that were measured.

    Parameters
    ----------
    ledger : mapping of id to Claim
    measured : mapping of id to one sample, or to a sequence of samples with the drawn one first
    **controls
        By the names of `ledger.CONTROLS`, the same of the controls. Of a control only the claims
        are judged that the ledger describes it for.

    Returns
    -------
    dict of id to Verdict

    Raises
    ------
    ValueError
        If an id is not in the ledger, a control is unknown, or see `judge`.
    """
    if unknown := controls.keys() - CONTROLS.keys():
        raise ValueError(
            f"controls: expected some of {', '.join(CONTROLS)}, got {', '.join(sorted(unknown))}"
        )
    verdicts: dict[str, Verdict] = {}
    for name, samples in measured.items():
        if name not in ledger:
            raise ValueError(f"measured: expected ids of the ledger, got {name!r}")
        claim, plain = ledger[name], _plain(samples)
        verdict = judge(claim, plain)
        for former in claim.former:
            _check_measures(claim, plain, former.criterion)
        of_controls = {
            control: judge(claim, _plain(found[name]))
            for control, found in controls.items()
            if name in found and control in claim.controls
        }
        verdict = replace(verdict, controls=of_controls)
        needed = ledger[name].requires
        if needed and needed not in verdicts:
            raise ValueError(f"measured: expected {needed} before {name}, which requires it")
        if needed and verdicts[needed].verdict != "reproduced":
            reason = f"needs {needed}, which is {verdicts[needed].verdict}"
            verdict = replace(verdict, verdict="not testable", reason=reason)
        verdicts[name] = verdict
    return verdicts
