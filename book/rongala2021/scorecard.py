"""Verdicts as they are shown: on a page, gathered from all pages, in the README."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from rongala2021.judging import SYMBOLS, Verdict, judge, judge_all, mean_interval, share
from rongala2021.ledger import Claim, Sample, words
from rongala2021.tables import Table

MIME = "application/vnd.lsm.claims+json"
#: Between these lines the README holds what `readme_block` says.
README_START = "<!-- verdicts: written by make refresh -->"
README_END = "<!-- end of verdicts -->"
_HEADS = ("id", "where", "claim", "verdict", "measured", "criterion", "seeds")


def score(
    ledger: Mapping[str, Claim], measured: Mapping[str, Sample | Sequence[Sample]]
) -> Scorecard:
    """Judge the claims that a page measured, as `judge_all`, to be shown."""
    return Scorecard(ledger, tuple(judge_all(ledger, measured).values()))


def _plain(value: float) -> float | str:
    """JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else str(value)


@dataclass(frozen=True)
class Scorecard:
    """Verdicts as a table, and as a record in the notebook's output."""

    ledger: Mapping[str, Claim]
    verdicts: tuple[Verdict, ...]

    def counts(self) -> dict[str, int]:
        """Number of claims by verdict, in the order of `SYMBOLS`."""
        found = Counter(verdict.verdict for verdict in self.verdicts)
        return {name: found[name] for name in SYMBOLS}

    def changes(self) -> Table:
        """The claims whose criterion was changed: the old one, the new one, and what each says."""
        rows = []
        for verdict in self.verdicts:
            claim = self.ledger[verdict.id]
            if claim.former and verdict.samples:
                old = judge(replace(claim, criterion=claim.former, direction=()), verdict.samples)
                texts = ["; ".join(map(str, c)) for c in (claim.former, claim.criterion)]
                says = [f"{v.verdict} ({v.k} of {len(v.samples)})" for v in (old, verdict)]
                rows.append((claim.id, texts[0], says[0], texts[1], says[1], claim.change))
        heads = ("id", "former criterion", "says", "criterion", "says", "reason of the change")
        return Table(pd.DataFrame(rows, columns=heads))

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

    def overview(self) -> Table:
        """All claims by figure, with links to their pages and intervals over seeds.

        On a page that loads ``scorecard.js`` the table can be sorted and filtered. An interval of
        a mean that contains the bound of its criterion is marked ≈. Measured claims come first,
        each group in the order of the ledger.
        """
        heads = ("id", "where", "claim", "verdict", "measured, drawn", "mean over seeds")
        verdicts = sorted(self.verdicts, key=lambda v: v.verdict == "not measured")
        frame = pd.DataFrame(
            [self._over_seeds(v) for v in verdicts], columns=[*heads, "criterion", "seeds"]
        )
        links = {v.id: f"{self.ledger[v.id].page}.html" for v in verdicts}
        return Table(frame, links=links, kind="scorecard")

    def _over_seeds(self, v: Verdict) -> tuple[str, ...]:
        *first, criterion, seeds = self._row(v)
        n = len(v.samples)
        means = []
        for measure in v.samples[0] if n > 1 else ():
            mean, low, high = mean_interval([s[measure] for s in v.samples])
            bounds = [c.bound for c in self.ledger[v.id].criterion if c.measure == measure]
            near = " ≈" if low < high and any(low <= bound <= high for bound in bounds) else ""
            means.append(f"{words(measure)} {mean:.3g} [{low:.3g}, {high:.3g}]{near}")
        if n > 1:
            low, high = share(v.k, n)
            seeds = f"{v.k} of {n} [{low:.2f}, {high:.2f}]"
        return *first, "; ".join(means), criterion, seeds

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
        numbers = ", ".join(f"{words(name)} = {value:.4g}" for name, value in drawn.items())
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
        table = Table(pd.DataFrame(self.rows(), columns=list(_HEADS)))
        return {"text/plain": repr(self), "text/html": table._repr_html_(), MIME: self.record()}


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
