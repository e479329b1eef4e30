"""Other readings of the text: what they change, and that claims are measured as on the pages."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import xarray as xr

from lsm.neurons import LSM, HodgkinHuxley, izhikevich_grid
from lsm.runs import Setting, run
from lsm.spectrum import highest_frequency, log_frequencies
from lsm.weights import Binary, Lognormal, Normal
from rongala2021 import readings
from rongala2021.calibrating import Calibration, by_rule
from rongala2021.controls import open_loop
from rongala2021.grids import changed, grid
from rongala2021.populations import mean_signal, population
from rongala2021.readings import NEURON_READINGS, READINGS, Reading
from rongala2021.run_measures import high_frequencies
from rongala2021.samples import (
    beaten,
    samples_1,
    samples_2,
    samples_3,
    samples_3g,
    samples_4,
    samples_5,
    samples_6,
    samples_7,
    samples_8,
    samples_s1,
    samples_s4,
    samples_s7,
)
from rongala2021.scale import Scale, sweep_grid
from rongala2021.settings import figure_4, figure_5, figure_6, figure_7, figure_8
from rongala2021.single import (
    cutoff,
    drive,
    faithfulness,
    izhikevich_faithfulness,
    membrane_likeness,
    trial,
    variation,
)
from rongala2021.spectra import Spectrum, high_frequency_ratio
from rongala2021.transients import transients

TAU = 0.013
BASE = Setting(neuron=LSM(k_static=0.05), n_presentations=20, duration=0.25, sizes=(3, 2))
FREQS = log_frequencies(2.0, highest_frequency(1e-3), voices=4)
CONDITIONS = readings.NetworkConditions(
    tau_dyn=TAU,
    n_short=2,
    delays=[0, 1e-3, 2e-3, 5e-3],
    rates=(50, 100, 150),
    counts=(6, 8, 10),
    sizes=((2, 1), (3, 2)),
)


def scale(folder, **spectrum):
    each = Spectrum(freqs=FREQS, warm_up=0.05, **spectrum)
    return Scale(seed=3, n_networks=2, spectrum=each, store=folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Results that the tests share."""
    return tmp_path_factory.mktemp("results")


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, samples in expected.items():
        assert found[name] == [pytest.approx(sample, nan_ok=True) for sample in samples], name


# The table


@pytest.mark.parametrize("name", READINGS | NEURON_READINGS)
def test_a_reading_changes_every_setting_it_touches_and_can_be_run(name):
    reading = (READINGS | NEURON_READINGS)[name]
    base = replace(BASE, n_presentations=2, duration=0.1, sizes=(2, 1))
    cases = [
        replace(base, weights=Lognormal(mean=0.3), neuron=LSM(k_static=0.05, tau_dyn=TAU)),
        replace(base, weights=Binary(p=0.5), delay=3e-3),
    ]
    read = [reading(s) for s in cases]
    kept = bool(reading.spectrum or reading.conditions) or name == "as taken"
    assert kept == all(a is b for a, b in zip(read, cases, strict=True))
    before, after = ([run(s, seed=0).activity for s in settings] for settings in (cases, read))
    equal = [a.shape == b.shape and (a == b).all() for a, b in zip(before, after, strict=True)]
    assert all(equal) == kept


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_names_fields_that_there_are(name):
    reading = READINGS[name]
    replace(CONDITIONS, **reading.conditions)
    replace(Spectrum(freqs=FREQS), **reading.spectrum)


def test_figures_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"^figures: expected one of 4, 5, 6, 7, 8, S7, got 'S8'"):
        Reading(figures=("4", "S8"))


# Networks


def expected_of(base, conditions, scale):
    """What the pages would measure with these settings, figure by figure."""
    c, short = conditions, replace(base, n_presentations=conditions.n_short)
    measure = partial(high_frequencies, spectrum=scale.spectrum)
    forms = figure_4(base, c.tau_dyn)
    names = run(base, seed=0).network.names
    count = partial(transients, neurons=[names.index("EN1"), names.index("IN1")])
    held = sweep_grid(count, forms.sel(form="no leak"), scale, draw=open_loop)
    plain = sweep_grid(measure, forms, scale)
    own = sweep_grid(measure, changed(forms, lambda s: replace(s, autapses=True)), scale)
    return {
        "4": samples_4(plain, sweep_grid(count, forms, scale), held),
        "S7": samples_s7(own, plain),
        "5": samples_5(population(figure_5(short, c.tau_dyn), scale)),
        "6": samples_6(population(figure_6(short, c.tau_dyn, c.delays), scale), dt=base.dt),
        "7": samples_7(population(figure_7(short, c.tau_dyn, c.rates, c.counts), scale)),
        "8": samples_8(
            population(figure_8(short, c.tau_dyn, c.sizes, reference=c.reference), scale)
        ),
    }


def test_network_samples_are_measured_as_on_the_pages(folder):
    found = readings.network_samples(BASE, CONDITIONS, scale(folder), READINGS["as taken"])
    expected = expected_of(BASE, CONDITIONS, scale(folder))
    assert list(expected) == list(readings.FIGURES)
    same(found, {name: s for samples in expected.values() for name, s in samples.items()})
    assert {len(samples) for samples in found.values()} == {2}


@pytest.mark.parametrize("figure", readings.FIGURES)
def test_every_part_of_a_figure_is_read_alike(folder, figure):
    """Neurons, spectra and conditions: a change of all three, measured by hand."""

    def change(setting):
        return replace(setting, neuron=replace(setting.neuron, k_static=0.2, solver="euler"))

    reading = Reading(
        change=change,
        spectrum={"ends": "zero"},
        conditions={"reference": (3, 2), "n_short": 3, "tau_dyn": 0.02},
        figures=(figure,),
    )
    found = readings.network_samples(BASE, CONDITIONS, scale(folder), reading)
    conditions = replace(CONDITIONS, reference=(3, 2), n_short=3, tau_dyn=0.02)
    same(found, expected_of(change(BASE), conditions, scale(folder, ends="zero"))[figure])


def test_mean_signals_stand_for_the_networks_of_figure_5_alone(folder):
    reading = Reading(conditions={"draw_5": partial(mean_signal, n_draws=3)}, figures=("5", "7"))
    found = readings.network_samples(BASE, CONDITIONS, scale(folder), reading)
    short = replace(BASE, n_presentations=2)
    drawn = population(
        figure_5(short, TAU),
        scale(folder),
        draw=partial(mean_signal, n_draws=3),
        input_of_draw=True,
    )
    expected = expected_of(BASE, CONDITIONS, scale(folder))
    same(found, samples_5(drawn) | expected["7"])
    assert found["5b"] != expected["5"]["5b"]


@pytest.mark.parametrize("name", ["as taken", "time step 0.25 ms"])
def test_delays_are_searched_up_to_the_band_of_the_step(folder, name):
    reading = replace(READINGS[name], figures=("6",))
    dt = reading(BASE).dt
    base = replace(BASE, dt=dt)
    freqs = log_frequencies(2.0, highest_frequency(dt), voices=4)
    wide = replace(scale(folder), spectrum=Spectrum(freqs=freqs, warm_up=0.05))
    settings = figure_6(replace(base, n_presentations=2), TAU, CONDITIONS.delays)
    found = readings.network_samples(BASE, CONDITIONS, scale(folder), reading)
    same(found, samples_6(population(settings, wide), dt=dt))


def test_the_band_of_the_usual_step_is_left_to_the_last_bit():
    spectrum = Spectrum(freqs=FREQS, ends="zero")
    kept = readings._up_to_the_band_of(1e-3, spectrum)
    np.testing.assert_array_equal(kept.freqs, FREQS)
    assert kept.ends == "zero"


# The static leak within a reading

CONSTANTS = np.geomspace(0.005, 0.2, 4)
# Those that set the static leak themselves are not asked what the rule gives.
ASKED = [name for name, reading in READINGS.items() if reading.same_leak != "sets it itself"]


def of_normal_weights(folder, reading):
    """HF of normal weights of mean 0.4, by hand: the curve that the rule looks at."""
    base = reading(replace(BASE, n_presentations=2))
    draw = reading.conditions.get("draw_5")
    settings = [
        replace(base, weights=Normal(mean=0.4), neuron=replace(base.neuron, k_static=k))
        for k in CONSTANTS
    ]
    drawn = population(
        grid(settings, k_static=CONSTANTS),
        scale(folder, **reading.spectrum),
        draw=draw,
        input_of_draw=draw is not None,
    )
    return high_frequency_ratio(drawn.mean("network")).values


@pytest.mark.parametrize("name", ASKED[1:])
def test_the_rule_is_applied_anew_exactly_where_its_networks_change(folder, name):
    before, after = (of_normal_weights(folder, READINGS[each]) for each in ("as taken", name))
    assert np.array_equal(before, after) == bool(READINGS[name].same_leak)


def test_readings_that_are_not_asked_have_one_static_leak_whatever_the_setting():
    others = READINGS.keys() - ASKED
    assert len(others) == 2
    for name in others:
        read = (READINGS[name](replace(BASE, neuron=LSM(k_static=k))) for k in (0.01, 0.5))
        assert len({setting.neuron.k_static for setting in read}) == 1


@pytest.mark.parametrize(
    "name",
    ["as taken", "neurons updated in turn", "mean signal, each its own input", "ends: zero"],
)
def test_a_calibration_is_the_rule_on_the_curve_of_the_reading(folder, name):
    short = replace(BASE, n_presentations=2)
    found = readings.calibration(short, CONSTANTS, scale(folder), READINGS[name])
    expected = by_rule(CONSTANTS, of_normal_weights(folder, READINGS[name]))
    np.testing.assert_equal(tuple(found), tuple(expected))


def test_another_static_leak_leaves_all_else_of_a_reading():
    reading = READINGS["Euler's method for Eq. 2"]
    other = readings.with_static_leak(reading, 0.3)
    tau = np.linspace(0.01, 0.02, 10)
    setting = replace(BASE, neuron=LSM(k_static=0.05, tau_dyn=tau))
    assert other(setting).neuron.k_static == 0.3
    assert other(setting).neuron.solver == "euler"
    np.testing.assert_array_equal(other(setting).neuron.tau_dyn, tau)
    kept = ("spectrum", "conditions", "figures", "same_leak")
    assert all(getattr(other, each) is getattr(reading, each) for each in kept)


RULES = {
    "as taken": Calibration(0.03, 0.026, 0.035, 3.1),
    "time step 0.5 ms": Calibration(0.005, np.nan, np.nan, 1.6),
}


def test_rows_of_a_rule_are_measured_at_its_constant_and_others_once_alone():
    names = ("as taken", "time step 0.5 ms", "uniform delays")
    found = {name: {"a": [{"x": 1.0}]} for name in names}
    asked = []

    def measure(reading):
        asked.append(reading(BASE))
        return {"a": [{"x": asked[-1].neuron.k_static}]}

    rows = readings.calibrated_anew(found, RULES, measure)
    assert list(rows) == ["as taken", "as taken: 0.03", "time step 0.5 ms: 0.005", names[2]]
    assert [row["a"][0]["x"] for row in rows.values()] == [1.0, 0.03, 0.005, 1.0]
    assert [setting.dt for setting in asked] == [1e-3, 5e-4]


def test_the_static_leaks_are_told_with_where_they_are_from():
    table = readings.leaks(BASE, RULES).set_index("reading")
    assert list(table.index) == list(READINGS)
    assert table.loc["as taken"].tolist() == [0.03, 0.026, 0.035, 3.1, "the rule"]
    unsatisfied = table.loc["time step 0.5 ms"]
    assert unsatisfied["k_static"] == 0.005
    assert unsatisfied["from"] == "none of the scan amplifies: that of the most HF"
    always = readings.leaks(BASE, {"ends: zero": Calibration(0.005, np.nan, np.nan, 7.3)})
    assert "all amplify: that of the most HF" in always["from"].tolist()
    assert table.loc["k_static = 1/23 (A9, layer 1)", "k_static"] == 1 / 23
    assert table.loc["uniform delays", "k_static"] == BASE.neuron.k_static
    assert table.loc["uniform delays", "from"] == "as it was: the rule's networks have no delays"


# The isolated neuron

ALONE = Setting(neuron=LSM(k_static=1.0), n_presentations=4)
NEURON = readings.NeuronConditions(
    tau_dyn=TAU,
    weight=1.0,
    weight_fig3=0.02,
    k_static=[0.01, 1.0, 10.0],
    tau_values=[0.001, 0.1],
    rates=(100, 200, 50, 150),
)


@pytest.fixture(scope="module")
def as_taken(folder):
    return readings.neuron_samples(ALONE, NEURON, scale(folder), NEURON_READINGS["as taken"])


def trials(base, conditions, scale):
    """Faithfulness of the models and of the grid of spiking neurons, over rate and input."""
    c = conditions
    settings = grid([replace(base, rate=rate) for rate in c.rates], rate=c.rates)
    tried = partial(trial, tau_dyn=c.tau_dyn, weight=c.weight_fig3, n_substeps=c.n_substeps)
    follow_all = partial(izhikevich_faithfulness, models=izhikevich_grid(), n_substeps=c.n_substeps)
    drawn = partial(drive, weight=c.weight_fig3)
    return (
        sweep_grid(partial(faithfulness, dt=base.dt), settings, scale, draw=tried, repeats="input"),
        sweep_grid(follow_all, settings, scale, draw=drawn, repeats="input"),
    )


def of_trials(quality, models):
    named = [100, 200, 50]  # what claim 3g names of the rates
    return {
        **samples_3(quality.sel(rate=100)),
        **samples_3g(beaten(quality.sel(rate=named), models.sel(rate=named))),
        **samples_s4(quality),
    }


def test_neuron_samples_are_measured_as_on_the_pages(as_taken, folder):
    driven = [drive(replace(ALONE, rate=100.0), weight=1.0, seed=3, repeat=i) for i in range(2)]
    constants = dict(k_static=NEURON.k_static, tau_dyn=NEURON.tau_values)
    varied = [variation(each, **constants) for each in driven]
    axes = {name: "k_static" for name in ("mean_activity", "cv", "rho")}
    axes |= {name: "tau_dyn" for name in ("cv_leak", "cv_leak_from_rest", "roughness")}
    varied = xr.Dataset(
        {n: (("input", axis), [getattr(v, n) for v in varied]) for n, axis in axes.items()},
        coords=constants,
    )
    membrane = HodgkinHuxley(tau=TAU)
    likeness = [membrane_likeness(each, tau_dyn=TAU, membrane=membrane) for each in driven]
    likeness = {name: [getattr(x, name) for x in likeness] for name in ("r", "rho")}
    expected = {
        **samples_1([cutoff(each, tau_dyn=TAU).frequency for each in driven], TAU),
        **samples_2(varied),
        **samples_s1(likeness),
        **of_trials(*trials(ALONE, NEURON, scale(folder))),
    }
    same(as_taken, expected)


def test_the_step_and_the_conditions_reach_all_models(folder):
    reading = Reading(
        change=lambda s: replace(s, dt=5e-4),
        conditions={"n_substeps": 3, "weight_fig3": 0.03, "tau_dyn": 0.02},
    )
    found = readings.neuron_samples(ALONE, NEURON, scale(folder), reading)
    conditions = replace(NEURON, n_substeps=3, weight_fig3=0.03, tau_dyn=0.02)
    expected = of_trials(*trials(replace(ALONE, dt=5e-4), conditions, scale(folder)))
    same({name: found[name] for name in expected}, expected)


def test_all_neurons_are_compared_with_the_reference_if_any_is(folder):
    """Else the order of two models would hang on what each of them is compared with."""
    reading = NEURON_READINGS["against the reference"]
    found = readings.neuron_samples(ALONE, NEURON, scale(folder), reading)
    each = trials(ALONE, NEURON, scale(folder))
    quality, models = (x.assign(r=x["r_reference"], rho=x["rho_reference"]) for x in each)
    quality = quality.assign(r_constant=quality["r_constant_reference"])
    expected = of_trials(quality, models)
    same({name: found[name] for name in expected}, expected)


def test_without_the_rates_that_claim_3g_names_it_is_not_measured(folder):
    conditions = replace(NEURON, rates=(50, 150, 200))
    found = readings.neuron_samples(ALONE, conditions, scale(folder), READINGS["as taken"])
    assert "3g" not in found
    assert "S4" in found


# What each reading must change, and what it cannot.
TOUCHED = {
    "time step 0.5 ms": ("1c", "2b", "3b", "S1"),
    "time step 0.25 ms": ("1c", "2b", "3b", "S1"),
    "time step 0.1 ms": ("1c", "2b", "3b", "S1"),
    "Euler's method for Eq. 2": ("1c", "3b", "S1"),
    "Gaussian jitter": ("2b", "3a", "S1"),
    "k_static = 1/6 (A9)": ("3d", "S1"),
    "Izhikevich in steps of 0.5 ms": ("3c", "3e", "S4"),
    "Izhikevich's own scheme": ("3c", "3e", "S4"),
    "weights 0.1 in Fig. 3": ("3c", "3e", "S4"),
    "weights 0.001 in Fig. 3": ("3c", "3e"),
    "against the reference": ("3c", "3d", "S4"),
}
KEPT = {
    "Euler's method for Eq. 2": ("2a", "2b", "3e"),
    "Izhikevich in steps of 0.5 ms": ("1c", "2a", "2b", "2c", "3a", "3b", "3d", "S1"),
    "Izhikevich's own scheme": ("1c", "2a", "2b", "2c", "3a", "3b", "3d", "S1"),
    "weights 0.1 in Fig. 3": ("1c", "2a", "2b", "2c", "S1"),
    "weights 0.001 in Fig. 3": ("1c", "2a", "2b", "2c", "S1"),
    "against the reference": ("1c", "2a", "2b", "2c", "3a", "3b", "3e", "S1"),
}


@pytest.mark.parametrize("name", TOUCHED)
def test_a_reading_of_the_neuron_changes_what_it_touches_alone(as_taken, folder, name):
    after = readings.neuron_samples(ALONE, NEURON, scale(folder), NEURON_READINGS[name])
    assert list(NEURON_READINGS) == ["as taken", *TOUCHED]
    assert [claim for claim in TOUCHED[name] if after[claim] == as_taken[claim]] == []
    assert [claim for claim in KEPT.get(name, ()) if after[claim] != as_taken[claim]] == []


def test_outputs_are_compared_with_input_or_reference_alone():
    with pytest.raises(ValueError, match=r"^against: expected one of input, reference"):
        replace(NEURON, against="mean")
