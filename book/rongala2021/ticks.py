"""What a reader ticks: choices that the text leaves open, and how many targets each reading meets.

The markup shows the first preset and is complete without scripts; ``book/_static/ticks`` brings it
to life from the data that it carries along. What the data must be is said by `check`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, product
from math import prod
from typing import Any

import pandas as pd

from lsm import _validate as validate
from rongala2021.judging import SYMBOLS, share

#: What the text says of a level, in words.
STANCES = {
    "says": "the text says so",
    "silent": "the text is silent",
    "against": "against the text",
}
#: Symbols of a target that is met, is not, or is not measured.
MARKS = {
    "met": SYMBOLS["reproduced"],
    "not met": SYMBOLS["not reproduced"],
    "not measured": SYMBOLS["not measured"],
}
#: Stands where the static leak of a reading could not be calibrated.
NOT_CALIBRATED = (
    "no static leak satisfies the rule here; the one with the most high frequencies is used"
)

Data = Mapping[str, Any]


class Ticks:
    """The form of all choices and the scorecard of targets that follows it.

    Parameters
    ----------
    data : mapping
        As `check` has it.

    Raises
    ------
    ValueError
        If that is not what it must be.
    """

    def __init__(self, data: Data) -> None:
        check(data)
        self.data = data

    def __repr__(self) -> str:
        lines = (
            f"{preset['name']}: {score(self.data, row_of(self.data, preset['levels']))}"
            for preset in self.data["presets"]
        )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return markup(self.data)


# ---------------------------------------------------------------- the data


def check(data: Data) -> None:
    """Refuse data that is not whole.

    Parameters
    ----------
    data : mapping
        ``choices``: those that are combined, each with ``id``, ``name`` and ``levels``, each of
        which has ``id``, ``name``, ``stance`` (of `STANCES`) and ``sentence``;
        ``alone``: those that are changed one at a time, the same with ``touches``, ids of the
        targets that they bear on; their first level is the text's;
        ``targets``: ``id``, ``name``, ``where``, ``criterion``;
        ``n``: networks of each reading;
        ``rows``: one reading for each combination, the last choice varying fastest, with
        ``k_static``, ``calibrated`` and ``counts``, networks that meet each target, or None;
        ``beside``: ``counts`` by target of a ``row`` with a ``choice`` of those alone at a
        ``level``;
        ``presets``: ``name`` and ``levels``, one of each choice; the first is the text as printed.

    Raises
    ------
    ValueError
        With the name of what is wrong, what it must be, and what it is.
    """
    for of in ("choices", "alone"):
        for choice in data[of]:
            _check_choice(choice, of)
    ids = [choice["id"] for choice in (*data["choices"], *data["alone"])]
    if len({*ids}) < len(ids):
        raise ValueError(f"choices: expected ids that differ, got {', '.join(ids)}")
    validate.integer("n", data["n"], low=1)
    sizes = _sizes(data)
    if len(data["rows"]) != prod(sizes):
        raise ValueError(f"rows: expected {prod(sizes)}, got {len(data['rows'])}")
    targets = [target["id"] for target in data["targets"]]
    heads = [target["name"] for target in data["targets"]]
    if min(len({*targets}), len({*heads})) < len(targets):
        raise ValueError(f"targets: expected ids and names that differ, got {', '.join(heads)}")
    for row in data["rows"]:
        if len(row["counts"]) != len(targets):
            raise ValueError(f"counts: expected {len(targets)}, got {len(row['counts'])}")
        validate.number("k_static", row["k_static"], low=0)
        _check_counts(row["counts"], data["n"])
    alone = {choice["id"]: choice for choice in data["alone"]}
    for choice in data["alone"]:
        if unknown := {*choice["touches"]} - {*targets}:
            raise ValueError(f"touches: expected ids of targets, got {', '.join(unknown)}")
    for entry in data["beside"]:
        _check_beside(entry, alone, len(data["rows"]))
        _check_counts([*entry["counts"].values()], data["n"])
    if not data["presets"]:
        raise ValueError("presets: expected the text as printed, got none")
    for preset in data["presets"]:
        levels = preset["levels"]
        if len(levels) != len(sizes) or any(
            not 0 <= level < size for level, size in zip(levels, sizes, strict=True)
        ):
            raise ValueError(f"presets: expected a level of each of {sizes}, got {levels}")


def _check_choice(choice: Mapping[str, Any], of: str) -> None:
    for name in (choice["id"], *(level["id"] for level in choice["levels"])):
        # It stands in an address, and in ids of the page.
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            raise ValueError(f"{of}: expected ids of letters, digits, _, . and -, got {name!r}")
    names = [level["id"] for level in choice["levels"]]
    if len({*names}) < len(names):
        raise ValueError(f"levels: expected ids that differ, got {', '.join(names)}")
    for level in choice["levels"]:
        stance = level["stance"]
        if stance not in STANCES:
            raise ValueError(f"stance: expected one of {', '.join(STANCES)}, got {stance!r}")
        if stance != "silent" and not level["sentence"]:
            raise ValueError(f"sentence: expected that of {choice['id']}, {level['id']}, got none")


def _check_counts(counts: Sequence[int | None], n: int) -> None:
    for k in counts:
        if k is not None and not (isinstance(k, int) and 0 <= k <= n):
            raise ValueError(f"counts: expected 0 to {n} or None, got {k}")


def _check_beside(entry: Mapping[str, Any], alone: Mapping[str, Any], n_rows: int) -> None:
    if not 0 <= entry["row"] < n_rows:
        raise ValueError(f"beside: expected a row from 0 to {n_rows - 1}, got {entry['row']}")
    if entry["choice"] not in alone:
        raise ValueError(f"beside: expected one of {', '.join(alone)}, got {entry['choice']!r}")
    choice = alone[entry["choice"]]
    if not 1 <= entry["level"] < len(choice["levels"]):
        most = len(choice["levels"]) - 1
        raise ValueError(f"beside: expected a level from 1 to {most}, got {entry['level']}")
    if not {*entry["counts"]} <= {*choice["touches"]}:
        raise ValueError(
            f"beside: expected counts of {', '.join(choice['touches'])} at most, "
            f"got {', '.join(entry['counts'])}"
        )


def _sizes(data: Data) -> list[int]:
    return [len(choice["levels"]) for choice in data["choices"]]


def row_of(data: Data, levels: Sequence[int]) -> int:
    """Which of the rows has these levels of the choices."""
    found = 0
    for level, size in zip(levels, _sizes(data), strict=True):
        found = found * size + level
    return found


def _levels(data: Data) -> Iterator[tuple[int, ...]]:
    """Levels of each row."""
    return product(*map(range, _sizes(data)))


def verdict(k: int | None, n: int) -> str:
    """Whether more than half of n networks meet a target."""
    return "not measured" if k is None else "met" if 2 * k > n else "not met"


def n_met(data: Data, row: int) -> int:
    """How many targets a reading meets."""
    return sum(verdict(k, data["n"]) == "met" for k in data["rows"][row]["counts"])


def n_contradicted(data: Data, levels: Sequence[int]) -> int:
    """How many levels of the choices are against the text: each contradicts one sentence."""
    chosen = [c["levels"][i] for c, i in zip(data["choices"], levels, strict=True)]
    return sum(level["stance"] == "against" for level in chosen)


def score(data: Data, row: int) -> str:
    """How good a reading is, and how faithful, in words."""
    counts, n = data["rows"][row]["counts"], n_contradicted(data, [*_levels(data)][row])
    missing = sum(k is None for k in counts)
    unmeasured = f", {missing} not measured" if missing else ""
    sentences = "1 sentence" if n == 1 else f"{n or 'no'} sentences"
    met = f"{n_met(data, row)} of {len(counts)} targets met{unmeasured}"
    return f"{met}; {sentences} of the text contradicted"


def readings(data: Data) -> pd.DataFrame:
    """All combined readings: score, levels, static leak, networks that meet each target."""
    check(data)
    rows = []
    for number, (levels, row) in enumerate(zip(_levels(data), data["rows"], strict=True), 1):
        chosen = zip(data["choices"], levels, strict=True)
        rows.append(
            {
                "reading": number,
                "targets met": n_met(data, number - 1),
                "sentences contradicted": n_contradicted(data, levels),
                **{choice["name"]: choice["levels"][i]["name"] for choice, i in chosen},
                "k_static": row["k_static"],
                "calibrated": row["calibrated"],
                **_by_target(data, row["counts"]),
            }
        )
    return _whole(data, rows)


def beside(data: Data) -> pd.DataFrame:
    """What was changed alone: beside which reading, and networks that meet the targets then."""
    check(data)
    alone = {choice["id"]: choice for choice in data["alone"]}
    rows = []
    for entry in data["beside"]:
        choice = alone[entry["choice"]]
        level = choice["levels"][entry["level"]]
        counts = [entry["counts"].get(target["id"]) for target in data["targets"]]
        rows.append(
            {
                "beside reading": entry["row"] + 1,
                "changed": choice["name"],
                "to": level["name"],
                "text": STANCES[level["stance"]],
                **_by_target(data, counts),
            }
        )
    return _whole(data, rows)


def _by_target(data: Data, counts: Sequence[int | None]) -> dict[str, int | None]:
    return {t["name"]: k for t, k in zip(data["targets"], counts, strict=True)}


def _whole(data: Data, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A frame in which counts are numbers, or missing."""
    return pd.DataFrame(rows).astype({t["name"]: float for t in data["targets"]} if rows else {})


# ---------------------------------------------------------------- the markup


def script(data: Data) -> str:
    """The data and the exact interval of every share, as JSON that may stand within HTML."""
    n = data["n"]
    intervals = [[round(end, 4) for end in share(k, n)] for k in range(n + 1)]
    told = {"intervals": intervals, "marks": MARKS, "notCalibrated": NOT_CALIBRATED}
    text = json.dumps({**data, **told}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def markup(data: Data) -> str:
    """The form, at the first preset, the scorecard beside it, and their data."""
    printed = data["presets"][0]["levels"]
    row = row_of(data, printed)
    presets = "".join(
        f'<button type="button" disabled>{_text(preset["name"])}</button>'
        for preset in data["presets"]
    )
    combined = "".join(map(_choice, data["choices"], printed))
    names = {target["id"]: target["name"] for target in data["targets"]}
    alone = "".join(_choice(c, 0, [names[t] for t in c["touches"]]) for c in data["alone"])
    first = data["presets"][0]["name"]
    return (
        '<div class="ticks">'
        '<p class="told">The ticks need a browser that runs scripts, on the page of the compiled '
        f"book. Here they stand as “{_text(first)}”; the tables below have the numbers of all "
        "readings.</p>"
        f'<div class="presets" role="group" aria-label="presets">{presets}</div>'
        '<div class="score"><div role="status" aria-atomic="true">'
        f'<p class="sentence">{_text(score(data, row))}.</p><p class="against-printed"></p></div>'
        f'<p class="leak">{_text(_leak(data["rows"][row]))}</p></div>'
        '<form class="choices" autocomplete="off" aria-label="choices">'
        f'<section class="combined" aria-label="combined choices">{combined}</section>'
        f'<section class="alone" aria-label="choices changed one at a time">{_alone_head(data)}'
        f"{alone}</section></form>"
        f"{_outcome(data, row)}"
        f'<script type="application/json">{script(data)}</script></div>'
    )


def _text(text: str) -> str:
    return html.escape(text)


def _alone_head(data: Data) -> str:
    if not data["alone"]:
        return ""
    return (
        '<p class="note">These were changed one at a time, beside some readings only, and are '
        "judged by the targets that are named.</p>"
    )


def _leak(row: Mapping[str, Any]) -> str:
    rule = "calibrated within this reading" if row["calibrated"] else NOT_CALIBRATED
    return f"k_static = {row['k_static']:#.3g}: {rule}."


def _choice(choice: Mapping[str, Any], chosen: int, touched: Sequence[str] = ()) -> str:
    """One choice; levels of which the text says the same share its sentence."""
    numbered = enumerate(choice["levels"])
    groups = groupby(numbered, lambda each: (each[1]["stance"], each[1]["sentence"]))
    shown = "".join(
        _group(choice["id"], [*levels], stance, sentence, chosen)
        for (stance, sentence), levels in groups
    )
    judged = f'<p class="about">judged by: {_text("; ".join(touched))}</p>' if touched else ""
    return (
        f'<fieldset data-choice="{choice["id"]}"><legend>{_text(choice["name"])}</legend>{judged}'
        f'{shown}<p class="reason" hidden></p></fieldset>'
    )


def _group(
    name: str,
    levels: Sequence[tuple[int, Mapping[str, Any]]],
    stance: str,
    sentence: str,
    chosen: int,
) -> str:
    about = f"ticks-{name}-{levels[0][1]['id']}-text"
    fields = "".join(
        f'<span class="level"><input type="radio" name="{name}" id="ticks-{name}-{level["id"]}" '
        f'value="{level["id"]}" aria-describedby="{about}"{" checked" if i == chosen else ""} '
        f'disabled><label for="ticks-{name}-{level["id"]}">{_text(level["name"])}</label></span>'
        for i, level in levels
    )
    said = f": {_text(sentence)}" if sentence else ""
    return (
        f'<div class="group {stance}">{fields}<p class="text" id="{about}">'
        f'<span class="stance">{STANCES[stance]}</span>{said}</p></div>'
    )


def _outcome(data: Data, row: int) -> str:
    pairs = zip(data["targets"], data["rows"][row]["counts"], strict=True)
    rows = "".join(_target(target, k, data["n"]) for target, k in pairs)
    return (
        '<div class="outcome" role="region" aria-label="scorecard" tabindex="0"><table>'
        "<caption>Targets of this reading. Bar: exact 95 % interval of the share of networks; met: "
        f"more than half of the {data['n']}.</caption>"
        '<thead><tr><th scope="col">target</th>'
        '<th scope="col">networks</th><th scope="col">met?</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _target(target: Mapping[str, Any], k: int | None, n: int) -> str:
    found = verdict(k, n)
    about = " · ".join(_text(target[part]) for part in ("where", "criterion") if target[part])
    low, high = (0.0, 0.0) if k is None else share(k, n)
    return (
        f'<tr class="{found.replace(" ", "-")}">'
        f'<th scope="row">{_text(target["name"])} <span class="about">{about}</span></th>'
        f'<td class="count"><span class="k">{"–" if k is None else f"{k} of {n}"}</span>'
        f'<span class="bar" aria-hidden="true"{" hidden" if k is None else ""}>'
        f'<span class="range" style="left: {100 * low:.2f}%; width: {100 * (high - low):.2f}%">'
        f'</span><span class="dot" style="left: {100 * (k or 0) / n:.2f}%"></span></span></td>'
        f'<td class="verdict"><span class="symbol" aria-hidden="true">{MARKS[found]}</span> '
        f'<span class="word">{found}</span> <span class="change"></span></td></tr>'
    )
