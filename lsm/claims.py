"""The paper's claims as data: criterion, verdict, and the record a notebook keeps of it.

A criterion is a list of conditions on measured numbers, fixed in ``claims.yml`` before the
figures were drawn. Verdicts are computed here and nowhere typed.
"""

from __future__ import annotations

import json
import math
import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.stats import binomtest

from lsm._tables import html_table

MIME = "application/vnd.lsm.claims+json"
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
SYMBOLS = {
    "reproduced": "✔",
    "partly": "◐",
    "borderline": "≈",
    "not reproduced": "✘",
    "not testable": "–",
    "not measured": "·",
}
Sample = Mapping[str, float]
#: Between these lines the README holds what `readme_block` says.
README_START = "<!-- verdicts: written by make refresh -->"
README_END = "<!-- end of verdicts -->"
#: Confidence of the intervals that tables and figures show.
CONFIDENCE = 0.95


def _words(measure: str) -> str:
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
        return f"{_words(self.measure)} {sign} {self.bound:g}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One sentence of the paper that can be checked.

    Attributes
    ----------
    id, statement, where : str
        Name, the claim in our words, its place in the paper.
    page : str
        Page of the book that measures it.
    criterion : tuple of Condition
        All must hold for "reproduced".
    direction : tuple of Condition
        All must hold for "partly": the direction without the stated size or range. Empty where
        a claim has no weaker form.
    every : bool
        Whether the paper says that something holds in every network; else that networks tend to
        it, and a majority of the seeds decides.
    former : tuple of Condition
        Criterion that `criterion` replaced, kept to show what it would say.
    change : str
        Why it was replaced.
    requires : str or None
        Claim without which this one cannot be tested.
    not_testable : str or None
        Why it cannot be tested at all.
    """

    id: str
    statement: str
    where: str
    page: str
    criterion: tuple[Condition, ...] = ()
    direction: tuple[Condition, ...] = ()
    every: bool = False
    former: tuple[Condition, ...] = ()
    change: str = ""
    requires: str | None = None
    not_testable: str | None = None


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
    """

    id: str
    verdict: str
    samples: tuple[Sample, ...] = ()
    k: int = 0
    reason: str = ""


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
            for key in ("criterion", "direction", "former"):
                fields[key] = tuple(Condition(**condition) for condition in fields.get(key, ()))
            claim = Claim(**fields)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: expected a claim, got {name!r}: {error}") from error
        if claim.id in ledger:
            raise ValueError(f"{path}: expected each id once, got {claim.id!r} twice")
        ledger[claim.id] = claim
    return ledger


def _settled(held: Sequence[bool], every: bool) -> bool | None:
    """Whether something holds in every seed, or in most; None within sampling error of half."""
    if every or len(held) == 1:
        return all(held)
    interval = binomtest(sum(held), len(held)).proportion_ci(0.9, method="exact")
    return True if interval.low > 0.5 else False if interval.high < 0.5 else None


def met(claim: Claim, samples: Sequence[Sample]) -> tuple[list[bool], list[bool]]:
    """Whether each sample meets the criterion of a claim, and whether at least the direction."""
    full = [all(c.holds(s) for c in claim.criterion) for s in samples]
    weak = [
        held or (bool(claim.direction) and all(c.holds(s) for c in claim.direction))
        for held, s in zip(full, samples, strict=True)
    ]
    return full, weak


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
    needed = {c.measure for c in claim.criterion + claim.direction + claim.former}
    for sample in samples:
        if missing := needed - sample.keys():
            raise ValueError(
                f"samples: expected {', '.join(sorted(needed))} for claim {claim.id}, "
                f"got no {', '.join(sorted(missing))}"
            )
    full, weak = met(claim, samples)
    if (settled := _settled(full, claim.every)) is not False:
        verdict = "reproduced" if settled else "borderline"
    elif (settled := _settled(weak, claim.every)) is not False:
        verdict = "partly" if settled else "borderline"
    else:
        verdict = "not reproduced"
    return Verdict(id=claim.id, verdict=verdict, samples=tuple(samples), k=sum(full))


def share(k: int, n: int) -> tuple[float, float]:
    """Exact interval (Clopper and Pearson) of a share of which k of n were seen."""
    interval = binomtest(k, n).proportion_ci(CONFIDENCE, method="exact")
    return float(interval.low), float(interval.high)


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


def score(
    ledger: Mapping[str, Claim], measured: Mapping[str, Sample | Sequence[Sample]]
) -> Scorecard:
    """Judge the claims that a page measured.

    Parameters
    ----------
    ledger : mapping of id to Claim
    measured : mapping of id to one sample, or to a sequence of samples with the drawn one first

    Returns
    -------
    Scorecard

    Raises
    ------
    ValueError
        If an id is not in the ledger, or see `judge`.
    """
    verdicts: dict[str, Verdict] = {}
    for name, samples in measured.items():
        if name not in ledger:
            raise ValueError(f"measured: expected ids of the ledger, got {name!r}")
        each = [samples] if isinstance(samples, Mapping) else samples
        plain = [{key: float(value) for key, value in sample.items()} for sample in each]
        verdict = judge(ledger[name], plain)
        needed = ledger[name].requires
        if needed and needed not in verdicts:
            raise ValueError(f"measured: expected {needed} before {name}, which requires it")
        if needed and verdicts[needed].verdict != "reproduced":
            reason = f"needs {needed}, which is {verdicts[needed].verdict}"
            verdict = replace(verdict, verdict="not testable", reason=reason)
        verdicts[name] = verdict
    return Scorecard(ledger, tuple(verdicts.values()))


def _plain(value: float) -> float | str:
    """JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else str(value)


@dataclass(frozen=True)
class Changes:
    """Criteria that were changed: the old one, the new one, and what each of them says."""

    rows: tuple[tuple[str, ...], ...]

    heads = ("id", "former criterion", "says", "criterion", "says", "reason of the change")

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in self.rows)

    def _repr_html_(self) -> str:
        return html_table(self.heads, self.rows)


@dataclass(frozen=True)
class Scorecard:
    """Verdicts as a table, and as a record in the notebook's output."""

    ledger: Mapping[str, Claim]
    verdicts: tuple[Verdict, ...]

    def counts(self) -> dict[str, int]:
        """Number of claims by verdict, in the order of `SYMBOLS`."""
        found = Counter(verdict.verdict for verdict in self.verdicts)
        return {name: found[name] for name in SYMBOLS}

    def changes(self) -> Changes:
        """The claims whose criterion was changed, judged by both."""
        rows = []
        for verdict in self.verdicts:
            claim = self.ledger[verdict.id]
            if claim.former and verdict.samples:
                old = judge(replace(claim, criterion=claim.former, direction=()), verdict.samples)
                texts = ["; ".join(map(str, c)) for c in (claim.former, claim.criterion)]
                says = [f"{v.verdict} ({v.k} of {len(v.samples)})" for v in (old, verdict)]
                rows.append((claim.id, texts[0], says[0], texts[1], says[1], claim.change))
        return Changes(tuple(rows))

    def summary(self) -> str:
        """One line: how many claims of how many have each verdict."""
        counts = self.counts()
        first = f"{counts.pop('reproduced')} of {len(self.verdicts)} claims reproduced"
        return ", ".join([first, *(f"{n} {name}" for name, n in counts.items() if n)])

    def margins(self) -> dict[str, list[float]]:
        """By which factor each sample meets each condition, as `Condition.margin`.

        Named by claim and condition; conditions without a factor are left out.
        """
        found = {}
        for v in self.verdicts:
            for condition in self.ledger[v.id].criterion:
                factors = [condition.margin(s) for s in v.samples]
                if factors and any(math.isfinite(x) for x in factors):
                    found[f"{v.id}: {condition}"] = factors
        return found

    def overview(self) -> Overview:
        """The claims as the page that gathers them shows them."""
        return Overview(self)

    def rows(self) -> list[tuple[str, ...]]:
        """Cells of the table, one row for each claim."""
        return [self._row(verdict) for verdict in self.verdicts]

    def _row(self, v: Verdict) -> tuple[str, ...]:
        claim = self.ledger[v.id]
        n = len(v.samples)
        seeds = f"{v.k} of {n}" if n > 1 else ""
        needed = f" in {'every seed' if claim.every else 'most seeds'}" if n > 1 else ""
        criterion = "; ".join(map(str, claim.criterion)) + needed
        drawn = v.samples[0] if v.samples else {}
        numbers = ", ".join(f"{_words(name)} = {value:.4g}" for name, value in drawn.items())
        verdict = f"{SYMBOLS[v.verdict]} {v.verdict}"
        return v.id, claim.where, claim.statement, verdict, v.reason or numbers, criterion, seeds

    def record(self) -> list[dict[str, Any]]:
        """The verdicts and the numbers behind them as JSON, for `gather`."""
        return [
            {
                "id": v.id,
                "verdict": v.verdict,
                "samples": [{name: _plain(x) for name, x in s.items()} for s in v.samples],
            }
            for v in self.verdicts
        ]

    def __repr__(self) -> str:
        return "\n".join(
            f"{name}: {verdict} ({numbers}{'; ' + seeds if seeds else ''})"
            for name, _, _, verdict, numbers, _, seeds in self.rows()
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        heads = ("id", "where", "claim", "verdict", "measured", "criterion", "seeds")
        table = html_table(heads, self.rows())
        return {"text/plain": repr(self), "text/html": table, MIME: self.record()}


@dataclass(frozen=True)
class Overview:
    """All claims by figure, with links to their pages and intervals over seeds.

    On a page that loads ``scorecard.js`` the table can be sorted and filtered. An interval of a
    mean that contains the bound of its criterion is marked ≈.
    """

    scorecard: Scorecard

    heads = ("id", "where", "claim", "verdict", "measured, drawn", "mean over seeds", "criterion",
             "seeds")  # fmt: skip

    def rows(self) -> list[tuple[str, ...]]:
        """Cells, the measured claims first, each group in the order of the ledger."""
        verdicts = sorted(self.scorecard.verdicts, key=lambda v: v.verdict == "not measured")
        return [self._row(v) for v in verdicts]

    def _row(self, v: Verdict) -> tuple[str, ...]:
        name, where, statement, verdict, numbers, criterion, seeds = self.scorecard._row(v)
        n = len(v.samples)
        means = []
        for measure in v.samples[0] if n > 1 else ():
            mean, low, high = mean_interval([s[measure] for s in v.samples])
            conditions = self.scorecard.ledger[v.id].criterion
            bounds = [c.bound for c in conditions if c.measure == measure]
            near = " ≈" if low < high and any(low <= bound <= high for bound in bounds) else ""
            means.append(f"{_words(measure)} {mean:.3g} [{low:.3g}, {high:.3g}]{near}")
        if n > 1:
            low, high = share(v.k, n)
            seeds = f"{v.k} of {n} [{low:.2f}, {high:.2f}]"
        return name, where, statement, verdict, numbers, "; ".join(means), criterion, seeds

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in self.rows())

    def _repr_html_(self) -> str:
        pages = {v.id: self.scorecard.ledger[v.id].page for v in self.scorecard.verdicts}
        return html_table(
            self.heads,
            self.rows(),
            links={name: f"{page}.html" for name, page in pages.items()},
            kind="scorecard",
        )


def readme_block(scorecard: Scorecard) -> str:
    """What the README says of the verdicts, between its two markers."""
    counts = {name: n for name, n in scorecard.counts().items() if n}
    lines = [
        f"**{scorecard.summary()}.**",
        "",
        "| | " + " | ".join(f"{SYMBOLS[name]} {name}" for name in counts) + " |",
        "|---|" + "---|" * len(counts),
        "| claims | " + " | ".join(str(n) for n in counts.values()) + " |",
        "| | "
        + " | ".join(
            ", ".join(v.id for v in scorecard.verdicts if v.verdict == name) for name in counts
        )
        + " |",
    ]
    return "\n".join(lines)


def badge(scorecard: Scorecard) -> str:
    """The share of reproduced claims as a small SVG image."""
    text = f"{scorecard.counts()['reproduced']} of {len(scorecard.verdicts)} reproduced"
    left, right = 48, 12 + 7 * len(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" '
        f'aria-label="claims: {text}"><title>claims: {text}</title>'
        f'<rect width="{left}" height="20" fill="#444"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="#0072B2"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14">claims</text><text x="{left + 6}" y="14">{text}</text></g></svg>\n'
    )


def _records(path: Path) -> list[Any]:
    """All that the outputs of a notebook record."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        outputs = [o for c in cells if c["cell_type"] == "code" for o in c["outputs"]]
        return [entry for o in outputs for entry in o.get("data", {}).get(MIME, ())]
    except (json.JSONDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: expected a notebook with records, got {error!r}") from error


def gather(ledger: Mapping[str, Claim], folder: str | Path) -> Scorecard:
    """Collect what the pages of a book recorded in their outputs, and judge it again.

    Parameters
    ----------
    ledger : mapping of id to Claim
    folder : path
        The book; each claim's `page` is a notebook below it.

    Returns
    -------
    Scorecard
        All claims of the ledger in its order; those without a record are "not measured".

    Raises
    ------
    ValueError
        If a record is malformed, recorded twice, not of this page, or its verdict is not what its
        numbers give; names notebook and id.
    """
    samples: dict[str, Sequence[Sample]] = {}
    recorded: dict[str, tuple[Path, str]] = {}
    for page in dict.fromkeys(claim.page for claim in ledger.values()):
        path = Path(folder, page).with_suffix(".ipynb")
        for entry in _records(path) if path.exists() else ():
            name = str(entry.get("id") if isinstance(entry, dict) else entry)
            if name not in ledger or ledger[name].page != page:
                raise ValueError(f"{path}: expected a claim of this page, got {name!r}")
            if name in recorded:
                raise ValueError(f"{path}: expected {name!r} once, got it twice")
            try:
                recorded[name] = (path, entry["verdict"])
                samples[name] = [{k: float(x) for k, x in s.items()} for s in entry["samples"]]
                judge(ledger[name], samples[name])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{path}: expected a record for {name!r}, got {error!r}"
                ) from error
    for name, (path, _) in recorded.items():
        needed = ledger[name].requires
        if needed and needed not in recorded:
            raise ValueError(f"{path}: expected {needed!r} to be recorded, as {name!r} requires it")
    judged = score(ledger, {name: samples[name] for name in ledger if name in samples})
    verdicts = {verdict.id: verdict for verdict in judged.verdicts}
    for name, (path, verdict) in recorded.items():
        if verdict != verdicts[name].verdict:
            raise ValueError(
                f"{path}: expected {name!r} to be {verdicts[name].verdict}, as its numbers and its "
                f"criterion say, got {verdict!r}; execute the page again"
            )
    everything = (verdicts.get(n, Verdict(id=n, verdict="not measured")) for n in ledger)
    return Scorecard(ledger, tuple(everything))
