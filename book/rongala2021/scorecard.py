"""Verdicts as they are shown: on a page, gathered from all pages, in the README."""

from __future__ import annotations

import html
import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from rongala2021.judging import SYMBOLS, Verdict, judge, judge_all, mean_interval, share
from rongala2021.ledger import KINDS, Claim, Sample, words
from rongala2021.tables import Table

MIME = "application/vnd.lsm.claims+json"
#: Between these lines the README holds what `front.readme_block` says.
README_START = "<!-- verdicts: written by make refresh -->"
README_END = "<!-- end of verdicts -->"
_HEADS = ("id", "where", "claim", "kind", "verdict", "measured", "criterion", "seeds")


def score(
    ledger: Mapping[str, Claim],
    measured: Mapping[str, Sample | Sequence[Sample]],
    **controls: Mapping[str, Sample | Sequence[Sample]],
) -> Scorecard:
    """Judge the claims that a page measured, as `judge_all`, to be shown."""
    return Scorecard(ledger, tuple(judge_all(ledger, measured, **controls).values()))


def _plain(samples: Sequence[Sample]) -> list[dict[str, float | str]]:
    """Samples as JSON, which has no NaN and no infinity."""
    return [{k: x if math.isfinite(x) else str(x) for k, x in s.items()} for s in samples]


def _numbers(samples: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Samples that `_plain` wrote."""
    return [{k: float(x) for k, x in s.items()} for s in samples]


def _mean_text(measure: str, samples: Sequence[Sample]) -> str:
    """Mean of a measure and its interval; tells of how many samples, if not of all."""
    values = [s[measure] for s in samples]
    mean, low, high = mean_interval(values)
    n_known = sum(map(math.isfinite, values))
    unknown = f" ({n_known} of {len(values)} known)" if 0 < n_known < len(values) else ""
    return f"{words(measure)} {mean:.3g} [{low:.3g}, {high:.3g}]{unknown}"


def _number_text(measure: str, samples: Sequence[Sample]) -> str:
    """A measure of one sample, or its mean over several with the interval."""
    if len(samples) > 1:
        return _mean_text(measure, samples)
    return f"{words(measure)} {samples[0][measure]:.3g}"


@dataclass(frozen=True)
class Scorecard:
    """Verdicts as a table, and as a record in the notebook's output."""

    ledger: Mapping[str, Claim]
    verdicts: tuple[Verdict, ...]

    def counts(self, kind: str | None = None) -> dict[str, int]:
        """Number of claims by verdict, in the order of `SYMBOLS`; of one kind, or of all."""
        found = Counter(v.verdict for v in self.verdicts if kind in (None, self._kind(v)))
        return {name: found[name] for name in SYMBOLS}

    def _kind(self, v: Verdict) -> str:
        return self.ledger[v.id].kind

    def changes(self) -> Table:
        """The claims whose criterion was changed: the old one, the new one, and what each says."""
        rows = []
        for verdict in self.verdicts:
            claim = self.ledger[verdict.id]
            for former in claim.former if verdict.samples else ():
                changed = replace(claim, criterion=former.criterion, direction=())
                old = judge(changed, verdict.samples)
                texts = ["; ".join(map(str, c)) for c in (former.criterion, claim.criterion)]
                says = [f"{v.verdict} ({v.k} of {len(v.samples)})" for v in (old, verdict)]
                rows.append((claim.id, texts[0], says[0], texts[1], says[1], former.reason))
        heads = ("id", "former criterion", "says", "criterion", "says", "reason of the change")
        return Table(pd.DataFrame(rows, columns=heads))

    def summary(self) -> str:
        """One line: how many claims of how many have each verdict, the reproduced ones by kind."""
        counts = self.counts()
        kinds = [f"{k} of {n} {kind}" for kind, (k, n) in self._reproduced().items() if n]
        first = f"{counts.pop('reproduced')} of {len(self.verdicts)} claims reproduced"
        others = [f"{n} {name}" for name, n in counts.items() if n]
        return ", ".join([f"{first} ({', '.join(kinds)})", *others])

    def _reproduced(self) -> dict[str, tuple[int, int]]:
        """Of each kind, how many claims are reproduced, and how many there are."""
        counts = {kind: self.counts(kind) for kind in KINDS}
        return {kind: (n["reproduced"], sum(n.values())) for kind, n in counts.items()}

    def by_kind(self) -> Table:
        """The claims of each kind, and how many of them have each verdict."""
        seen = [name for name, n in self.counts().items() if n]
        rows = []
        for kind in KINDS:
            counts = self.counts(kind)
            rows.append((kind, sum(counts.values()), *(counts[name] for name in seen)))
        heads = ["kind", "claims", *(f"{SYMBOLS[name]} {name}" for name in seen)]
        return Table(pd.DataFrame(rows, columns=heads))

    def margins(self, control: str | None = None) -> dict[str, list[float]]:
        """By which factor each sample meets each condition, as `Condition.margin`.

        Named by claim and condition; conditions without a factor are left out. Of the paper's
        networks and neurons, or of one of the controls.
        """
        found = {}
        for v in self.verdicts:
            tried = v if control is None else v.controls.get(control)
            samples = tried.samples if tried else ()
            for condition in self.ledger[v.id].criterion:
                factors = [condition.margin(s) for s in samples]
                if factors and any(math.isfinite(x) for x in factors):
                    found[f"{v.id}: {condition}"] = factors
        return found

    def _of_controls(self) -> Iterator[tuple[str, ...]]:
        for v in self.verdicts:
            claim = self.ledger[v.id]
            measures = dict.fromkeys(c.measure for c in claim.criterion)
            for name, control in v.controls.items():
                numbers = "; ".join(_mean_text(m, control.samples) for m in measures)
                seeds = f"{control.k} of {len(control.samples)}"
                verdict = f"{SYMBOLS[control.verdict]} {control.verdict}"
                yield v.id, name, claim.controls[name], numbers, seeds, verdict

    def controls(self) -> Table:
        """What the criteria say of systems in which the sentence is known to be false, or true.

        And of a filter afterwards, where the claim is on what the dynamic leak removes.
        """
        heads = ("id", "control", "system", "mean over seeds", "meets the criterion", "verdict")
        return Table(pd.DataFrame(list(self._of_controls()), columns=heads))

    def overview(self) -> Table:
        """All claims by figure, with links to their pages and intervals over seeds.

        On a page that loads ``scorecard.js`` the table can be sorted and filtered. A row can be
        linked to as ``#claim-4a``. An interval of a mean that contains the bound of its criterion
        is said to. Measured claims come first, each group in the order of the ledger.
        """
        heads = ("id", "where", "claim", "kind", "verdict", "measured, drawn", "mean over seeds")
        verdicts = sorted(self.verdicts, key=lambda v: v.verdict == "not measured")
        frame = pd.DataFrame(
            [self._over_seeds(v) for v in verdicts], columns=[*heads, "criterion", "seeds"]
        )
        links = {v.id: f"{self.ledger[v.id].page}.html" for v in verdicts}
        return Table(frame, links=links, kind="scorecard", anchor="claim-")

    def _over_seeds(self, v: Verdict) -> tuple[str, ...]:
        *first, criterion, seeds = self._row(v)
        n = len(v.samples)
        means = []
        for measure in v.samples[0] if n > 1 else ():
            _, low, high = mean_interval([s[measure] for s in v.samples])
            bounds = [c.bound for c in self.ledger[v.id].criterion if c.measure == measure]
            within = low < high and any(low <= bound <= high for bound in bounds)
            means.append(_mean_text(measure, v.samples) + " (bound within)" * within)
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
        measured = v.reason or numbers
        return v.id, claim.where, claim.statement, claim.kind, verdict, measured, criterion, seeds

    def cards(self) -> dict[str, str]:
        """What a card beside a claim's id tells, as HTML: of its numbers those that were judged."""
        found = {}
        for v in self.verdicts:
            name, where, statement, kind, verdict, measured, criterion, seeds = self._row(v)
            if v.samples and not v.reason:
                measures = dict.fromkeys(c.measure for c in self.ledger[name].criterion)
                measured = "; ".join(_number_text(m, v.samples) for m in measures)
            lines = {
                "head": f"{name} · {where} · {kind}",
                "statement": statement,
                f"verdict verdict-{v.verdict.replace(' ', '-')}": verdict,
                "measured": measured,
                "criterion": "; ".join(filter(None, [f"Criterion: {criterion}", seeds])),
            }
            paragraphs = [f'<p class="{k}">{html.escape(x)}</p>' for k, x in lines.items() if x]
            found[name] = "".join([*paragraphs, "<p><a>its row among the claims</a></p>"])
        return found

    def record(self) -> list[dict[str, Any]]:
        """The verdicts and the numbers behind them as JSON, for `gather`."""
        return [
            {
                "id": v.id,
                "verdict": v.verdict,
                "samples": _plain(v.samples),
                "controls": {name: _plain(c.samples) for name, c in v.controls.items()},
            }
            for v in self.verdicts
        ]

    def __repr__(self) -> str:
        rows = [
            f"{name}: {verdict} ({numbers}{'; ' + seeds if seeds else ''})"
            for name, _, _, _, verdict, numbers, _, seeds in self.rows()
        ]
        rows += [
            f"{name}, {control} control: {verdict} ({numbers}; {seeds})"
            for name, control, _, numbers, seeds, verdict in self._of_controls()
        ]
        return "\n".join(rows)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        table = Table(pd.DataFrame(self.rows(), columns=list(_HEADS)))
        tables = table._repr_html_()
        if any(v.controls for v in self.verdicts):
            tables += "\n<p>The same criteria, tried on controls:</p>\n"
            tables += self.controls()._repr_html_()
        return {"text/plain": repr(self), "text/html": tables, MIME: self.record()}


def readme_table(scorecard: Scorecard) -> str:
    """How many claims of each kind have each verdict, as a table in Markdown."""
    seen = [name for name, n in scorecard.counts().items() if n]
    lines = [
        "| | " + " | ".join(f"{SYMBOLS[name]} {name}" for name in seen) + " |",
        "|---|" + "---|" * len(seen),
    ]
    for kind, meaning in KINDS.items():
        counts = scorecard.counts(kind)
        cells = [str(counts[name]) for name in seen]
        lines.append(f"| *{kind}*: {meaning} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def badge(scorecard: Scorecard) -> str:
    """The shares of reproduced claims, of all and of the empirical ones, as a small SVG image."""
    k, n = scorecard._reproduced()["empirical"]
    text = f"{scorecard.counts()['reproduced']} of {len(scorecard.verdicts)} reproduced, "
    text += f"{k} of {n} empirical"
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
    controls: dict[str, dict[str, Sequence[Sample]]] = {}
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
                samples[name] = _numbers(entry["samples"])
                for control, found in entry["controls"].items():
                    controls.setdefault(control, {})[name] = _numbers(found)
                # Alone, so that a fault is told of this record.
                judge_all(
                    {name: replace(ledger[name], requires=None)}, {name: samples[name]}, **controls
                )
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise ValueError(
                    f"{path}: expected a record for {name!r}, got {error!r}"
                ) from error
    for name, (path, _) in recorded.items():
        needed = ledger[name].requires
        if needed and needed not in recorded:
            raise ValueError(f"{path}: expected {needed!r} to be recorded, as {name!r} requires it")
    measured = {name: samples[name] for name in ledger if name in samples}
    judged = score(ledger, measured, **controls)
    verdicts = {verdict.id: verdict for verdict in judged.verdicts}
    for name, (path, verdict) in recorded.items():
        if verdict != verdicts[name].verdict:
            raise ValueError(
                f"{path}: expected {name!r} to be {verdicts[name].verdict}, as its numbers and its "
                f"criterion say, got {verdict!r}; execute the page again"
            )
    everything = (verdicts.get(n, Verdict(id=n, verdict="not measured")) for n in ledger)
    return Scorecard(ledger, tuple(everything))
