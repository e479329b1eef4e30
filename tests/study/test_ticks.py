"""The form that a reader ticks, its scorecard and its tables, as Python writes them."""

import copy
import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from rongala2021 import ledger, multiverse, ticks
from rongala2021.multiverse_runs import Row
from rongala2021.multiverse_scores import Records, page_data, score
from rongala2021.project import book_file
from rongala2021.tables import Table
from tests import ticks_sample

VOID = {"input"}


@pytest.fixture
def data():
    return ticks_sample.data()


class Elements(HTMLParser):
    """Elements of a page with their texts; refuses what is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.found, self._open = [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        each = {"tag": tag, "text": "", **dict(attrs)}
        self.found.append(each)
        if tag not in VOID:
            self._open.append(each)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        for each in self._open:
            each["text"] += data

    def of(self, tag, **attributes):
        return [
            each
            for each in self.found
            if each["tag"] == tag and all(each.get(k) == v for k, v in attributes.items())
        ]

    def of_class(self, name):
        return [each for each in self.found if name in (each.get("class") or "").split()]


@pytest.fixture
def elements(data):
    return Elements(ticks.markup(data))


def every_level(data):
    return [(c, lv) for c in (*data["choices"], *data["alone"]) for lv in c["levels"]]


# ---------------------------------------------------------------- the form


def test_every_level_is_a_radio_button_with_its_name_and_what_the_text_says(data, elements):
    labels = {label["for"]: label["text"] for label in elements.of("label")}
    texts = {each["id"]: each["text"] for each in elements.of("p") if each.get("id")}
    fields = elements.of("input", type="radio")
    assert len(fields) == len(every_level(data))
    for (choice, level), field in zip(every_level(data), fields, strict=True):
        assert (field["name"], field["value"]) == (choice["id"], level["id"])
        assert labels[field["id"]] == level["name"]
        said = texts[field["aria-describedby"]]
        assert said.startswith(ticks.STANCES[level["stance"]])
        assert said.endswith(level["sentence"])
    assert len({field["id"] for field in fields}) == len(fields)


def test_choices_have_legends_and_those_alone_name_the_targets_they_are_judged_by(data, elements):
    legends = [each["text"] for each in elements.of("legend")]
    assert legends == [choice["name"] for choice in (*data["choices"], *data["alone"])]
    names = {target["id"]: target["name"] for target in data["targets"]}
    judged = [each["text"] for each in elements.of("p", **{"class": "about"})]
    assert judged == [
        f"judged by: {'; '.join(names[target] for target in choice['touches'])}"
        for choice in data["alone"]
    ]


def test_without_scripts_the_form_is_inert_says_so_and_stands_as_printed(data):
    preset = data["presets"][0]
    preset["levels"] = [2, 1, 0, 1, 1, 0]  # not the first of all
    elements = Elements(ticks.markup(data))
    assert all("disabled" in each for each in (*elements.of("input"), *elements.of("button")))
    (told,) = elements.of_class("told")
    assert "scripts" in told["text"]
    assert preset["name"] in told["text"]
    checked = {each["name"]: each["value"] for each in elements.of("input") if "checked" in each}
    expected = {
        c["id"]: c["levels"][i]["id"]
        for c, i in zip(data["choices"], preset["levels"], strict=True)
    }
    assert checked == expected | {c["id"]: c["levels"][0]["id"] for c in data["alone"]}


def test_levels_of_which_the_text_says_the_same_share_its_sentence(data, elements):
    noise = data["alone"][0]["levels"][0]["sentence"]
    told = [each["text"] for each in elements.of_class("text")]
    assert [text for text in told if text.endswith(noise)] == [
        f"the text says so: {noise}",
        f"against the text: {noise}",  # of eight levels
    ]


def test_only_groups_against_the_text_are_marked_so(data, elements):
    marked = elements.of_class("group")
    assert {each["class"] for each in marked} == {f"group {stance}" for stance in ticks.STANCES}
    for each in marked:
        assert ticks.STANCES[each["class"].split()[1]] in each["text"]


def test_what_is_said_is_escaped_and_the_data_comes_back(data, elements):
    data["targets"][0]["name"] = "</script><b>&amp;"
    for level in data["choices"][0]["levels"]:
        level["sentence"] = '"</p></script>'
    data["presets"][0]["name"] = "<i>"
    again = Elements(ticks.markup(data))
    assert len(again.found) == len(elements.found)
    assert not {*"<>&"} & {*ticks.script(data)}
    (script,) = again.of("script", type="application/json")
    found = json.loads(script["text"])
    assert {name: found[name] for name in data} == data
    assert next(each["text"] for each in again.of("button")) == "<i>"


def test_the_data_have_the_exact_intervals_of_all_shares_and_are_light(data):
    found = json.loads(ticks.script(data))["intervals"]
    for k, (low, high) in enumerate(found):
        exact = binomtest(k, data["n"]).proportion_ci(0.95, "exact")
        assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-4)
    assert len(found) == data["n"] + 1
    assert len(ticks.script(data)) < 40_000


# ---------------------------------------------------------------- the scorecard


def test_the_scorecard_is_that_of_the_first_preset(data, elements):
    row = data["rows"][0]
    row["counts"][3] = None
    row["counts"][:3] = [10, 11, 0]
    elements = Elements(ticks.markup(data))
    words = [each["text"] for each in elements.of_class("word")]
    counts = [each["text"] for each in elements.of_class("k")]
    assert words[:4] == ["not met", "met", "not met", "not measured"]
    assert counts[:4] == ["10 of 20", "11 of 20", "0 of 20", "–"]
    assert len(words) == len(data["targets"])
    met = words.count("met")
    (sentence,) = elements.of_class("sentence")
    assert sentence["text"] == (
        f"{met} of 14 targets met, 1 not measured; no sentences of the text contradicted."
    )


def test_the_bar_spans_the_interval_and_the_dot_is_the_share(data):
    data["rows"][0]["counts"][:2] = [5, None]
    elements = Elements(ticks.markup(data))
    exact = binomtest(5, 20).proportion_ci(0.95, "exact")
    left, width = map(float, re.findall(r"[\d.]+", elements.of_class("range")[0]["style"]))
    assert (left, left + width) == pytest.approx((100 * exact.low, 100 * exact.high), abs=0.02)
    assert elements.of_class("dot")[0]["style"] == "left: 25.00%"
    assert ["hidden" in bar for bar in elements.of_class("bar")[:2]] == [False, True]


def test_the_static_leak_is_told_and_whether_it_could_be_calibrated(data):
    data["rows"][0] |= {"k_static": 0.034, "calibrated": True}
    (leak,) = Elements(ticks.markup(data)).of_class("leak")
    assert leak["text"] == "k_static = 0.0340: calibrated within this reading."
    data["rows"][0]["calibrated"] = False
    (leak,) = Elements(ticks.markup(data)).of_class("leak")
    assert leak["text"] == (
        "k_static = 0.0340: no static leak satisfies the rule here; "
        "the one with the most high frequencies is used."
    )


def test_each_level_against_the_text_contradicts_a_sentence(data):
    assert ticks.n_contradicted(data, [0] * 6) == 0
    assert ticks.n_contradicted(data, [2, 1, 2, 0, 1, 1]) == 2


def test_as_text_each_preset_has_its_score(data):
    lines = repr(ticks.Ticks(data)).splitlines()
    assert [line.partition(":")[0] for line in lines] == [p["name"] for p in data["presets"]]
    for line, preset in zip(lines, data["presets"], strict=True):
        row = ticks.readings(data).iloc[ticks.row_of(data, preset["levels"])]
        assert f": {row['targets met']} of 14 targets met" in line


# ---------------------------------------------------------------- the tables


def test_the_table_has_every_reading_with_its_counts(data):
    found = ticks.readings(data)
    assert len(found) == 144
    sizes = [len(choice["levels"]) for choice in data["choices"]]
    for number, row in enumerate(data["rows"]):
        rest, names, levels = number, [], []
        for choice, size in zip(reversed(data["choices"]), reversed(sizes), strict=True):
            rest, level = divmod(rest, size)
            names.insert(0, choice["levels"][level]["name"])
            levels.insert(0, level)
        assert ticks.row_of(data, levels) == number
        shown = found.iloc[number]
        assert [shown[choice["name"]] for choice in data["choices"]] == names
        counts = [shown[target["name"]] for target in data["targets"]]
        assert [None if pd.isna(k) else k for k in counts] == row["counts"]
        assert shown["targets met"] == sum(k > 10 for k in row["counts"] if k is not None)
        assert shown["reading"] == number + 1


def test_the_table_of_what_was_changed_alone_leaves_out_other_targets(data):
    found = ticks.beside(data)
    assert len(found) == len(data["beside"])
    assert "–" in Table(found)._repr_html_()
    for entry, (_, shown) in zip(data["beside"], found.iterrows(), strict=True):
        assert shown["beside reading"] == entry["row"] + 1
        counts = {t["id"]: shown[t["name"]] for t in data["targets"]}
        assert {name: k for name, k in counts.items() if not pd.isna(k)} == entry["counts"]


def test_a_study_without_choices_alone_has_an_empty_table(data):
    data |= {"alone": [], "beside": []}
    assert ticks.beside(data).empty
    assert "one at a time, beside" not in ticks.markup(data)


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("choices", 0, "id"), "a b", "choices: expected ids of letters, digits, _, . and -"),
        (("alone", 0, "id"), "update", "choices: expected ids that differ, got update, .*update"),
        (("choices", 1, "levels", 1, "stance"), "?", "stance: expected one of says, silent, aga"),
        (("choices", 1, "levels", 1, "sentence"), "", "sentence: expected that of denominator, "),
        (("targets", 1, "id"), "4b", "targets: expected ids and names that differ, got Obs"),
        (("targets", 1, "name"), "Observation <4b> of the networks", "targets: expected ids and "),
        (("rows",), [], "rows: expected 144, got 0"),
        (("rows", 5, "counts"), [1], "counts: expected 14, got 1"),
        (("rows", 5, "counts", 2), 1.5, "counts: expected 0 to 20 or None, got 1.5"),
        (("rows", 5, "k_static"), float("nan"), "k_static: expected a finite number >= 0, got nan"),
        (("n",), 0, "n: expected an integer >= 1, got 0"),
        (("choices", 0, "levels", 1, "id"), "together", "levels: expected ids that differ, got to"),
        (("rows", 5, "counts", 2), 21, "counts: expected 0 to 20 or None, got 21"),
        (("alone", 0, "touches"), ["9z"], "touches: expected ids of targets, got 9z"),
        (("beside", 0, "row"), 144, "beside: expected a row from 0 to 143, got 144"),
        (("beside", 0, "choice"), "update", "beside: expected one of jitter, tau, weights, got 'u"),
        (("beside", 0, "level"), 0, "beside: expected a level from 1 to 8, got 0"),
        (("beside", 0, "counts"), {"8d": 1}, "beside: expected counts of 4b, 4c at most, got 8d"),
        (("beside", 0, "counts", "4b"), -1, "counts: expected 0 to 20 or None, got -1"),
        (("presets",), [], "presets: expected the text as printed, got none"),
        (("presets", 0, "levels"), [0], r"presets: expected a level of each of \[3, 2, 3, 2, 2, 2"),
        (
            ("presets", 0, "levels", 0),
            3,
            r"presets: expected a level of each of \[3, 2, 3, 2, 2, 2",
        ),
    ],
)
def test_data_that_is_not_whole_is_refused(data, path, value, message):
    spoiled = copy.deepcopy(data)
    *before, last = path
    inner = spoiled
    for step in before:
        inner = inner[step]
    inner[last] = value
    ticks.check(data)
    with pytest.raises(ValueError, match=message):
        ticks.Ticks(spoiled)


# ---------------------------------------------------------------- of the study


def test_the_page_of_the_study_can_be_ticked():
    """With counts by chance: the choices, sentences and targets are those of the book."""
    design = multiverse.load(book_file("authors.yml"), ledger.load(book_file("claims.yml")))
    rng = np.random.default_rng(0)

    def row(levels, targets, beside=()):
        met = {target.id: "".join(rng.choice(["0", "1"], size=12)) for target in targets}
        found = {"k_static": 0.03, "satisfied": True, "means": {}}
        return Row(levels=levels, met=met, beside=beside, **found)

    rows = [row(levels, design.targets) for levels in design.rows()]
    beside = [
        row(rows[0].levels, design.targets[:3], (choice.id, level.id))
        for choice in design.alone
        for level in choice.levels[1:]
    ]
    about = {"networks": 12}
    records = Records(about=about, rows=tuple(rows), beside=tuple(beside))
    data = json.loads(json.dumps(page_data(records, design)))
    shown = Elements(ticks.Ticks(data)._repr_html_())
    assert len(shown.of("fieldset")) == len(design.choices) + len(design.alone)
    assert len(ticks.beside(data)) == len(beside)
    for levels, (_, found) in zip(rows, ticks.readings(data).iterrows(), strict=True):
        assert found["targets met"] == score(levels)[0]
        assert found["sentences contradicted"] == design.against(levels.levels)
    assert set(ticks.STANCES) == set(multiverse.STANCES)
