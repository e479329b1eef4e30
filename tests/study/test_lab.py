"""The knobs in JupyterLab: what turning them changes, without a browser."""

import io
import time
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from rongala2021 import explorer, lab
from rongala2021.explorer import DEFAULTS, KNOBS, PRESETS

#: Presentations of the networks here.
FEW = {"n_presentations": 3}


@pytest.fixture(scope="module")
def opened():
    return lab.knobs(FEW)


@pytest.fixture
def panel(opened, monkeypatch):
    """Knobs as they stand at first."""
    monkeypatch.setattr(lab, "REST", 0.05)
    opened.buttons["reset"].click()
    opened.finish()
    yield opened
    opened.finish()


def told(panel):
    return panel.sentence.value.partition(">")[2].removesuffix("</div>")


def picture(panel):
    return np.asarray(Image.open(io.BytesIO(panel.image.value)))


def test_the_knobs_are_those_of_the_explorer_and_start_at_its_defaults(panel):
    assert list(panel.knobs) == [knob.name for knob in KNOBS]
    assert panel.values == DEFAULTS | {"seed": 2021} | FEW
    assert list(panel.buttons) == [*PRESETS, "reset"]


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_a_knob_has_its_limits_and_unit(panel, knob):
    widget = panel.knobs[knob.name]
    assert knob.label in widget.description
    assert knob.unit in widget.description
    if isinstance(knob.default, bool):
        assert widget.value is knob.default
    elif knob.choices:
        assert [value for _, value in widget.options] == list(knob.choices)
    elif isinstance(knob.default, int):
        assert (widget.min, widget.max, widget.value) == (knob.low, knob.high, knob.default)
        assert widget.continuous_update
    else:
        stops = [value for _, value in widget.options]
        assert (stops[0], stops[-1], widget.value) == (knob.low, knob.high, knob.default)
        gaps = [b / a if knob.log else b - a for a, b in pairwise(stops)]
        assert max(gaps) < (1.2 if knob.log else 1.01 * knob.step)
        assert [float(text) for text, _ in widget.options] == pytest.approx(
            np.multiply(stops, knob.per_unit), rel=0.01
        )
        assert widget.continuous_update


OTHERS = {
    "weights": "lognormal",
    "mean_weight": 0.2,
    "weight_cv": 0.5,
    "k_static": 0.5,
    "tau_dyn": 0.05,
    "delay": 0.004,
    "autapses": True,
    "n_sensors": 9,
    "rate": 90.0,
    "jitter": 0.003,
    "dt": 0.002,
    "network": 3,
    "neuron": "IN7",
}


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.name)
def test_turning_a_knob_changes_the_picture_to_that_of_the_package(panel, knob):
    before, said = picture(panel), told(panel)
    value = OTHERS[knob.name]
    panel.knobs[knob.name].value = value
    panel.finish()
    assert panel.values == DEFAULTS | {"seed": 2021} | FEW | {knob.name: value}
    assert (picture(panel) != before).any()
    found = explorer.views(panel.values, n_presentations=3)
    assert told(panel) == f"{lab.sentence(found)} Seen: all 3 presentations."
    assert (told(panel) == said) == (knob.name == "neuron")


def test_the_sentence_tells_both_forms():
    found = explorer.views(DEFAULTS | FEW, n_presentations=3)
    hf, radius = found["hf"].values, found["radius"].values
    text = lab.sentence(found)
    assert f"HF is {hf[0]:.3g} without leak and {hf[1]:.3g} with it" in text
    assert f"{found['n_active'].values[0]} of 18 neurons are active" in text
    assert f"{radius[0]:.2f} without leak and {radius[1]:.2f} with it" in text


def test_the_sentence_tells_where_the_forms_differ_in_active_neurons_and_where_none_is():
    found = explorer.views(DEFAULTS | FEW, n_presentations=3)
    found["n_active"] = ("form", [13, 11])
    assert "13 of 18 neurons are active without leak and 11 with it" in lab.sentence(found)
    found["hf"] = ("form", [np.nan, np.nan])
    assert lab.sentence(found) == "All neurons are silent."


@pytest.mark.parametrize("label", PRESETS)
def test_a_preset_turns_all_knobs(panel, label):
    panel.knobs["rate"].value = 120.0
    panel.buttons[label].click()
    panel.finish()
    assert panel.values == DEFAULTS | PRESETS[label] | {"seed": 2021} | FEW
    for knob in KNOBS:
        assert panel.knobs[knob.name].value == panel.values[knob.name]


def test_binary_weights_have_no_variation(panel):
    assert not panel.knobs["weight_cv"].disabled
    panel.knobs["weights"].value = "binary"
    assert panel.knobs["weight_cv"].disabled
    panel.buttons["binary 0.2"].click()
    assert panel.knobs["weight_cv"].disabled
    panel.buttons["reset"].click()
    assert not panel.knobs["weight_cv"].disabled


def test_the_first_presentations_come_at_once_and_all_at_rest(monkeypatch):
    panel = lab.knobs({"n_presentations": 12})
    shown, said = [], []
    views = explorer.views

    def noted(values, **how):
        shown.append((values["mean_weight"], how["n_presentations"]))
        said.append(told(panel))
        return views(values, **how)

    monkeypatch.setattr(explorer, "views", noted)
    panel.knobs["mean_weight"].value = 0.3
    panel.finish()
    assert shown == [(0.3, 10), (0.3, 12)]
    assert "Seen: the first 10 of 12 presentations." in said[1]
    assert "Seen: all 12 presentations." in told(panel)


def test_of_what_comes_while_it_draws_only_the_newest_is_drawn(panel, monkeypatch):
    shown = []
    views = explorer.views

    def slow(values, **how):
        shown.append(values["mean_weight"])
        time.sleep(0.2)
        return views(values, **how)

    monkeypatch.setattr(explorer, "views", slow)
    for step in range(11, 61):
        panel.knobs["mean_weight"].value = step / 100
    panel.finish()
    assert shown[-2:] == [0.6, 0.6]
    assert len(shown) <= 4
    monkeypatch.undo()
    found = explorer.views(panel.values, n_presentations=3)
    assert told(panel).startswith(lab.sentence(found))


def test_what_goes_wrong_is_told_in_words_and_the_next_turn_is_shown(panel, monkeypatch):
    before = panel.image.value

    def failing(values, **how):
        raise ValueError("rate: expected a <number>")

    monkeypatch.setattr(explorer, "views", failing)
    panel.knobs["rate"].value = 60.0
    panel.finish()
    assert told(panel) == "<b>Not shown.</b> rate: expected a &lt;number&gt;"
    assert panel.image.value == before
    monkeypatch.undo()
    panel.knobs["rate"].value = 70.0
    panel.finish()
    assert told(panel).startswith("HF is ")


def test_values_that_no_network_has_are_told_in_words():
    panel = lab.knobs(FEW | {"dt": 0.0007})
    assert "Not shown" in told(panel)
    assert "duration: expected a multiple of dt" in told(panel)
    panel.buttons["Figure 4"].click()
    panel.finish()
    assert told(panel).startswith("HF is ")


def test_values_beyond_the_limits_widen_them_and_are_kept_to_the_bit():
    given = {
        "mean_weight": 0.34567,
        "rate": 310.5,
        "k_static": 0.000345678,
        "n_sensors": 60,
        "network": 25,
        "dt": 0.00025,
    }
    panel = lab.knobs(FEW | given)
    assert {name: panel.values[name] for name in given} == given
    assert {name: panel.knobs[name].value for name in given} == given
    assert panel.knobs["n_sensors"].max == 60
    assert panel.knobs["rate"].options[-1] == ("310", 310.5)
    assert panel.knobs["k_static"].options[0] == ("0.000346", 0.000345678)
    panel.buttons["Figure 4"].click()
    panel.buttons["reset"].click()
    panel.finish()
    assert {name: panel.values[name] for name in given} == given


def test_the_seed_is_that_of_the_page(panel):
    other = lab.knobs(FEW | {"seed": 7})
    found = explorer.views(DEFAULTS | FEW, n_presentations=3, seed=7)
    assert lab.sentence(found) in told(other)
    assert told(other) != told(panel)


def test_a_name_that_is_no_knob_is_refused():
    with pytest.raises(ValueError, match=r"^values: expected names among weights, .*got 'colour'$"):
        lab.knobs({"colour": "red"})
