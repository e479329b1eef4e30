"""What the ticks say of a reading: the browser's logic, run in V8, against the data and Python."""

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongala2021 import ticks
from tests import ticks_sample
from tests.v8 import scripts

FOLDER = Path(__file__).parents[2] / "book" / "_static" / "ticks"
DATA = ticks_sample.data()
READINGS = list(product(*(range(len(choice["levels"])) for choice in DATA["choices"])))
NONE = [0, 0, 0]
BY_ID = {choice["id"]: i for i, choice in enumerate(DATA["alone"])}
#: The readings beside which others were measured: as printed, and the one with most targets.
AS_PRINTED, MOST = sorted({entry["row"] for entry in DATA["beside"]})


def state(levels=(0,) * 6, **alone):
    """Levels of the choices, and of those changed alone by their ids."""
    return {"levels": list(levels), "alone": [alone.get(name, 0) for name in BY_ID]}


def any_level(choices):
    return st.tuples(*(st.integers(0, len(choice["levels"]) - 1) for choice in choices))


states = st.builds(
    lambda levels, alone: {"levels": list(levels), "alone": list(alone)},
    # Half of them where something was measured beside.
    any_level(DATA["choices"]) | st.sampled_from([READINGS[AS_PRINTED], READINGS[MOST]]),
    any_level(DATA["alone"]),
)


def loaded(data, changes=()):
    text = f"globalThis.data = {ticks.script(data)};"
    return scripts(["reading"], folder=FOLDER, data=text, changes=changes)


@pytest.fixture(scope="module")
def call():
    with loaded(DATA) as found:
        found.call("() => Object.assign(globalThis, { reading: ticksReading(data) })")
        yield lambda name, *given: found.call(f"reading.{name}", *given)


def expected_counts(asked):
    """By search, where every level of a choice alone was measured."""
    row = READINGS.index(tuple(asked["levels"]))
    found = dict(zip(ticks_sample.TARGETS, DATA["rows"][row]["counts"], strict=True))
    for name, i in BY_ID.items():
        for entry in DATA["beside"]:
            if (entry["row"], entry["choice"], entry["level"]) == (row, name, asked["alone"][i]):
                found |= entry["counts"]
    return list(found.values())


# ---------------------------------------------------------------- of a reading


def test_every_reading_has_the_counts_the_score_and_the_leak_of_python(call):
    for row, levels in enumerate(READINGS):
        asked = state(levels)
        assert call("rowOf", list(levels)) == row
        assert call("counts", asked) == DATA["rows"][row]["counts"]
        assert call("score", asked) == ticks.score(DATA, row) + "."
        assert call("leak", asked) == ticks._leak(DATA["rows"][row])


def test_a_target_is_met_by_more_than_half_of_the_networks(call):
    found = [call("verdict", k) for k in (None, 0, 10, 11, 20)]
    assert found == ["not measured", "not met", "not met", "met", "met"]
    assert found == [ticks.verdict(k, 20) for k in (None, 0, 10, 11, 20)]


@given(asked=states)
def test_what_is_changed_alone_replaces_the_counts_of_its_targets(call, asked):
    settled = call("settled", asked)["state"]
    assert call("counts", settled) == expected_counts(settled)


def test_a_target_that_was_not_measured_so_is_not_told_from_the_reading(call):
    entry = next(e for e in DATA["beside"] if e["choice"] == "weights" and e["row"] == 0)
    asked = state(weights=entry["level"])
    counts = dict(zip(ticks_sample.TARGETS, call("counts", asked), strict=True))
    assert counts["6b"] == entry["counts"]["6b"]
    data = ticks_sample.data()
    del next(e for e in data["beside"] if e == entry)["counts"]["6b"]
    with loaded(data) as found:
        counts = found.call("(state) => ticksReading(data).counts(state)", asked)
    assert dict(zip(ticks_sample.TARGETS, counts, strict=True))["6b"] is None


@given(asked=states)
def test_changes_are_those_against_the_first_preset(call, asked):
    settled = call("settled", asked)["state"]
    verdicts = [
        [ticks.verdict(k, 20) for k in expected_counts(each)] for each in (state(), settled)
    ]
    expected = [
        {("not met", "met"): "+", ("met", "not met"): "−"}.get(pair, "")
        for pair in zip(*verdicts, strict=True)
    ]
    assert call("changes", settled) == expected
    said = call("against", settled)
    gained, lost = expected.count("+"), expected.count("−")
    words = f"Against “as printed”: {gained} gained, {lost} lost."
    assert said == (words if gained + lost else "")


def test_a_level_that_is_changed_alone_may_contradict_the_text_as_well(call):
    told = "; 3 sentences of the text contradicted."
    assert call("score", state((0, 1, 1, 1, 0, 0))).endswith(told)
    assert call("score", state(tau=1)).endswith("; no sentences of the text contradicted.")
    assert call("score", state(jitter=1)).endswith("; 1 sentence of the text contradicted.")


# ---------------------------------------------------------------- what may be ticked


@given(asked=states)
def test_only_what_was_measured_can_be_ticked(call, asked):
    settled = call("settled", asked)["state"]
    row = READINGS.index(tuple(asked["levels"]))
    assert settled["levels"] == asked["levels"]
    measured = {(e["choice"], e["level"]) for e in DATA["beside"] if e["row"] == row}
    changed = [
        (c, level) for c, level in zip(DATA["alone"], settled["alone"], strict=True) if level
    ]
    assert all((choice["id"], level) in measured for choice, level in changed)
    touched = [name for choice, _ in changed for name in choice["touches"]]
    assert len(touched) == len({*touched})
    for name, i in BY_ID.items():
        others = {t for c, level in changed if c["id"] != name for t in c["touches"]}
        for level in range(1, len(DATA["alone"][i]["levels"])):
            free = not others & {*DATA["alone"][i]["touches"]}
            assert call("may", settled, i, level) == (free and (name, level) in measured)
        assert call("may", settled, i, 0)


@given(asked=states)
def test_what_is_settled_stays_so_and_what_was_dropped_is_named(call, asked):
    found = call("settled", asked)
    assert call("settled", found["state"]) == {"state": found["state"], "dropped": []}
    pairs = zip(DATA["alone"], asked["alone"], found["state"]["alone"], strict=True)
    assert found["dropped"] == [c["name"] for c, before, now in pairs if before != now]


def test_why_something_cannot_be_ticked_is_said(call):
    def reason(asked, name):
        return call("reason", asked, BY_ID[name])

    assert reason(state(), "jitter") == ""
    assert reason(state(jitter=1), "jitter") == ""
    assert reason(state(jitter=1), "tau") == ""
    assert reason(state(jitter=1), "weights") == (
        "Stays as it is while “Jitter” is changed: they were not changed together."
    )
    elsewhere = state((0, 0, 0, 0, 0, 1))
    assert READINGS.index(tuple(elsewhere["levels"])) not in (AS_PRINTED, MOST)
    assert reason(elsewhere, "tau").startswith(
        "Not measured beside this reading, but beside “as printed”, “most targets”"
    )
    assert reason(state(READINGS[MOST]), "weights") == "Not measured beside this reading: binary."


# ---------------------------------------------------------------- the address


@given(asked=states)
def test_an_address_leads_back(call, asked):
    settled = call("settled", asked)["state"]
    hash_ = call("write", settled)
    assert call("isState", hash_)
    assert call("read", hash_) == settled


def test_an_address_says_all_choices_and_of_those_alone_what_is_changed(call):
    assert call("write", state((1, 0, 0, 1, 1, 0), tau=1)) == (
        "#update=in-turn&denominator=sum-of-magnitudes&hears=all&sensors=ENs-only"
        "&inhibition=0.8-times&plotted=activity&tau=i-times-1-ms"
    )


@pytest.mark.parametrize(
    ("hash_", "levels"),
    [
        ("", {}),
        ("#", {}),
        ("#all-readings", {}),
        ("#update", {}),
        ("#update=", {}),
        ("#update=never", {}),
        ("#update=constructor&toString=1&__proto__=x", {}),
        ("#%zz=%&sensors=ENs-only", {3: 1}),
        ("#speed=3&sensors=ENs-only&=&&", {3: 1}),
        ("#sensors=ENs-and-INs&sensors=ENs-only", {3: 1}),
        ("#sensors=ENs-only&jitter=a-walk-of-1-ms", {3: 1}),  # was not measured beside that
    ],
)
def test_what_an_address_cannot_have_is_as_printed(call, hash_, levels):
    found = call("read", hash_)
    assert found == state([levels.get(i, 0) for i in range(6)])


def test_names_of_sections_are_no_state(call):
    for hash_ in ("", "#", "#all-readings", "#updated=in-turn", "#id=update"):
        assert not call("isState", hash_)
    assert call("isState", "#update=never")


def test_presets_are_those_of_the_data(call):
    for preset in DATA["presets"]:
        found = call("preset", preset)
        assert found == {"levels": preset["levels"], "alone": NONE}
    assert call("read", "") == state(DATA["presets"][0]["levels"])
