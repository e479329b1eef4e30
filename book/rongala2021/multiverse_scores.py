"""Scores of combined readings: the targets that each meets, the sentences that it contradicts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy  # its parts are loaded when used
import xarray as xr

from rongala2021.judging import share
from rongala2021.ledger import Claim
from rongala2021.multiverse import Choice, Design
from rongala2021.multiverse_runs import Row, row_of

#: Up to which probability, times the number of rows, what a row does is not put down to chance.
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class Records:
    """All rows that were run.

    Attributes
    ----------
    about : mapping of str to value
        Numbers of networks, and seeds.
    rows : tuple of Row
        All combinations of levels, in the order of `Design.rows`.
    beside : tuple of Row
        Some of them with one more choice changed.
    confirmed : tuple of Row
        The row of the rest of the book and the best ones, judged again on other networks.
    """

    about: Mapping[str, Any]
    rows: tuple[Row, ...]
    beside: tuple[Row, ...] = ()
    confirmed: tuple[Row, ...] = ()

    def text(self) -> str:
        """As JSON, a row on each line."""
        parts = [f'"about": {json.dumps(self.about)}']
        for name in ("rows", "beside", "confirmed"):
            lines = [json.dumps(row.record(), ensure_ascii=False) for row in getattr(self, name)]
            parts.append(f'"{name}": [\n' + ",\n".join(lines) + "\n]")
        return "{\n" + ",\n".join(parts) + "\n}\n"


def asked(design: Design, ledger: Mapping[str, Claim]) -> str:
    """Digest of what records are of: the levels of all choices, and the criteria of all targets."""
    levels = [[c.id, *(level.id for level in c.levels)] for c in (*design.choices, *design.alone)]
    criteria = [
        [t.id, *map(str, t.criterion), *(str(x) for c in t.claims for x in ledger[c].criterion)]
        for t in design.targets
    ]
    return hashlib.sha256(json.dumps([levels, criteria]).encode()).hexdigest()[:16]


def load(path: str | Path, design: Design, ledger: Mapping[str, Claim]) -> Records:
    """Read records as `Records.text` writes them.

    Raises
    ------
    ValueError
        If they are spoiled, or not of this design and these criteria.
    """
    try:
        given = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = {name: tuple(map(row_of, given[name])) for name in ("rows", "beside", "confirmed")}
        found = Records(about=given["about"], **rows)
        of = found.about["asked"], [row.levels for row in found.rows]
        targets = [target.id for target in design.targets]
        whole = all(list(row.met) == targets for row in (*found.rows, *found.confirmed))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: expected records of make authors, got {error!r}") from error
    if of != (asked(design, ledger), design.rows()) or not whole:
        raise ValueError(
            f"{path}: expected records of the choices and criteria that there are now, got others; "
            f"make authors makes them anew"
        )
    return found


def _shares(row: Row) -> dict[str, Fraction]:
    return {target: Fraction(each.count("1"), len(each)) for target, each in row.met.items()}


def score(row: Row) -> tuple[int, Fraction]:
    """Targets that more than half of a row's networks meet; and the mean share of networks.

    Exact, so that equal rows are equal.
    """
    shares = list(_shares(row).values())
    return sum(2 * each > 1 for each in shares), sum(shares, Fraction()) / len(shares)


def best(rows: Sequence[Row], n: int) -> list[Row]:
    """The rows of the highest scores, the best first; of equal ones the first."""
    return sorted(rows, key=score, reverse=True)[:n]


def front(rows: Sequence[Row], design: Design) -> list[Row]:
    """Rows that meet more targets than all that contradict as few sentences or fewer.

    The Pareto front, fewest contradictions first; of rows that are alike in both, the one with the
    highest mean share of networks.
    """
    found: list[Row] = []
    for row in sorted(best(rows, len(rows)), key=lambda each: design.against(each.levels)):
        if not found or score(row)[0] > score(found[-1])[0]:
            found.append(row)
    return found


def names(design: Design, levels: Sequence[str]) -> str:
    """What of a row differs from the rest of the book, in words."""
    other = [
        level.name
        for choice, taken in zip(design.choices, levels, strict=True)
        for level in choice.levels[1:]
        if level.id == taken
    ]
    return "; ".join(other) or "as printed"


def targets(design: Design) -> pd.DataFrame:
    """What the paper says of its networks, and what is asked of one."""
    return pd.DataFrame(
        {
            "target": [target.name for target in design.targets],
            "where": [target.where for target in design.targets],
            "the paper says": [target.sentence for target in design.targets],
            "asked of a network": [_criterion(target.id, design) for target in design.targets],
        }
    )


def table_of_front(records: Records, design: Design) -> pd.DataFrame:
    """The readings on the Pareto front."""
    rows = front(records.rows, design)
    return pd.DataFrame(
        {
            "reading": [names(design, row.levels) for row in rows],
            "sentences contradicted": [design.against(row.levels) for row in rows],
            "targets met": [score(row)[0] for row in rows],
            "mean share of networks": [float(score(row)[1]) for row in rows],
            "k_static": [row.k_static for row in rows],
        }
    )


def shares(records: Records, design: Design) -> xr.DataArray:
    """Share of networks that meet each target: axes row and target, and the levels of each row."""
    targets = [target.id for target in design.targets]
    values = [[float(_shares(row)[target]) for target in targets] for row in records.rows]
    found = xr.DataArray(
        np.array(values), dims=("row", "target"), coords={"target": targets}, name="share"
    )
    columns = zip(*(row.levels for row in records.rows), strict=True)
    levels = {c.id: ("row", list(each)) for c, each in zip(design.choices, columns, strict=True)}
    return found.assign_coords(levels)


def by_level(records: Records, design: Design) -> xr.DataArray:
    """Share of networks that meet each target, mean over all rows with a level: axes level, target.

    Beside level are the coordinates `choice` and `name`.
    """
    found = shares(records, design)
    each = [(choice, level) for choice in design.choices for level in choice.levels]
    means = [
        found.isel(row=np.flatnonzero(found[choice.id] == level.id)).mean("row")
        for choice, level in each
    ]
    labels = {
        "level": [f"{choice.id}: {level.id}" for choice, level in each],
        "choice": ("level", [choice.id for choice, _ in each]),
        "name": ("level", [level.name for _, level in each]),
    }
    return xr.concat(means, "level").assign_coords(labels)


def beyond_chance(k: int, n: int, n_rows: int) -> bool:
    """Whether k of n networks are too many for one half, as the best of so many rows."""
    chance = float(scipy.stats.binom.sf(k - 1, n, 0.5))
    return chance * n_rows <= LEVEL


def reached(records: Records, design: Design) -> pd.DataFrame:
    """Each target: in how many rows it is met, in how many beyond chance, and what the best does.

    Beyond chance with the correction of Bonferroni for the number of rows.
    """
    first, n_rows = records.rows[0], len(records.rows)
    lines = []
    for target in design.targets:
        each = [(row.counts()[target.id], len(row.met[target.id])) for row in records.rows]
        k, n = max(each)
        lines.append(
            {
                "target": target.name,
                "where": target.where,
                "as printed": f"{first.counts()[target.id]} of {len(first.met[target.id])}",
                "rows that meet it": sum(k > n / 2 for k, n in each),
                "beyond chance": sum(beyond_chance(k, n, n_rows) for k, n in each),
                "the most networks": _told(k, n),
            }
        )
    return pd.DataFrame(lines)


def apart(records: Records, design: Design) -> pd.DataFrame:
    """Pairs of targets met together in less than half as many rows as if they were unrelated."""
    found = shares(records, design) > 0.5
    lines = []
    for one, other in combinations(design.targets, 2):
        first, second = (found.sel(target=t.id) for t in (one, other))
        alone, both = (int(first.sum()), int(second.sum())), int((first & second).sum())
        unrelated = alone[0] * alone[1] / found.sizes["row"]
        if both < unrelated / 2:
            lines.append((one.name, other.name, *alone, unrelated, both))
    heads = ["target", "other", "rows", "rows of the other", "both, if unrelated", "both"]
    frame = pd.DataFrame(lines, columns=heads)
    return frame.sort_values(heads[-2], ascending=False, kind="stable")


def influence(records: Records, design: Design) -> pd.DataFrame:
    """How many targets turn where one choice alone is made in another way, the most first.

    A target turns if more than half of the networks meet it in one row and not in the other. The
    mean is over all pairs of rows that differ in that choice alone; of the choices that were
    changed beside some rows, over these. The last line is what new networks turn by themselves.
    """
    rows = {row.levels: row for row in records.rows}
    printed = records.rows[0]
    lines = []
    for i, choice in enumerate(design.choices):
        pairs = [
            (row, rows[(*row.levels[:i], level.id, *row.levels[i + 1 :])])
            for row in records.rows
            for level in choice.levels
            if level.id != row.levels[i]
        ]
        lines.append((choice.name, *_turned(pairs, printed)))
    for choice in design.alone:
        changed = [row for row in records.beside if row.beside[0] == choice.id]
        lines.append((choice.name, *_turned([(rows[r.levels], r) for r in changed], printed)))
    heads = ["choice", "targets that turn, on average", "from the printed text, at most", "pairs"]
    frame = pd.DataFrame(lines, columns=heads)
    frame = frame.sort_values(heads[1], ascending=False, kind="stable", na_position="last")
    again = [(rows[row.levels], row) for row in records.confirmed]
    noise = ("none: other networks alone", *_turned(again, printed))
    return pd.concat([frame, pd.DataFrame([noise], columns=heads)], ignore_index=True)


def _turned(pairs: Sequence[tuple[Row, Row]], printed: Row) -> tuple[float, int, int]:
    def n_other(one: Row, other: Row) -> int:
        first, second = _shares(one), _shares(other)
        return sum((2 * first[t] > 1) != (2 * second[t] > 1) for t in first.keys() & second.keys())

    every = [n_other(*pair) for pair in pairs]
    from_printed = [n_other(*pair) for pair in pairs if pair[0] is printed]
    return (
        float(np.mean(every)) if every else float("nan"),
        max(from_printed, default=0),
        len(pairs),
    )


def facts(records: Records, design: Design) -> dict[str, int | float | str]:
    """Numbers and names that sentences about the records rest on, by their keys."""
    rows = records.rows
    never = [t.name for t in design.targets if not any(_shares(r)[t.id] > 0.5 for r in rows)]
    found: dict[str, int | float | str] = {
        "targets": len(design.targets),
        "readings": len(rows),
        "satisfied": sum(row.satisfied for row in rows),
        "printed": score(rows[0])[0],
        "most": score(best(rows, 1)[0])[0],
        "n_never": len(never),
        "never": ", ".join(name[0].lower() + name[1:] for name in never),
        "autapses": max(row.means["S7a.HF_ratio"] for row in rows),
    }
    for n, word in enumerate(("none", "one")):
        top = best([row for row in rows if design.against(row.levels) <= n], 1)[0]
        found |= {f"with_{word}": score(top)[0], f"reading_{word}": names(design, top.levels)}
    return found


def confirmation(records: Records, design: Design) -> pd.DataFrame:
    """The rows that were judged again: targets met at first, and on fresh networks."""
    before = {row.levels: row for row in records.rows}
    lines = []
    for fresh in records.confirmed:
        row = before[fresh.levels]
        lines.append(
            {
                "reading": names(design, fresh.levels),
                "sentences contradicted": design.against(fresh.levels),
                "k_static": fresh.k_static,
                "targets met": score(row)[0],
                "fresh networks": score(fresh)[0],
                "mean share": float(score(row)[1]),
                "fresh": float(score(fresh)[1]),
            }
        )
    return pd.DataFrame(lines)


def by_target(rows: Sequence[Row], design: Design) -> pd.DataFrame:
    """Networks that meet each target, with exact intervals: a column for each row."""
    found: dict[str, list[str]] = {"target": [target.name for target in design.targets]}
    for row in rows:
        counts = row.counts()
        found[names(design, row.levels)] = [
            _told(counts[target.id], len(row.met[target.id])) for target in design.targets
        ]
    return pd.DataFrame(found)


def _told(k: int, n: int) -> str:
    low, high = share(k, n)
    return f"{k} of {n} [{low:.2f}, {high:.2f}]"


def changed_alone(records: Records, design: Design, choice: Choice) -> pd.DataFrame:
    """A choice that is changed alone: what it does to each target, network by network.

    Beside each count that of the same networks without the change, and the probability that chance
    makes so many networks differ in one direction (sign test).
    """
    before = {row.levels: row for row in records.rows}
    level_names = {level.id: level.name for level in choice.levels}
    target_names = {target.id: target.name for target in design.targets}
    lines = []
    for row in records.beside:
        if row.beside[0] != choice.id:
            continue
        for target, now in row.met.items():
            then = before[row.levels].met[target]
            won, lost = (
                sum(pair == way for pair in zip(then, now, strict=True))
                for way in (("0", "1"), ("1", "0"))
            )
            chance = scipy.stats.binomtest(won, won + lost).pvalue if won + lost else 1.0
            lines.append(
                {
                    "reading": names(design, row.levels),
                    "change": level_names[row.beside[1]],
                    "target": target_names[target],
                    "without": f"{then.count('1')} of {len(then)}",
                    "with": f"{now.count('1')} of {len(now)}",
                    "p": float(chance),
                }
            )
    return pd.DataFrame(lines)


def beside_each_other(changed: pd.DataFrame) -> pd.DataFrame:
    """What `changed_alone` tells, a line for each change and a column for each target."""
    told = changed["with"] + " (" + changed["without"].str.split(" ").str[0] + ")"
    told += np.where(changed["p"] < LEVEL, " *", "")
    wide = changed.assign(told=told).pivot_table(
        index=["reading", "change"], columns="target", values="told", aggfunc="first", sort=False
    )
    return wide.reset_index().rename_axis(columns=None)


def page_data(records: Records, design: Design) -> dict[str, Any]:
    """What the reader's ticks need, as JSON: choices, targets, counts and three readings."""
    index = {row.levels: i for i, row in enumerate(records.rows)}
    targets = [target.id for target in design.targets]
    alone = []
    for choice in design.alone:
        touched = {t for row in records.beside if row.beside[0] == choice.id for t in row.met}
        alone.append(_choice(choice) | {"touches": [t for t in targets if t in touched]})
    of_alone = {c.id: [level.id for level in c.levels] for c in design.alone}
    allowed = [row for row in records.rows if not design.against(row.levels)]
    some = {
        "as printed": records.rows[0],
        "most targets": best(records.rows, 1)[0],
        "best that the text allows": best(allowed, 1)[0],
    }
    return {
        "choices": [_choice(choice) for choice in design.choices],
        "alone": alone,
        "targets": [
            {"id": t.id, "name": t.name, "where": t.where, "criterion": _criterion(t.id, design)}
            for t in design.targets
        ],
        "n": records.about["networks"],
        "rows": [
            {
                "k_static": row.k_static,
                "calibrated": row.satisfied,
                "counts": [row.counts().get(target) for target in targets],
            }
            for row in records.rows
        ],
        "beside": [
            {
                "row": index[row.levels],
                "choice": row.beside[0],
                "level": of_alone[row.beside[0]].index(row.beside[1]),
                "counts": row.counts(),
            }
            for row in records.beside
        ],
        "presets": [
            {
                "name": name,
                "levels": [
                    [level.id for level in choice.levels].index(taken)
                    for choice, taken in zip(design.choices, row.levels, strict=True)
                ],
            }
            for name, row in some.items()
        ],
    }


def _choice(choice: Choice) -> dict[str, Any]:
    levels = [
        {"id": x.id, "name": x.name, "stance": x.stance, "sentence": x.sentence}
        for x in choice.levels
    ]
    return {"id": choice.id, "name": choice.name, "levels": levels}


def _criterion(target: str, design: Design) -> str:
    """A target's criterion in words; that of the ledger's claims by their ids."""
    found = next(t for t in design.targets if t.id == target)
    own = [str(condition).replace(".", ": ", 1) for condition in found.criterion]
    return "; ".join([*(f"as claim {claim}" for claim in found.claims), *own])
