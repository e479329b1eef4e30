"""Scores of combined readings by their tables, and what the page of the ticks is given."""

import json
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from scipy.stats import binom

from rongala2021 import ledger
from rongala2021 import multiverse_scores as scores
from rongala2021.multiverse import load
from rongala2021.multiverse_runs import Row
from rongala2021.multiverse_scores import Records, best, beyond_chance, front, page_data, score
from rongala2021.project import book_file

CLAIMS = ledger.load(book_file("claims.yml"))
DESIGN = load(book_file("authors.yml"), CLAIMS)
TARGETS = [target.id for target in DESIGN.targets]
N = 8


def row(levels, counts, k_static=0.03, beside=(), targets=TARGETS):
    met = {t: "1" * k + "0" * (N - k) for t, k in zip(targets, counts, strict=True)}
    return Row(
        levels=levels, k_static=k_static, satisfied=True, met=met, means={"4a.HF": 1.5},
        beside=beside,
    )  # fmt: skip


def records(counts=None, **changes):
    """Rows that meet no target, but for those whose counts are given by their number."""
    rows = [
        row(levels, (counts or {}).get(i, [0] * len(TARGETS)))
        for i, levels in enumerate(DESIGN.rows())
    ]
    about = {"networks": N, "fresh": 3, "seeds": {}, "asked": scores.asked(DESIGN, CLAIMS)}
    return Records(about=about, rows=tuple(rows), **changes)


def met(n_met, share=N):
    return [share] * n_met + [0] * (len(TARGETS) - n_met)


def test_a_target_is_met_by_more_than_half_of_the_networks():
    half = row(DESIGN.rows()[0], [N // 2, N // 2 + 1] + [0] * 12)
    assert score(half) == (1, Fraction(9, 8 * 14))


def test_the_best_have_the_highest_score_and_of_equal_ones_the_highest_share():
    found = records({3: met(4), 7: met(5, 5), 9: met(5, 6), 11: met(3)})
    assert [found.rows.index(each) for each in best(found.rows, 3)] == [9, 7, 3]


def test_the_front_rises_with_what_is_contradicted():
    rows = DESIGN.rows()
    contradictions = {i: DESIGN.against(levels) for i, levels in enumerate(rows)}
    one, two, three = (next(i for i, c in contradictions.items() if c == n) for n in (1, 2, 3))
    found = records({0: met(3), 1: met(3, 7), one: met(3), two: met(6), three: met(5)})
    assert [found.rows.index(each) for each in front(found.rows, DESIGN)] == [0, two]
    better = records({0: met(3), two: met(6), three: met(7)})
    assert [better.rows.index(each) for each in front(better.rows, DESIGN)] == [0, two, three]


def test_nothing_on_the_front_is_beaten():
    import numpy as np

    rng = np.random.default_rng(0)
    found = records({i: rng.integers(0, N + 1, len(TARGETS)).tolist() for i in range(144)})
    points = [(DESIGN.against(r.levels), score(r)[0]) for r in found.rows]
    for each in front(found.rows, DESIGN):
        against, n_met = DESIGN.against(each.levels), score(each)[0]
        assert not any(a <= against and m > n_met for a, m in points)
        assert not any(a < against and m >= n_met for a, m in points)


@pytest.mark.parametrize("n", [10, 12, 20])
def test_what_is_beyond_chance_allows_for_the_number_of_rows(n):
    """Of 144 rows without any effect one passes with 5 % at most."""
    least = next(k for k in range(n + 2) if k > n or beyond_chance(k, n, 144))
    assert 144 * binom.sf(least - 1, n, 0.5) <= 0.05 or least > n
    assert 144 * binom.sf(least - 2, n, 0.5) > 0.05
    assert beyond_chance(least, n, 1) or least > n


def test_tables_count_rows():
    found = records({2: met(1), 3: met(2, 5), 4: [0, N, *[0] * 12]})
    table = scores.reached(found, DESIGN).set_index("target")
    first, second = (DESIGN.targets[i].name for i in (0, 1))
    assert table.loc[first, "rows that meet it"] == 2
    assert table.loc[second, "rows that meet it"] == 2
    assert table.loc[first, "the most networks"].startswith("8 of 8 [0.63, 1.00]")
    assert table.loc[first, "as printed"] == "0 of 8"


def test_what_pulls_apart_is_met_together_less_than_by_chance():
    """Of 144 rows 72 meet one target and 48 another: 24 both, if they are unrelated."""
    both = [N, N, *[0] * 12]

    def pairs(n_both):
        counts = {i: both if i < n_both else met(1) for i in range(72)}
        counts |= {i: [0, N, *[0] * 12] for i in range(72, 72 + 48 - n_both)}
        return scores.apart(records(counts), DESIGN).values.tolist()

    first, second = (DESIGN.targets[i].name for i in (0, 1))
    assert pairs(12) == []
    assert pairs(11) == [[first, second, 72, 48, 24.0, 11]]


def test_equal_rows_have_equal_scores_in_any_order_of_counts():
    counts = [7, 3, 5, 1, 8, 2, 6, 4, 3, 1, 7, 5, 2, 8]
    shuffled = random.Random(0).sample(counts, len(counts))
    assert score(row(DESIGN.rows()[0], counts)) == score(row(DESIGN.rows()[0], shuffled))


def test_shares_by_level_are_means_over_all_rows_with_it():
    in_turn = [i for i, levels in enumerate(DESIGN.rows()) if levels[0] == "in_turn"]
    found = scores.by_level(records({i: met(1, 4) for i in in_turn[::2]}), DESIGN)
    first = found.sel(target=TARGETS[0])
    assert first.sel(level="update: in_turn") == pytest.approx(0.25)
    assert first.sel(level="update: together") == 0
    assert first.sel(level="plotted: activity") == pytest.approx(1 / 6)
    assert first.sel(level="plotted: internal") == 0


def test_a_change_alone_is_held_against_the_same_networks():
    beside = row(DESIGN.rows()[0], [6, 8], beside=("jitter", "walk_5"), targets=TARGETS[:2])
    found = records({0: [1, 8] + [0] * 12}, beside=(beside,))
    choice = DESIGN.alone[0]
    table = scores.changed_alone(found, DESIGN, choice)
    assert table["without"].tolist() == ["1 of 8", "8 of 8"]
    assert table["with"].tolist() == ["6 of 8", "8 of 8"]
    assert table["p"].tolist() == [pytest.approx(2 * 0.5**5), 1.0]
    assert scores.changed_alone(found, DESIGN, DESIGN.alone[1]).empty
    (line,) = scores.beside_each_other(table.assign(p=[0.01, 1.0])).to_dict("records")
    first, second = (target.name for target in DESIGN.targets[:2])
    assert (line[first], line[second]) == ("6 of 8 (1) *", "8 of 8 (8)")
    assert line["change"] == "a walk of ±5 ms"


def test_a_choice_counts_by_the_targets_that_turn_with_it_alone():
    """One target hangs on the order of update, three on it and on the sensors together."""
    rows = DESIGN.rows()
    counts = {
        i: met(1 + 3 * (levels[3] == "en")) for i, levels in enumerate(rows)
        if levels[0] == "in_turn"
    }  # fmt: skip
    beside = row(rows[0], [8, 0], beside=("tau", "plain"), targets=TARGETS[:2])
    table = scores.influence(records(counts, beside=(beside,)), DESIGN).set_index("choice")
    columns = list(table)
    # Of three pairs of orders two have "in turn"; one or four targets turn there.
    assert table.loc["Order of update", columns[0]] == pytest.approx(2 / 3 * 2.5)
    assert table.loc["Order of update", columns[1]] == 1
    assert table.loc["Sensors excite", columns[0]] == pytest.approx(1 / 3 * 3)
    assert table.loc["Sensors excite", columns[1]] == 0
    assert table.loc["What is analysed", columns[0]] == 0
    assert table.loc["Leak that grows with the synapses, Fig. 8"].tolist() == [1.0, 1, 1]
    assert table.index[0] == "Order of update"
    again = records(counts, confirmed=(row(rows[0], met(2)), row(rows[1], met(0))))
    last = scores.influence(again, DESIGN).iloc[-1]
    assert last.tolist() == ["none: other networks alone", 1.0, 2, 2]


def test_confirmation_tells_both_scores():
    again = row(DESIGN.rows()[3], met(2))
    found = records({3: met(4)}, confirmed=(again,))
    (line,) = scores.confirmation(found, DESIGN).to_dict("records")
    assert (line["targets met"], line["fresh networks"]) == (4, 2)
    assert line["sentences contradicted"] == DESIGN.against(DESIGN.rows()[3]) == 2


def test_facts_are_those_of_the_rows():
    rows = DESIGN.rows()
    one = next(i for i, levels in enumerate(rows) if DESIGN.against(levels) == 1)
    two = next(i for i, levels in enumerate(rows) if DESIGN.against(levels) == 2)
    found = records({0: met(2), one: met(3), two: met(4)})
    ratio = {"S7a.HF_ratio": 1.25}
    found = replace(found, rows=tuple(replace(r, means=ratio) for r in found.rows))
    told = scores.facts(found, DESIGN)
    assert (told["printed"], told["with_none"], told["with_one"], told["most"]) == (2, 2, 3, 4)
    assert (told["n_never"], told["targets"], told["readings"]) == (10, 14, 144)
    assert told["never"].startswith("autapses amplify, thresholds of Figure 5")
    assert told["reading_one"] == scores.names(DESIGN, rows[one])
    assert told["autapses"] == 1.25


def test_names_tell_what_differs():
    assert scores.names(DESIGN, DESIGN.rows()[0]) == "as printed"
    levels = ("by_layer", "sum", "all", "both", "equal", "internal")
    assert scores.names(DESIGN, levels) == (
        "layer by layer; |Σ w a|, the magnitude of the sum; the internal activity V"
    )


def test_records_are_what_is_written(tmp_path):
    beside = row(DESIGN.rows()[0], [6], beside=("tau", "plain"), targets=TARGETS[:1])
    found = records({1: met(2)}, beside=(beside,), confirmed=(row(DESIGN.rows()[1], met(1)),))
    path = tmp_path / "records.json"
    path.write_text(found.text(), encoding="utf-8")
    assert scores.load(path, DESIGN, CLAIMS) == found
    assert len(found.text().splitlines()) == 144 + 2 + 9


def test_the_page_is_given_what_was_found():
    beside = row(DESIGN.rows()[5], [6], beside=("jitter", "walk_2"), targets=["build_up"])
    found = records({0: met(2), 5: met(7, 6), 1: met(3)}, beside=(beside,))
    data = json.loads(json.dumps(page_data(found, DESIGN)))
    assert len(data["rows"]) == 144
    assert data["rows"][5]["counts"] == met(7, 6)
    assert data["beside"] == [{"row": 5, "choice": "jitter", "level": 3, "counts": {"build_up": 6}}]
    jitter = next(choice for choice in data["alone"] if choice["id"] == "jitter")
    assert jitter["touches"] == ["build_up"]
    presets = {preset["name"]: preset["levels"] for preset in data["presets"]}
    assert presets["as printed"] == [0] * 6
    taken = [list(choice["levels"]) for choice in data["choices"]]
    levels = tuple(of[i]["id"] for of, i in zip(taken, presets["most targets"], strict=True))
    assert levels == DESIGN.rows()[5]
    allowed = presets["best that the text allows"]
    assert all(of[i]["stance"] != "against" for of, i in zip(taken, allowed, strict=True))
    assert [t["id"] for t in data["targets"]] == TARGETS
    assert {t["criterion"] for t in data["targets"]} >= {"as claim 4b; as claim 4c"}


def test_a_target_that_was_not_measured_is_none():
    short = replace(records(), rows=(row(DESIGN.rows()[0], [1], targets=TARGETS[:1]),) * 144)
    assert page_data(short, DESIGN)["rows"][0]["counts"][1:] == [None] * 13


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:-40], "expected records of make authors, got"),
        (lambda t: t.replace('"rows"', '"raws"', 1), "expected records of make authors, got"),
        (lambda t: t.replace('"asked": "', '"asked": "0', 1), "of the choices and criteria"),
        (lambda t: t.replace('"in_turn"', '"by_layer"'), "of the choices and criteria"),
        (lambda t: t.replace('"leak": "00000000"', '"lack": ""', 1), "of the choices and criteria"),
    ],
)
def test_spoiled_records_and_those_of_other_criteria_are_refused(tmp_path, change, message):
    path = tmp_path / "records.json"
    path.write_text(change(records().text()), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        scores.load(path, DESIGN, CLAIMS)


def test_records_are_of_the_criteria_that_there_are():
    name = next(iter(DESIGN.targets[2].claims))
    other = CLAIMS | {name: replace(CLAIMS[name], criterion=CLAIMS[name].criterion[:1])}
    assert scores.asked(DESIGN, other) != scores.asked(DESIGN, CLAIMS)
