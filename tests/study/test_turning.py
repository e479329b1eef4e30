"""Which readings turn which verdicts, on samples that are made up."""

import numpy as np
import pytest

from rongala2021 import readings, turning
from rongala2021.ledger import Claim, Condition
from tests.study.test_readings import RULES

CONDITION = Condition(measure="x", comparison=">", bound=1.0)
DIRECTION = Condition(measure="x", comparison=">", bound=0.0)
LEDGER = {
    name: Claim(
        id=name,
        statement="",
        where="",
        page="p",
        kind="empirical",
        criterion=(CONDITION,),
        direction=weak,
    )
    for name, weak in (("a", ()), ("b", (DIRECTION,)))
}
FOUND = {
    "first": {"b": [{"x": 0.5}] * 5, "a": [{"x": 2.0}] * 5},
    "second": {"a": [{"x": 0.0}] * 4 + [{"x": 2.0}]},
    "third": {"a": [{"x": 0.0}] * 5, "b": [{"x": 0.25}] * 5},
}


def seeds(*values):
    return [{"x": float(x)} for x in values]


def test_a_reading_turns_a_claim_clearly_if_all_five_seeds_go_one_way():
    found = {
        "first": {"a": seeds(2, 2, 2, 2, 2), "b": seeds(0.5, 0.5, 0.5, 0.5, 0.5)},
        "one seed": {"a": seeds(2, 2, 2, 2, 0)},
        "four seeds": {"a": seeds(0, 0, 0, 0, 2), "b": seeds(2, 2, 2, 2, 0.5)},
        "all": {"a": seeds(0, 0, 0, 0, 0), "b": seeds(2, 2, 2, 2, 2)},
        "all but the direction": {"b": seeds(-1, -1, -1, -1, -1)},
        "none": {"a": seeds(3, 3, 3, 3, 3), "b": seeds(0.1, 0.2, 0.3, 0.4, 0.5)},
    }
    rows = turning.turned(LEDGER, found)
    assert rows["a"] == (("all",), ("one seed", "four seeds"), 5)
    assert rows["b"] == (("all", "all but the direction"), ("four seeds",), 5)


def test_seeds_that_go_both_ways_turn_nothing_clearly():
    found = {
        "first": {"a": seeds(*[2] * 8, *[0] * 2)},
        "other": {"a": seeds(*[0] * 4, *[2] * 4, *[2] * 1, 0)},
    }
    assert turning.turned(LEDGER, found)["a"].clearly == ()


@pytest.mark.parametrize(
    ("n", "needed", "verdicts", "level"),
    [
        (4, (np.nan, np.nan), [0, 0, 0], 0.0),  # all are borderline
        (5, (5, 0), [2, 1, 1], 2 / 2**5),
        (20, (15, 5), [1, 1, 0], None),  # one seed alone decides nothing
    ],
)
def test_chance_is_told_of_each_comparison_by_the_seeds_that_differ(n, needed, verdicts, level):
    row = {"a": seeds(*[2] * n), "b": seeds(*[0.5] * n)}
    found = {"first": row, "second": row, "third": {"b": seeds(*[2] * n)}}
    found["fourth"] = {"a": seeds(*[2] * (n - 1), 0)}
    count = list(turning.chance(LEDGER, found).values())
    assert count[0] == n
    np.testing.assert_array_equal(count[1:3], needed)
    # Both claims twice; b has a direction, which is the same in all.
    assert count[3:7] == [4, *verdicts]
    assert count[7] == 6
    # Of b's criterion all seeds differ once; of a's one does.
    assert count[8] == int(n > 4)
    level = count[9] if level is None else level
    assert 0 <= level <= turning.LEVEL
    assert count[9] == pytest.approx(level)
    assert count[10] == pytest.approx(6 * level)


def test_verdicts_are_those_of_the_samples_in_the_order_of_the_ledger():
    found = turning.verdicts(LEDGER, FOUND)
    assert found.dims == ("reading", "claim")
    assert found["reading"].values.tolist() == ["first", "second", "third"]
    assert found["claim"].values.tolist() == ["a", "b"]
    assert found.values.tolist() == [
        ["reproduced", "partly"],
        ["borderline", ""],
        ["not reproduced", "partly"],
    ]


def test_the_summary_counts_the_readings_that_leave_a_verdict():
    found = turning.summary(LEDGER, FOUND)
    assert list(found) == ["claim", "verdict first", "the same in", "turned by", "perhaps by"]
    assert found.values.tolist() == [
        ["a", "reproduced", "1 of 3", "third", "second"],
        ["b", "partly", "2 of 2", "", ""],
    ]


def test_verdicts_beside_each_other_say_what_differs_beyond_chance():
    found = {
        "one": {"a": seeds(2, 2, 2, 2, 2), "b": seeds(2, 2, 2, 2, 2)},
        "two": {"a": seeds(0, 0, 0, 0, 0), "b": seeds(2, 2, 2, 0.5, 0.5)},
    }
    table = turning.beside(LEDGER, found)
    assert table.values.tolist() == [
        ["a", "reproduced, 5 of 5", "not reproduced, 0 of 5", "beyond chance"],
        ["b", "reproduced, 5 of 5", "borderline, 3 of 5", "perhaps"],
    ]
    assert list(table) == ["claim", "one", "two", "another verdict"]
    kept = turning.beside(LEDGER, {"one": found["one"], "same": found["one"]})
    assert kept["another verdict"].tolist() == ["no", "no"]


TURNED = {
    "a": turning.Turned(("x", "y"), (), 4),
    "b": turning.Turned((), ("x",), 4),
    "c": turning.Turned(("x",), (), 4),
}


@pytest.mark.parametrize(
    ("name", "text"), [("x", "a, c; perhaps b"), ("y", "a"), ("z", "none of 7")]
)
def test_what_a_reading_turns_is_told_in_words(name, text):
    assert turning.told(TURNED, name, 7) == text


def test_a_reading_is_compared_with_the_first_row_and_with_itself():
    """At the one static leak a differs from the first row, and at its own b does."""
    rules = {"time step 0.5 ms": RULES["time step 0.5 ms"]}
    found = {
        "as taken": {"a": seeds(2, 2, 2, 2, 2), "b": seeds(2, 2, 2, 2, 2)},
        "time step 0.5 ms": {"a": seeds(0, 0, 0, 0, 0), "b": seeds(2, 2, 2, 2, 2)},
        "uniform delays": {"a": seeds(0, 0, 0, 0, 0)},
    }
    own = {"a": seeds(2, 2, 2, 2, 2), "b": seeds(2, 2, 2, 0.5, 0.5)}
    anew = readings.calibrated_anew(found, rules, lambda reading: own)
    table = turning.compared(LEDGER, found, anew, rules)
    assert table.values.tolist() == [["time step 0.5 ms", 0.005, "a", "perhaps b", "a; perhaps b"]]


def test_means_are_those_of_the_samples():
    found = {"one": {"a": [{"x": 2.0}], "b": [{"x": 0.5}]}, "two": {"a": seeds(0, 1)}}
    means = turning.means(found, {"x of a": ("a", "x"), "x of b": ("b", "x")})
    np.testing.assert_array_equal(means["x of a"], [2.0, 0.5])
    np.testing.assert_array_equal(means["x of b"], [0.5, np.nan])


def test_means_are_rounded_to_so_many_digits():
    found = {"one": {"a": seeds(0.0123, 0.0124)}, "two": {}}
    means = turning.means(found, {"x": ("a", "x")}, n_digits=2)
    np.testing.assert_array_equal(means["x"], [0.012, np.nan])


def test_all_samples_have_a_row_each():
    rows = turning.in_rows({"one": {"a": seeds(2, 3)}}, {"two": {"b": [{"x": 1, "y": np.nan}]}})
    assert list(rows) == ["reading", "claim", "seed", "measure", "value"]
    expected = [("one", "a", 0, "x", 2.0), ("one", "a", 1, "x", 3.0), ("two", "b", 0, "x", 1.0)]
    assert list(rows.itertuples(index=False, name=None))[:3] == expected
    assert np.isnan(rows["value"].iloc[3])
