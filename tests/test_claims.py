import json
import math
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbformat.v4 as nb
import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from lsm import claims
from lsm.claims import (
    COMPARISONS,
    MIME,
    SYMBOLS,
    Claim,
    Condition,
    Scorecard,
    Verdict,
    gather,
    judge,
    load,
    score,
)

BOOK = Path(__file__).parents[1] / "book"
# fmt: off
IDS = [
    "K1", "1a", "1b", "1c", "2a", "2b", "2c", "3a", "3b", "3c", "3d", "3e", "3g", "S1", "S4",
    "S5", "4a", "4b", "4c", "4d", "4e", "S6", "S7a", "S7b", "5a", "5b", "5c", "5d", "S8", "6a",
    "6b", "7a", "7b", "7c", "8a", "8b", "8c", "8d", "8e", "A1", "A2", "A3", "D1", "D2",
]
# fmt: on

full = Condition(measure="x", comparison=">=", bound=2)
weak = Condition(measure="x", comparison=">", bound=1)
low = Condition(measure="y", comparison="<=", bound=0)


def claim(name="1a", **fields):
    basic = {"statement": "X is large.", "where": "Fig. 1", "page": "figures/fig1"}
    return Claim(id=name, **{**basic, "criterion": (full,), "direction": (weak,), **fields})


def examples(n):
    return settings(deadline=None, max_examples=n, derandomize=True)


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


# Verdicts


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (2.0, "reproduced"),
        (9.0, "reproduced"),
        (1.5, "partly"),
        (1.0, "not reproduced"),
        (-9.0, "not reproduced"),
        (math.nan, "not reproduced"),
    ],
)
def test_verdict_of_one_sample(x, expected):
    found = judge(claim(), [{"x": x}])
    assert (found.id, found.verdict, found.k) == ("1a", expected, int(x >= 2))


def test_without_a_direction_nothing_is_partly():
    assert judge(claim(direction=()), [{"x": 1.5}]).verdict == "not reproduced"


def test_all_conditions_must_hold():
    both = claim(criterion=(full, low), direction=(weak, low))
    assert judge(both, [{"x": 3, "y": 0}]).verdict == "reproduced"
    assert judge(both, [{"x": 1.5, "y": 0}]).verdict == "partly"
    assert judge(both, [{"x": 3, "y": 1}]).verdict == "not reproduced"
    assert judge(both, [{"x": 3, "y": math.nan}]).verdict == "not reproduced"


@pytest.mark.parametrize(
    ("k", "expected"),
    [(20, "reproduced"), (15, "reproduced"), (14, "borderline"), (6, "borderline"), (5, "no")],
)
def test_verdict_of_twenty_seeds(k, expected):
    samples = [{"x": 2.0}] * k + [{"x": 0.0}] * (20 - k)
    found = judge(claim(), samples)
    assert found.verdict == expected.replace("no", "not reproduced")
    assert (found.k, len(found.samples)) == (k, 20)


def most(k, n):
    """Sign test at 5 % on either side; None if neither."""
    at_least = sum(math.comb(n, i) for i in range(k, n + 1)) / 2**n
    at_most = sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    return True if at_least < 0.05 else False if at_most < 0.05 else None


seeds = st.lists(st.sampled_from([math.nan, 0.0, 1.5, 2.0]), min_size=2, max_size=40)


@examples(200)
@given(seeds)
def test_most_seeds_are_a_majority_beyond_sampling_error(values):
    strong, direction = (sum(x >= bound for x in values) for bound in (2, 1.5))
    expected = {True: "reproduced", None: "borderline"}.get(most(strong, len(values)))
    if expected is None:
        expected = {True: "partly", None: "borderline", False: "not reproduced"}[
            most(direction, len(values))
        ]
    assert judge(claim(), [{"x": x} for x in values]).verdict == expected


@examples(100)
@given(seeds)
def test_every_seed_means_every_seed(values):
    strong, direction = (all(x >= bound for x in values) for bound in (2, 1.5))
    expected = "reproduced" if strong else "partly" if direction else "not reproduced"
    assert judge(claim(every=True), [{"x": x} for x in values]).verdict == expected


@examples(100)
@given(seeds, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(values, every, random):
    samples = [{"x": x} for x in values]
    found = judge(claim(every=every), samples)
    random.shuffle(samples)
    again = judge(claim(every=every), samples)
    assert (again.verdict, again.k) == (found.verdict, found.k)


@examples(100)
@given(seeds, st.booleans(), st.data())
def test_a_better_seed_never_worsens_the_verdict(values, every, data):
    ranks = ["not reproduced", "partly", "borderline", "reproduced"]

    def rank():
        found = judge(claim(every=every, direction=()), [{"x": x} for x in values])
        return ranks.index(found.verdict)

    before = rank()
    values[data.draw(st.integers(0, len(values) - 1))] = 2.0
    assert rank() >= before


def test_a_seed_that_meets_the_criterion_has_the_direction_too():
    # 17 of 20 together; the 12 alone would be borderline.
    samples = [{"x": 3.0, "y": 1.0}] * 5 + [{"x": 0.0, "y": 0.0}] * 12 + [{"x": 0.0, "y": 1.0}] * 3
    assert judge(claim(direction=(low,)), samples).verdict == "partly"


def test_the_numbers_shown_are_those_of_the_drawn_network():
    (found,) = score({"1a": claim()}, {"1a": [{"x": 3, "extra": 7}, {"x": 9}]}).verdicts
    assert found.samples == ({"x": 3.0, "extra": 7.0}, {"x": 9.0})
    assert all(type(value) is float for sample in found.samples for value in sample.values())
    assert "x = 3, extra = 7" in repr(score({"1a": claim()}, {"1a": found.samples}))


def test_what_is_not_testable_needs_no_sample():
    found = judge(claim(not_testable="no such figure", criterion=()), [])
    assert (found.verdict, found.reason) == ("not testable", "no such figure")


@pytest.mark.parametrize(
    ("fields", "samples", "message"),
    [
        ({}, [], "samples: expected at least one for claim 1a, got none"),
        ({"criterion": ()}, [{"x": 1}], "claim: expected a criterion for 1a, got none"),
        ({}, [{"y": 1}], "samples: expected x for claim 1a, got no x"),
        ({}, [{"x": 1}, {}], "samples: expected x for claim 1a, got no x"),
        ({"direction": ()}, [{}], "samples: expected x for claim 1a, got no x"),
        ({"criterion": (low,)}, [{"y": 1}], "samples: expected x, y for claim 1a, got no x"),
    ],
)
def test_samples_that_cannot_be_judged(fields, samples, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        judge(claim(**fields), samples)


# Scores of a page


@pytest.mark.parametrize(
    ("x", "expected", "reason"),
    [
        (2.0, "reproduced", ""),
        (1.5, "not testable", "needs 1a, which is partly"),
        (0.0, "not testable", "needs 1a, which is not reproduced"),
    ],
)
def test_a_claim_may_require_another(x, expected, reason):
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    found = score(ledger, {"1a": {"x": x}, "1b": {"x": 3.0}}).verdicts[1]
    assert (found.id, found.verdict, found.reason) == ("1b", expected, reason)


def test_a_claim_that_needs_another_keeps_its_numbers(tmp_path):
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    card = score(ledger, {"1a": {"x": 0.0}, "1b": {"x": 3.0}})
    notebook(tmp_path / "figures/fig1.ipynb", card.record())
    assert gather(ledger, tmp_path).verdicts == card.verdicts
    assert card.verdicts[1].samples == ({"x": 3.0},)
    # Shown is why it does not count.
    assert "1b: – not testable (needs 1a, which is not reproduced)" in repr(card)


def test_a_claim_cannot_be_judged_before_what_it_requires():
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    with pytest.raises(ValueError, match="expected 1a before 1b"):
        score(ledger, {"1b": {"x": 3.0}, "1a": {"x": 2.0}})


def test_an_unknown_claim_is_refused():
    with pytest.raises(ValueError, match=r"^measured: expected ids of the ledger, got '9z'$"):
        score({"1a": claim()}, {"9z": {"x": 1}})


def test_counts_name_every_verdict():
    ledger = {name: claim(name) for name in "abc"}
    card = score(ledger, {"a": {"x": 2}, "b": {"x": 2}, "c": [{"x": 0}]})
    assert list(card.counts()) == list(SYMBOLS)
    assert card.counts()["reproduced"] == 2
    assert card.counts()["not reproduced"] == 1
    assert sum(card.counts().values()) == 3


def test_a_changed_criterion_is_judged_both_ways():
    changed = claim(direction=(), former=(low,), change="y was the wrong measure")
    card = score({"1a": changed, "1b": claim("1b")}, {"1a": {"x": 3, "y": 1}, "1b": {"x": 3}})
    (row,) = card.changes().rows
    assert row == (
        "1a",
        str(low),
        "not reproduced (0 of 1)",
        str(full),
        "reproduced (1 of 1)",
        "y was the wrong measure",
    )
    with pytest.raises(ValueError, match="got no y"):
        score({"1a": changed}, {"1a": {"x": 3}})


# What a reader sees


def test_text_and_html_state_verdict_numbers_and_seeds():
    ledger = {"1a": claim(), "1b": claim("1b", every=True)}
    seeds = [{"x": 2.34567}] + [{"x": 3.0}] * 18 + [{"x": 0.0}]
    bundle = score(ledger, {"1a": {"x": 1.5}, "1b": seeds})._repr_mimebundle_()
    text, html = bundle["text/plain"], bundle["text/html"]
    assert text.splitlines() == [
        "1a: ◐ partly (x = 1.5)",
        "1b: ✘ not reproduced (x = 2.346; 19 of 20)",
    ]
    criterion = escape(str(full))
    for cell in ("1a", "Fig. 1", "X is large.", criterion, "x = 1.5", "◐ partly", "19 of 20"):
        assert f">{cell}<" in html, cell
    assert html.count("<tr>") == 3
    assert "every seed" in html


def test_html_is_escaped():
    nasty = claim(statement="<script>alert('x')</script> & a < b", where='"<b>"')
    html = score({"1a": nasty}, {"1a": {"<i>": 1, "x": 3}})._repr_mimebundle_()["text/html"]
    for tag in ("<script", "<b>", "<i>"):
        assert tag not in html
    assert "&lt;script&gt;" in html
    assert "&amp; a &lt; b" in html


def test_a_reason_stands_in_place_of_the_number():
    text = repr(score({"1a": claim(not_testable="no such figure")}, {"1a": []}))
    assert text == "1a: – not testable (no such figure)"


def test_every_verdict_has_a_symbol_of_its_own():
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


# The ledger


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


# Malformed ledgers

GOOD = {
    "id": "1a",
    "statement": "X is large.",
    "where": "Fig. 1",
    "page": "figures/fig1",
    "criterion": [{"measure": "x", "comparison": ">=", "bound": 2}],
}


def write(path, data):
    path.write_text(data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8")
    return path


def test_load_reads_what_is_written(tmp_path):
    entry = {**GOOD, "every": True, "requires": "0", "direction": [vars(weak)]}
    path = write(tmp_path / "claims.yml", [{**GOOD, "id": "0"}, entry])
    found = load(path)
    assert list(found) == ["0", "1a"]
    assert found["1a"] == claim(every=True, requires="0")
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
        {"shares": 0.5},
        {"verdict": "reproduced"},
    ],
)
def test_a_malformed_claim_is_named_with_its_file(tmp_path, change):
    path = write(tmp_path / "claims.yml", [{**GOOD, "id": "ok"}, {**GOOD, **change}])
    with pytest.raises(ValueError, match=r"claims\.yml: expected a claim, got '1a'"):
        load(path)


@pytest.mark.parametrize("missing", ["statement", "where", "page"])
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


# From page to claims page


def notebook(path, *records):
    """A notebook whose code cells carry `records` among other outputs."""
    cells = [nb.new_markdown_cell("# A page"), nb.new_code_cell("x = 1")]
    for record in records:
        outputs = [
            nb.new_output("stream", text="noise\n"),
            nb.new_output("execute_result", data={MIME: record, "text/plain": "..."}),
        ]
        cells.append(nb.new_code_cell("score(...)", outputs=outputs))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(nb.new_notebook(cells=cells)), encoding="utf-8")
    return path


def record(**changes):
    return {"id": "1a", "verdict": "reproduced", "samples": [{"x": 3.0}], **changes}


TWO = {"1a": claim(), "2a": claim("2a", page="figures/fig2")}


@examples(50)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"x": st.floats() | st.just(math.nan)},
            optional={"y": st.floats(0, 1) | st.just(math.nan)},
        ),
        min_size=1,
        max_size=20,
    )
)
def test_what_a_page_records_is_what_the_claims_page_gathers(tmp_path_factory, samples):
    ledger = {**TWO, "2b": claim("2b", page="figures/fig2", not_testable="<no> figure")}
    cards = [score(ledger, {"1a": samples}), score(ledger, {"2b": [], "2a": samples[0]})]
    # As strict JSON, which knows no NaN.
    records = [json.loads(json.dumps(card.record(), allow_nan=False)) for card in cards]
    book = tmp_path_factory.mktemp("book")
    notebook(book / "figures/fig1.ipynb", records[0])
    notebook(book / "figures/fig2.ipynb", records[1])
    gathered = gather(ledger, book)
    verdicts = {v.id: v for card in cards for v in card.verdicts}
    # In the ledger's order; as text, because NaN differs from itself.
    assert [repr(v) for v in gathered.verdicts] == [repr(verdicts[name]) for name in ledger]
    assert gathered.rows() == Scorecard(ledger, tuple(verdicts[n] for n in ledger)).rows()
    expected = {entry["id"]: entry for entry in [*records[0], *records[1]]}
    assert gathered.record() == [expected[name] for name in ledger]


def test_records_of_several_cells_are_gathered(tmp_path):
    ledger = {"1a": claim(), "1b": claim("1b")}
    notebook(tmp_path / "figures/fig1.ipynb", [record()], [record(id="1b")])
    assert gather(ledger, tmp_path).counts()["reproduced"] == 2


@pytest.mark.parametrize("records", [None, [], [[]]])
def test_a_claim_without_notebook_or_record_is_not_measured(tmp_path, records):
    if records is not None:
        notebook(tmp_path / "figures/fig1.ipynb", *records)
    notebook(tmp_path / "figures/fig2.ipynb", [record(id="2a")])
    found = gather(TWO, tmp_path).verdicts
    assert found[0] == Verdict(id="1a", verdict="not measured")
    assert found[1].verdict == "reproduced"
    assert "1a: · not measured ()" in repr(gather(TWO, tmp_path))


def test_a_doubled_record_is_refused(tmp_path):
    notebook(tmp_path / "figures/fig1.ipynb", [record()], [record()])
    with pytest.raises(ValueError, match=r"fig1\.ipynb: expected '1a' once, got it twice"):
        gather(TWO, tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "2a"},  # of another page
        {"id": "9z"},
        {"id": None},
        {"verdict": "splendid"},
        {"verdict": ["reproduced"]},
        {"verdict": None},
        {"verdict": "not reproduced"},  # not what the numbers give
        {"samples": [{"x": 1.0}]},  # nor here
        {"samples": None},
        {"samples": []},
        {"samples": {"x": 3.0}},
        {"samples": [3.0]},
        {"samples": [{"y": 3.0}]},
        {"samples": [{"x": "three"}]},
        {"samples": [{"x": [3.0]}]},
        {"samples": [{"x": "nan"}]},
        {"samples": [{"x": 3.0}] * 2},
    ],
    ids=str,
)
def test_a_changed_record_is_refused(tmp_path, change):
    notebook(tmp_path / "figures/fig1.ipynb", [record(**change)])
    name = change.get("id", "1a")
    with pytest.raises(ValueError, match=rf"fig1\.ipynb: expected .*{name}"):
        gather(TWO, tmp_path)


@pytest.mark.parametrize("missing", ["id", "verdict", "samples"])
def test_a_record_with_a_missing_field_is_refused(tmp_path, missing):
    entry = {key: value for key, value in record().items() if key != missing}
    notebook(tmp_path / "figures/fig1.ipynb", [entry])
    with pytest.raises(ValueError, match=r"fig1\.ipynb: expected a (claim of|record)"):
        gather(TWO, tmp_path)


@pytest.mark.parametrize("entries", ["1a", ["1a"], [3], 3, {"1a": 3}, [None], None])
def test_what_is_no_record_is_refused(tmp_path, entries):
    notebook(tmp_path / "figures/fig1.ipynb", entries)
    with pytest.raises(ValueError, match=r"fig1\.ipynb: expected"):
        gather(TWO, tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        '{"cells": 3}',
        '{"cells": [3]}',
        '{"cells": [{}]}',
        '{"cells": [{"cell_type": "code"}]}',
        '{"cells": [{"cell_type": "code", "outputs": [3]}]}',
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, text):
    path = tmp_path / "figures" / "fig1.ipynb"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"fig1\.ipynb: expected a notebook"):
        gather(TWO, tmp_path)


def test_a_criterion_changed_after_the_page_was_executed_is_noticed(tmp_path):
    notebook(tmp_path / "figures/fig1.ipynb", [record(samples=[{"x": 3.0}] * 20)])
    assert gather(TWO, tmp_path).verdicts[0].verdict == "reproduced"
    stricter = Condition(measure="x", comparison=">=", bound=4)
    with pytest.raises(ValueError, match=r"fig1\.ipynb: expected '1a' to be partly"):
        gather({**TWO, "1a": claim(criterion=(stricter,))}, tmp_path)


def test_a_record_without_that_of_the_claim_it_requires_is_refused(tmp_path):
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    notebook(tmp_path / "figures/fig1.ipynb", [record(id="1b")])
    with pytest.raises(ValueError, match=r"fig1\.ipynb: .*1b"):
        gather(ledger, tmp_path)


def test_the_book_can_be_gathered(ledger):
    card = gather(ledger, BOOK)
    assert [v.id for v in card.verdicts] == list(ledger)
    assert sum(card.counts().values()) == len(IDS)


# What the pages show of all claims


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


def test_the_share_is_the_exact_interval_of_clopper_and_pearson():
    low, high = claims.share(17, 20)
    assert low == pytest.approx(beta.ppf(0.025, 17, 4))
    assert high == pytest.approx(beta.ppf(0.975, 18, 3))
    assert claims.share(20, 20)[1] == 1


def test_the_interval_of_a_mean_is_near_that_of_normal_theory():
    x = np.random.default_rng(1).normal(3.0, 2.0, 200)
    mean, low, high = claims.mean_interval([*x, np.nan])
    assert mean == pytest.approx(x.mean())
    half = 1.96 * x.std() / np.sqrt(200)
    assert low == pytest.approx(mean - half, abs=0.1 * half)
    assert high == pytest.approx(mean + half, abs=0.1 * half)
    assert claims.mean_interval([*x, np.nan]) == (mean, low, high)
    assert np.isnan(claims.mean_interval([np.nan])).all()


def _two(verdict_of_b):
    ledger = {
        name: Claim(
            id=name,
            statement=f"statement of {name}",
            where="Fig. <1>",
            page="figures/fig1",
            criterion=(Condition(measure="x", comparison=">", bound=1.0),),
        )
        for name in "ab"
    }
    measured = {"a": [{"x": 2.0}] * 20, "b": [{"x": verdict_of_b}]}
    return claims.score(ledger, measured)


def test_the_overview_has_links_intervals_and_the_measured_claims_first():
    card = _two(0.5)
    unmeasured = Scorecard(card.ledger, (Verdict(id="b", verdict="not measured"), card.verdicts[0]))
    assert [row[0] for row in unmeasured.overview().rows()] == ["a", "b"]
    row = card.overview().rows()[0]
    assert row[5] == "x 2 [2, 2]"
    assert row[7] == "20 of 20 [0.83, 1.00]"
    html = card.overview()._repr_html_()
    assert '<a href="figures/fig1.html">a</a>' in html
    assert "Fig. &lt;1&gt;" in html
    assert 'class="dataframe scorecard"' in html


def test_an_interval_of_a_mean_that_contains_the_bound_is_marked():
    ledger = _two(0.5).ledger
    for values, marked in (([0.5, 1.6] * 10, True), ([1.5, 1.6] * 10, False), ([1.0] * 20, False)):
        card = claims.score(ledger, {"a": [{"x": x, "y": 1 - x} for x in values]})
        of_x, of_y = card.overview().rows()[0][5].split("; ")
        assert of_x.endswith("≈") == marked
        assert not of_y.endswith("≈")  # no criterion asks for it


def test_summary_readme_and_badge_count_alike():
    card = _two(0.5)
    assert card.summary() == "1 of 2 claims reproduced, 1 not reproduced"
    block = claims.readme_block(card)
    assert "**1 of 2 claims reproduced, 1 not reproduced.**" in block
    assert "| claims | 1 | 1 |" in block
    assert "| | a | b |" in block
    assert "1 of 2 reproduced" in claims.badge(card)
    ElementTree.fromstring(claims.badge(card))
    assert claims.badge(_two(3.0)) != claims.badge(card)


def test_margins_are_named_by_claim_and_condition():
    assert _two(0.5).margins() == {"a: x > 1": [2.0] * 20, "b: x > 1": [0.5]}
