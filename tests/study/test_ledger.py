"""The ledger of claims: its conditions, what a file may hold, and the book's own."""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rongala2021.ledger import COMPARISONS, CONTROLS, Condition, Former, load
from tests.study.examples import claim, examples, low, weak

BOOK = Path(__file__).parents[2] / "book"
# fmt: off
IDS = [
    "K1", "1a", "1b", "1c", "2a", "2b", "2c", "3a", "3b", "3c", "3d", "3e", "3g", "S1", "S4",
    "S5", "4a", "4b", "4c", "4d", "4e", "S6", "S7a", "S7b", "5a", "5b", "5c", "5d", "S8", "6a",
    "6b", "7a", "7b", "7c", "8a", "8b", "8c", "8d", "8e", "A1", "A2", "A3", "D1", "D2",
    "D3",
]
# fmt: on

# Conditions


@examples(100)
@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_a_condition_compares_measure_with_bound(value, bound):
    held = {
        c: Condition(measure="x", comparison=c, bound=bound).holds({"x": value})
        for c in COMPARISONS
    }
    # Of <, == and > one holds; the others follow.
    assert held["<"] + held["=="] + held[">"] == 1
    assert held["<"] == (value < bound)
    assert held["<="] == (held["<"] or held["=="])
    assert held[">="] == (held[">"] or held["=="])


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("bound", [-math.inf, 0.0, math.inf, math.nan])
def test_nan_never_meets_a_condition(comparison, bound):
    condition = Condition(measure="x", comparison=comparison, bound=bound)
    assert condition.holds({"x": math.nan}) is False


def test_a_condition_reads_as_measure_comparison_bound():
    texts = [str(Condition(measure="peak", comparison=c, bound=1.05)) for c in COMPARISONS]
    assert len(set(texts)) == len(COMPARISONS)
    for text, comparison in zip(texts, COMPARISONS, strict=True):
        measure, sign, bound = text.split()
        assert (measure, bound) == ("peak", "1.05")
        assert sign in (comparison, {"<=": "≤", ">=": "≥", "==": "="}.get(comparison))


@pytest.mark.parametrize("comparison", ["=", "!=", "=>", "is", ""])
def test_an_unknown_comparison_is_refused(comparison):
    with pytest.raises(ValueError, match=r"^comparison: expected one of"):
        Condition(measure="x", comparison=comparison, bound=1)


@pytest.mark.parametrize("bound", ["1", None, True, [1]])
def test_a_bound_is_a_number(bound):
    with pytest.raises(ValueError, match=r"^bound: expected a number"):
        Condition(measure="x", comparison="<", bound=bound)


@pytest.mark.parametrize(
    ("comparison", "bound", "value", "expected"),
    [
        (">=", 2.0, 3.0, 1.5),
        (">", 2.0, 1.0, 0.5),
        ("<=", 0.1, 0.02, 5.0),
        ("<", 0.1, 0.2, 0.5),
        ("==", 1.0, 1.0, np.nan),
        (">", 0.0, 1.0, np.nan),
        ("<=", 1.0, 0.0, np.nan),
        (">=", -1.15, -1.0, np.nan),
        (">=", 1.0, np.nan, np.nan),
    ],
)
def test_the_margin_is_the_factor_by_which_a_condition_is_met(comparison, bound, value, expected):
    found = Condition(measure="x", comparison=comparison, bound=bound).margin({"x": value})
    np.testing.assert_allclose(found, expected)


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.sampled_from(["<=", ">="]))
def test_a_margin_of_at_least_one_is_a_condition_that_holds(value, bound, comparison):
    condition = Condition(measure="x", comparison=comparison, bound=bound)
    assert (condition.margin({"x": value}) >= 1) == condition.holds({"x": value})


# The book's ledger


@pytest.fixture(scope="module")
def ledger():
    return load(BOOK / "claims.yml")


def test_the_ledger_holds_every_claim(ledger):
    assert sorted(ledger) == sorted(IDS)
    assert all(ledger[name].id == name for name in IDS)


def test_every_claim_can_be_judged(ledger):
    for entry in ledger.values():
        assert entry.criterion or entry.not_testable, entry.id
        assert entry.statement, entry.id
        assert entry.where, entry.id
        assert type(entry.every) is bool, entry.id
        assert not any(math.isnan(c.bound) for c in entry.criterion + entry.direction), entry.id


def test_every_control_is_described(ledger):
    for entry in ledger.values():
        assert all(entry.controls.values()), entry.id
        assert list(entry.controls) == [name for name in CONTROLS if name in entry.controls]


def test_what_a_claim_requires_stands_before_it_on_its_page(ledger):
    order = list(ledger)
    for entry in ledger.values():
        if entry.requires:
            assert order.index(entry.requires) < order.index(entry.id), entry.id
            assert ledger[entry.requires].page == entry.page, entry.id


def test_a_direction_is_weaker_than_its_criterion(ledger):
    def implied(by, condition):
        """On the bound of `by` and a little to its allowed side."""
        step = {"<": -1, "<=": -1, "==": 0, ">=": 1, ">": 1}[by.comparison]
        values = [by.bound + step * 1e-9, by.bound + step]
        values += [] if by.comparison in "<>" else [by.bound]
        return by.measure == condition.measure and all(
            condition.holds({condition.measure: value}) for value in values
        )

    for entry in ledger.values():
        for condition in entry.direction:
            assert any(implied(c, condition) for c in entry.criterion), (entry.id, str(condition))
        assert set(entry.direction) != set(entry.criterion), entry.id


def test_every_page_of_the_ledger_is_a_path_in_the_book(ledger):
    for entry in ledger.values():
        page = Path(entry.page)
        assert not page.is_absolute(), entry.id
        assert page.suffix == "", entry.id
        assert ".." not in page.parts, entry.id


# Files

GOOD = {
    "id": "1a",
    "statement": "X is large.",
    "where": "Fig. 1",
    "page": "figures/fig1",
    "kind": "empirical",
    "criterion": [{"measure": "x", "comparison": ">=", "bound": 2}],
}


def write(path, data):
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return path


def test_load_reads_what_is_written(tmp_path):
    entry = {**GOOD, "every": True, "requires": "0", "direction": [vars(weak)]}
    entry["former"] = [{"criterion": [vars(low)], "reason": "y was the wrong measure"}]
    entry["controls"] = {"negative": "none of it"}
    path = write(tmp_path / "claims.yml", [{**GOOD, "id": "0"}, entry])
    found = load(path)
    assert list(found) == ["0", "1a"]
    former = Former(criterion=(low,), reason="y was the wrong measure")
    controls = {"negative": "none of it"}
    assert found["1a"] == claim(every=True, requires="0", former=(former,), controls=controls)
    assert found["0"] == claim("0", direction=())


@pytest.mark.parametrize(
    "change",
    [
        {"criterion": [{"measure": "x", "comparison": "!=", "bound": 2}]},
        {"criterion": [{"measure": "x", "comparison": ">=", "bound": "2"}]},
        {"criterion": [{"measure": "x", "comparison": ">="}]},
        {"criterion": [{"measure": "x", "comparison": ">=", "bound": 2, "unit": "Hz"}]},
        {"criterion": ["x >= 2"]},
        {"criterion": {"measure": "x", "comparison": ">=", "bound": 2}},
        {"criterion": None},
        {"direction": [{"measure": "x", "comparison": "~", "bound": 2}]},
        {"kind": "certain"},
        {"former": [{"criterion": [{"measure": "x", "comparison": "<", "bound": 1}]}]},
        {"former": [{"reason": "it was wrong"}]},
        {"former": ["x < 1"]},
        {"controls": {"placebo": "nothing"}},
        {"controls": "nothing"},
        {"shares": 0.5},
        {"verdict": "reproduced"},
    ],
)
def test_a_malformed_claim_is_named_with_its_file(tmp_path, change):
    path = write(tmp_path / "claims.yml", [{**GOOD, "id": "ok"}, {**GOOD, **change}])
    with pytest.raises(ValueError, match=r"claims\.yml: expected a claim, got '1a'"):
        load(path)


@pytest.mark.parametrize("missing", ["statement", "where", "page", "kind"])
def test_a_missing_field_is_named(tmp_path, missing):
    entry = {key: value for key, value in GOOD.items() if key != missing}
    with pytest.raises(ValueError, match=rf"claims\.yml: expected a claim, got '1a'.*{missing}"):
        load(write(tmp_path / "claims.yml", [entry]))


def test_a_double_id_is_refused(tmp_path):
    path = write(tmp_path / "claims.yml", [GOOD, GOOD])
    with pytest.raises(ValueError, match=r"claims\.yml: expected each id once, got '1a' twice"):
        load(path)


@pytest.mark.parametrize("text", ["", "just a word", "[1, 2]", "3", "- id: [1]", "- {id: 1a"])
def test_what_is_no_ledger_is_refused_with_its_file(tmp_path, text):
    with pytest.raises(ValueError, match=r"claims\.yml"):
        load(write(tmp_path / "claims.yml", text))
