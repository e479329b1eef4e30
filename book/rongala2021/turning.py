"""Which readings of the text turn which verdicts, and which of that may be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy  # its parts are loaded when used: that of stats takes half a second
import xarray as xr

from lsm._validate import Array
from rongala2021.calibrating import Calibration
from rongala2021.judging import judge_all, mean_interval, met, share
from rongala2021.ledger import Claim
from rongala2021.readings import row_of
from rongala2021.samples import Samples


def verdicts(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> xr.DataArray:
    """Verdict of each claim under each reading.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples

    Returns
    -------
    DataArray of str over reading, claim
        Of the claims that the first reading measures, in the order of the ledger; empty where
        another does not measure one.
    """
    judged = {name: judge_all(ledger, samples) for name, samples in found.items()}
    first = next(iter(judged.values()))
    claims = [claim for claim in ledger if claim in first]
    cells = [[row[c].verdict if c in row else "" for c in claims] for row in judged.values()]
    coords = {"reading": list(judged), "claim": claims}
    return xr.DataArray(np.array(cells), coords=coords, name="verdict")


class Turned(NamedTuple):
    """Which readings turn a claim.

    Attributes
    ----------
    clearly : tuple of str
        Readings under which the verdict is another, beyond sampling error.
    perhaps : tuple of str
        Those under which the verdict is another, while the seeds that differ are too few, or too
        uneven in their direction, to exclude chance.
    n_readings : int
        That measure the claim.
    """

    clearly: tuple[str, ...]
    perhaps: tuple[str, ...]
    n_readings: int


#: Up to which probability of its difference being chance a reading turns a claim clearly.
LEVEL = 0.1


def _uneven(k: int, n: int) -> bool:
    """Whether k of n seeds that differ, in one direction, are too few or too many for chance."""
    return n > 0 and float(scipy.stats.binomtest(k, n).pvalue) <= LEVEL


def _differs(first: Sequence[bool], second: Sequence[bool]) -> bool:
    """Whether the seeds in which only one of two holds are too uneven for chance (sign test)."""
    only = [a for a, b in zip(first, second, strict=True) if a != b]
    return _uneven(sum(only), len(only))


def turned(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> dict[str, Turned]:
    """Which readings turn each claim, seed by seed against the first reading.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples
        The same seeds for all; the first reading is the one that the others are held against.

    Returns
    -------
    dict of claim to Turned
    """
    judged = verdicts(ledger, found)
    taken = next(iter(found))
    rows = {}
    for claim in judged["claim"].values.tolist():
        column = judged.sel(claim=claim)
        measured = column[column != ""]
        other = measured["reading"].values[measured != column.sel(reading=taken)].tolist()
        before = met(ledger[claim], found[taken][claim])
        clearly = tuple(
            name
            for name in other
            if any(map(_differs, before, met(ledger[claim], found[name][claim])))
        )
        perhaps = tuple(name for name in other if name not in clearly)
        rows[claim] = Turned(clearly, perhaps, measured.size)
    return rows


def beside(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> pd.DataFrame:
    """Verdicts under two readings beside each other, and whether they differ by more than chance.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples
        Two, of the same seeds.

    Returns
    -------
    DataFrame
        A row for each claim: its verdict under each, and in how many seeds its criterion holds.
    """
    judged = {name: judge_all(ledger, samples) for name, samples in found.items()}
    rows = []
    for claim, t in turned(ledger, found).items():
        cells = [
            f"{v[claim].verdict}, {v[claim].k} of {len(v[claim].samples)}" for v in judged.values()
        ]
        how = "beyond chance" if t.clearly else "perhaps" if t.perhaps else "no"
        rows.append((claim, *cells, how))
    return pd.DataFrame(rows, columns=["claim", *found, "another verdict"])


def told(rows: Mapping[str, Turned], name: str, n_claims: int) -> str:
    """Which of the claims measured under a reading it turns, as text.

    Parameters
    ----------
    rows : mapping of claim to Turned
    name : str
        Of the reading.
    n_claims : int
        How many it measures.
    """
    clearly = [claim for claim, t in rows.items() if name in t.clearly]
    perhaps = [claim for claim, t in rows.items() if name in t.perhaps]
    each = [", ".join(clearly)] if clearly else []
    each += [f"perhaps {', '.join(perhaps)}"] if perhaps else []
    return "; ".join(each) or f"none of {n_claims}"


def compared(
    ledger: Mapping[str, Claim],
    found: Mapping[str, Samples],
    anew: Mapping[str, Samples],
    rules: Mapping[str, Calibration],
) -> pd.DataFrame:
    """What each reading turns at the one static leak, and at its own; and what differs between.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found, anew : mapping of reading to Samples
        With one static leak for all, and from `calibrated_anew`.
    rules : mapping of reading to Calibration

    Returns
    -------
    DataFrame
        A row for each reading that has a rule, as `told`.
    """
    fixed, own = turned(ledger, found), turned(ledger, anew)
    rows = []
    for name in rules:
        row = row_of(name, rules)
        n = len(found[name])
        between = turned(ledger, {"fixed": found[name], "own": anew[row]})
        each = told(fixed, name, n), told(own, row, n), told(between, "own", n)
        rows.append((name, rules[name].k_static, *each))
    heads = ["at the one static leak", "at its own", "other at its own than at the one"]
    return pd.DataFrame(rows, columns=["reading", "its own", *heads])


def _rejected(n: int) -> float:
    """Probability that seeds that differ, n of them, are too uneven if each goes either way."""
    return float(sum(scipy.stats.binom.pmf(k, n, 0.5) for k in range(n + 1) if _uneven(k, n)))


def chance(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> dict[str, float]:
    """How many verdicts are compared, and how many full frames chance alone would draw.

    Parameters
    ----------
    ledger : mapping of id to Claim
    found : mapping of reading to Samples
        As in `turned`.

    Returns
    -------
    dict of str to number
        What is told of, and the number. By chance alone each seed that differs would do so either
        way; a claim with a direction is compared by this, too.
    """
    first, *others = found.values()
    n = len(next(iter(first.values())))
    needed = next((k for k in range(n + 1) if share(k, n, confidence=0.9)[0] > 0.5), np.nan)
    n_differing = [
        sum(a != b for a, b in zip(before, after, strict=True))
        for samples in others
        for claim in samples
        for before, after in list(
            zip(met(ledger[claim], first[claim]), met(ledger[claim], samples[claim]), strict=True)
        )[: 1 + bool(ledger[claim].direction)]
    ]
    expected = [_rejected(each) for each in n_differing]
    rows = turned(ledger, found).values()
    clearly = sum(len(row.clearly) for row in rows)
    perhaps = sum(len(row.perhaps) for row in rows)
    return {
        "seeds": n,
        "seeds in which a claim must hold to count as reproduced": needed,
        "seeds in which it may hold at most to count as not reproduced": n - needed,
        "verdicts compared with the first row": sum(row.n_readings - 1 for row in rows),
        "of them other": clearly + perhaps,
        "of these beyond chance (full frames)": clearly,
        "of these within chance (dotted frames)": perhaps,
        "comparisons of criteria and directions": len(expected),
        "of them with enough differing seeds for a full frame": sum(p > 0 for p in expected),
        "full frames that chance alone would draw there": float(sum(expected)),
        "the same, if all seeds differed everywhere": len(expected) * _rejected(n),
    }


def summary(ledger: Mapping[str, Claim], found: Mapping[str, Samples]) -> pd.DataFrame:
    """Each claim's verdict under the first reading, and which others turn it, as `turned`."""
    taken = verdicts(ledger, found).isel(reading=0)
    rows = [
        (
            claim,
            str(taken.sel(claim=claim).item()),
            f"{t.n_readings - len(t.clearly) - len(t.perhaps)} of {t.n_readings}",
            "; ".join(t.clearly),
            "; ".join(t.perhaps),
        )
        for claim, t in turned(ledger, found).items()
    ]
    heads = ["claim", f"verdict {next(iter(found))}", "the same in", "turned by", "perhaps by"]
    return pd.DataFrame(rows, columns=heads)


#: What tables tell in numbers, claim and measure: of the networks, of the isolated neuron, and of
#: the Izhikevich neuron beside it. Of the last two digits are certain: under the scheme of
#: Izhikevich its spikes depend on the last digits of the input.
OF_NETWORKS = {
    "HF, Fig. 4": ("4a", "HF_network"),
    "build-up, IN1": ("4b", "build_up_IN1"),
    "HF with leak": ("4e", "HF_network"),
    "autapses": ("S7a", "HF_ratio"),
    "5a: lead of lognormal": ("5a", "lead_of_lognormal"),
    "5a: HF, binary, 10 %": ("5a", "HF_binary_10"),
    "slope of delays": ("6a", "slope"),
    "smallest HF, Fig. 7": ("7a", "smallest_HF"),
    "smallest HF, Fig. 8": ("8a", "smallest_HF"),
    "8d: low frequencies": ("8d", "largest_low_frequency_ratio"),
}
OF_NEURON = {
    "cutoff (Hz)": ("1c", "cutoff_hz"),
    "3a: loss to a relay": ("3a", "loss_to_relay"),
    "loss of r by the leak": ("3d", "loss_of_r"),
    "r to H-H": ("S1", "r"),
    "rho to H-H": ("S1", "rho"),
}
OF_SPIKING = {
    "3c: smallest lead, r": ("3c", "smallest_lead_r"),
    "3c: smallest lead, rho": ("3c", "smallest_lead_rho"),
    "3e: above 30 Hz, output / input": ("3e", "share_above_30_hz_ratio"),
    "3g: beaten at 50 Hz": ("3g", "share_beaten_50_hz"),
    "3g: beaten at 200 Hz": ("3g", "share_beaten_200_hz"),
    "S4: smallest lead, all rates": ("S4", "smallest_lead_r"),
}


def means(
    found: Mapping[str, Samples],
    measures: Mapping[str, tuple[str, str]],
    *,
    n_digits: int | None = None,
) -> dict[str, Array]:
    """Mean over seeds of some measures under each reading; NaN where it does not measure one.

    Parameters
    ----------
    found : mapping of reading to Samples
    measures : mapping of name to (claim, measure)
    n_digits : int, optional
        To which they are rounded.

    Returns
    -------
    dict of name to (n_readings,) array
    """

    def mean(samples: Samples, claim: str, measure: str) -> float:
        value = mean_interval([s[measure] for s in samples.get(claim, ())])[0]
        return value if n_digits is None else float(f"{value:.{n_digits}g}")

    return {
        name: np.array([mean(samples, claim, measure) for samples in found.values()])
        for name, (claim, measure) in measures.items()
    }


def in_rows(*found: Mapping[str, Samples]) -> pd.DataFrame:
    """All that was measured, with a row for each reading, claim, seed and measure."""
    rows = [
        (reading, claim, seed, measure, float(value))
        for part in found
        for reading, samples in part.items()
        for claim, each in samples.items()
        for seed, sample in enumerate(each)
        for measure, value in sample.items()
    ]
    return pd.DataFrame(rows, columns=["reading", "claim", "seed", "measure", "value"])
