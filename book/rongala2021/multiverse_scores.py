"""Scores of combined readings: how many targets each meets, and how many sentences it contradicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rongala2021.multiverse import Design
from rongala2021.multiverse_runs import Row, row_of


@dataclass(frozen=True, kw_only=True)
class Records:
    """All rows that were run.

    Attributes
    ----------
    about : mapping of str to value
        Numbers of networks, and seeds.
    rows : tuple of Row
        All combinations of levels.
    beside : tuple of Row
        Those with one more choice changed.
    confirmed : tuple of Row
        Some of the rows, judged again on other networks.
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


def load(path: str | Path) -> Records:
    """Read records as `Records.text` writes them."""
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    rows = {name: tuple(map(row_of, given[name])) for name in ("rows", "beside", "confirmed")}
    return Records(about=given["about"], **rows)


def score(row: Row) -> tuple[int, float]:
    """Targets that more than half of a row's networks meet; and the mean share of networks."""
    shares = [each.count("1") / len(each) for each in row.met.values()]
    return sum(share > 0.5 for share in shares), sum(shares) / len(shares)


def best(rows: Sequence[Row], n: int) -> list[Row]:
    """The rows of the highest scores, the best first; of equal ones the first."""
    return sorted(rows, key=score, reverse=True)[:n]


def front(rows: Sequence[Row], design: Design) -> list[Row]:
    """Rows that no other one beats: in targets met without more contradictions, or in these.

    The Pareto front of targets met against sentences contradicted, fewest contradictions first; of
    rows that are alike in both, the one with the highest mean share.
    """
    found: list[Row] = []
    for row in sorted(rows, key=lambda each: (design.against(each.levels), *_falling(each))):
        if not found or score(row)[0] > score(found[-1])[0]:
            found.append(row)
    return found


def _falling(row: Row) -> tuple[float, ...]:
    return tuple(-x for x in score(row))
