"""How long pages take: which to start first, and how long some of them will take together.

The longest execution counts, not the last: a page that finds its results on disk takes seconds and
says nothing about a run that has to compute them. A number that is too high does no harm, since its
page is only started early. Those of a first run come from the metadata of the committed notebooks,
where ``--refresh`` writes them as powers of two that hardly ever change.
"""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Sequence
from pathlib import Path

from running import Notebook, write


def _record(root: Path) -> Path:
    return root / "_build" / "seconds.json"


def seen(root: Path) -> dict[str, float]:
    """Of each page's longest execution since _build was made; none if the record is spoiled."""
    try:
        found = json.loads(_record(root).read_text(encoding="utf-8"))
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(root: Path, name: str, seconds: float) -> None:
    """Keep how long a page took, if it never took as long."""
    known = seen(root)
    if seconds > known.get(name, 0.0):
        write(_record(root), {**known, name: round(seconds, 1)})


def longest(root: Path, pages: dict[str, Notebook]) -> dict[str, float]:
    """Seconds of each page's longest known execution, infinite for a page that has none."""
    known = seen(root)
    committed = {n: page["metadata"].get("lsm", {}).get("seconds", 0) for n, page in pages.items()}
    return {name: max(committed[name], known.get(name, 0)) or math.inf for name in pages}


def longest_first(seconds: dict[str, float]) -> list[str]:
    """The order in which no processor idles while the last page runs."""
    return sorted(seconds, key=lambda name: -seconds[name])


def together(seconds: Sequence[float], at_once: int) -> float:
    """How long pages take when so many run at once, each as soon as there is room for it."""
    ends = [0.0] * at_once
    for each in seconds:
        heapq.heapreplace(ends, ends[0] + each)
    return max(ends)


def rounded(seconds: float) -> int:
    """The power of two below, at least 1."""
    return 2 ** max(0, math.frexp(seconds)[1] - 1)


def spoken(seconds: float) -> str:
    """A time as one says it: ``40 s``, ``2 min``; a question mark if it is infinite."""
    if math.isinf(seconds):
        return "?"
    return f"{math.ceil(seconds)} s" if seconds < 60 else f"{round(seconds / 60)} min"
