"""Verdicts as pages record and show them, and as the claims page gathers them."""

import json
import math
import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import nbformat.v4 as nb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongala2021.judging import SYMBOLS, Verdict
from rongala2021.ledger import KINDS, Claim, Condition, Former, load
from rongala2021.scorecard import MIME, Scorecard, badge, gather, readme_table, score
from tests.study.examples import claim, examples, full, low, weak

BOOK = Path(__file__).parents[2] / "book"

# On a page


def test_counts_name_every_verdict():
    ledger = {name: claim(name) for name in "abc"}
    card = score(ledger, {"a": {"x": 2}, "b": {"x": 2}, "c": [{"x": 0}]})
    assert list(card.counts()) == list(SYMBOLS)
    assert card.counts()["reproduced"] == 2
    assert card.counts()["not reproduced"] == 1
    assert sum(card.counts().values()) == 3


def test_a_changed_criterion_is_judged_both_ways():
    former = (
        Former(criterion=(low,), reason="y was the wrong measure"),
        Former(criterion=(weak,), reason="1 was too low"),
    )
    changed = claim(direction=(), former=former)
    card = score({"1a": changed, "1b": claim("1b")}, {"1a": {"x": 3, "y": 1}, "1b": {"x": 3}})
    first, second = card.changes().frame.values.tolist()
    assert second[1:3] == [str(weak), "reproduced (1 of 1)"]
    assert first == [
        "1a",
        str(low),
        "not reproduced (0 of 1)",
        str(full),
        "reproduced (1 of 1)",
        "y was the wrong measure",
    ]
    with pytest.raises(ValueError, match="got no y"):
        score({"1a": changed}, {"1a": {"x": 3}})


def test_the_numbers_shown_are_those_of_the_drawn_network():
    card = score({"1a": claim()}, {"1a": [{"x": 3, "extra": 7}, {"x": 9}]})
    assert "x = 3, extra = 7" in repr(card)


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
    cells = ("1a", "Fig. 1", "X is large.", "empirical", criterion, "x = 1.5", "◐ partly")
    for cell in (*cells, "19 of 20"):
        assert f">{cell}<" in html, cell
    assert html.count("<tr") == 3
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
    basic = {"id": "1a", "verdict": "reproduced", "samples": [{"x": 3.0}], "controls": {}}
    return basic | changes


TWO = {"1a": claim(controls={"negative": "none of it"}), "2a": claim("2a", page="figures/fig2")}


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
        {"controls": None},
        {"controls": {"placebo": [{"x": 0.0}]}},
        {"controls": {"negative": [{"y": 0.0}]}},
        {"controls": {"negative": []}},
        {"controls": {"negative": [{"x": "three"}]}},
    ],
    ids=str,
)
def test_a_changed_record_is_refused(tmp_path, change):
    notebook(tmp_path / "figures/fig1.ipynb", [record(**change)])
    name = change.get("id", "1a")
    with pytest.raises(ValueError, match=rf"fig1\.ipynb: expected .*{name}"):
        gather(TWO, tmp_path)


@pytest.mark.parametrize("missing", ["id", "verdict", "samples", "controls"])
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


def test_the_book_can_be_gathered():
    ledger = load(BOOK / "claims.yml")
    card = gather(ledger, BOOK)
    assert [v.id for v in card.verdicts] == list(ledger)
    assert sum(card.counts().values()) == len(ledger)


def test_a_claim_that_needs_another_keeps_its_numbers(tmp_path):
    ledger = {"1a": claim(), "1b": claim("1b", requires="1a")}
    card = score(ledger, {"1a": {"x": 0.0}, "1b": {"x": 3.0}})
    notebook(tmp_path / "figures/fig1.ipynb", card.record())
    assert gather(ledger, tmp_path).verdicts == card.verdicts
    assert card.verdicts[1].samples == ({"x": 3.0},)
    # Shown is why it does not count.
    assert "1b: – not testable (needs 1a, which is not reproduced)" in repr(card)


# What the pages show of all claims


def _two(verdict_of_b):
    ledger = {
        name: Claim(
            id=name,
            statement=f"statement of {name}",
            where="Fig. <1>",
            page="figures/fig1",
            kind={"a": "filter", "b": "empirical"}[name],
            criterion=(Condition(measure="x", comparison=">", bound=1.0),),
        )
        for name in "ab"
    }
    measured = {"a": [{"x": 2.0}] * 20, "b": [{"x": verdict_of_b}]}
    return score(ledger, measured)


def test_the_overview_has_links_intervals_and_the_measured_claims_first():
    card = _two(0.5)
    unmeasured = Scorecard(card.ledger, (Verdict(id="b", verdict="not measured"), card.verdicts[0]))
    assert unmeasured.overview().frame["id"].tolist() == ["a", "b"]
    row = card.overview().frame.iloc[0]
    assert row["mean over seeds"] == "x 2 [2, 2]"
    assert row["seeds"] == "20 of 20 [0.83, 1.00]"
    html = card.overview()._repr_html_()
    assert ' href="figures/fig1.html">a</a>' in html
    assert "Fig. &lt;1&gt;" in html


def test_the_overview_is_the_table_that_scorecard_js_sorts_and_filters():
    table = ElementTree.fromstring(_two(0.5).overview()._repr_html_())
    assert table.get("class").split() == ["dataframe", "scorecard"]  # the first one is styled
    head, body = table
    assert (head.tag, len(head), body.tag) == ("thead", 1, "tbody")
    # As `textContent`: to the letter, without space around it.
    heads, *rows = (["".join(cell.itertext()) for cell in row] for row in (*head, *body))
    assert heads.count("verdict") == 1
    verdict = heads.index("verdict")
    assert [row[verdict] for row in rows] == ["✔ reproduced", "✘ not reproduced"]
    # `row.cells[column]` stands below `heads[column]`.
    assert [len(row) for row in rows] == [len(heads)] * 2
    assert [row[0] for row in rows] == ["a", "b"]
    assert [link.get("href") for link in body.iterfind("tr/td[1]/a")] == ["figures/fig1.html"] * 2


def test_a_row_of_the_overview_can_be_linked_to():
    html = _two(0.5).overview()._repr_html_()
    assert re.findall(r'<td><a id="(claim-.)" href', html) == ["claim-a", "claim-b"]


def test_a_card_tells_the_sentence_what_was_judged_and_the_verdict():
    ledger = {"1a": claim(statement="<b>"), "2a": claim("2a", not_testable="no figure")}
    seeds = [{"x": 1.0, "aside": 7.0}, {"x": 3.0, "aside": 7.0}] * 10
    cards = score(ledger, {"1a": seeds, "2a": []}).cards()
    first = ElementTree.fromstring(f"<div>{cards['1a']}</div>")
    lines = {line.get("class"): line.text for line in first}
    assert lines["statement"] == "<b>"
    assert lines["head"] == "1a · Fig. 1 · empirical"
    assert lines["measured"].startswith("x 2 [")
    assert lines["verdict verdict-borderline"] == "≈ borderline"
    assert lines["criterion"] == "Criterion: x ≥ 2 in most seeds; 10 of 20"
    assert '<p class="measured">no figure</p>' in cards["2a"]
    alone = score(ledger, {"1a": {"x": -1.23456, "aside": 7.0}}).cards()["1a"]
    assert '<p class="measured">x -1.23</p>' in alone
    assert '<p class="verdict verdict-not-reproduced">' in alone
    assert list(cards) == ["1a", "2a"]


def test_an_interval_of_a_mean_that_contains_the_bound_is_marked():
    ledger = _two(0.5).ledger
    mark = "(bound within)"
    for values, marked in (([0.5, 1.6] * 10, True), ([1.5, 1.6] * 10, False), ([1.0] * 20, False)):
        card = score(ledger, {"a": [{"x": x, "y": 1 - x} for x in values]})
        of_x, of_y = card.overview().frame["mean over seeds"][0].split("; ")
        assert of_x.endswith(mark) == marked
        assert not of_y.endswith(mark)  # no criterion asks for it


def test_a_mean_of_fewer_samples_than_there_are_says_so():
    card = score(_two(0.5).ledger, {"a": [{"x": x} for x in (2.0, 2.0, math.nan)]})
    assert card.overview().frame["mean over seeds"][0] == "x 2 [2, 2] (2 of 3 known)"


def test_claims_are_counted_by_their_kind():
    card = _two(0.5)
    assert card.counts("filter")["reproduced"] == 1
    assert card.counts("filter")["not reproduced"] == card.counts("identity")["reproduced"] == 0
    frame = card.by_kind().frame
    assert frame["kind"].tolist() == list(KINDS)
    assert frame["claims"].tolist() == [0, 1, 1]
    assert frame["✔ reproduced"].tolist() == [0, 1, 0]
    assert frame["✘ not reproduced"].tolist() == [0, 0, 1]


def test_controls_are_shown_recorded_and_gathered(tmp_path):
    ledger = {"1a": claim(controls={"negative": "<none> of it", "positive": "all of it"})}
    controls = {"negative": {"1a": [{"x": 0.5}, {"x": 0.7}] * 5}, "positive": {"1a": {"x": 4.0}}}
    card = score(ledger, {"1a": {"x": 3.0}}, **controls)
    first, second = card.controls().frame.values.tolist()
    assert first[:3] == ["1a", "negative", "<none> of it"]
    assert first[4:] == ["0 of 10", "✘ not reproduced"]
    assert second[1:] == ["positive", "all of it", "x 4 [4, 4]", "1 of 1", "✔ reproduced"]
    bundle = card._repr_mimebundle_()
    assert "1a, negative control: ✘ not reproduced (x 0.6 [0.54, 0.66]; 0 of 10)" in repr(card)
    assert "&lt;none&gt; of it" in bundle["text/html"]
    assert card.margins("negative") == {"1a: x ≥ 2": [0.25, 0.35] * 5}
    assert card.margins("positive") == {"1a: x ≥ 2": [2.0]}
    assert card.margins("filter") == {}
    notebook(tmp_path / "figures/fig1.ipynb", json.loads(json.dumps(card.record())))
    assert gather(ledger, tmp_path).verdicts == card.verdicts


def test_summary_readme_and_badge_count_alike():
    card = _two(0.5)
    expected = "1 of 2 claims reproduced (1 of 1 filter, 0 of 1 empirical), 1 not reproduced"
    assert card.summary() == expected
    rows = [line.split(" | ")[1:] for line in readme_table(card).splitlines()]
    assert rows[0] == ["✔ reproduced", "✘ not reproduced |"]
    assert rows[2:] == [["0", "0 |"], ["1", "0 |"], ["0", "1 |"]]
    assert "1 of 2 reproduced, 0 of 1 empirical" in badge(card)
    ElementTree.fromstring(badge(card))
    assert badge(_two(3.0)) != badge(card)


def test_margins_are_named_by_claim_and_condition():
    assert _two(0.5).margins() == {"a: x > 1": [2.0] * 20, "b: x > 1": [0.5]}
