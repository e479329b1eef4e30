"""What is measured on runs of networks, and on populations of them."""

from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest

from lsm import measures
from lsm.dynamics import simulate
from lsm.network import Binary
from lsm.neurons import LSM
from lsm.population import (
    extended,
    filtered,
    high_frequencies,
    input_power,
    network_power,
    open_loop,
    population,
    prediction,
    spectrum,
    stability,
    transients,
)
from lsm.spectrum import log_frequencies, max_power
from lsm.sweeps import Setting, run, sweep
from lsm.theory import spectral_radius
from tests.settings import OTHERS

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
FREQS = log_frequencies(5.0, 400.0, voices=5)


@pytest.mark.parametrize("options", [{}, {"skip": 0.2}, {"wavelet": "cmor1.5-1.0"}])
def test_spectrum_is_the_maximum_power_of_activity_and_inputs(options):
    result = run(replace(SMALL, dt=5e-4), seed=0)
    found = spectrum(result, FREQS, **options)
    for power, signals in ((found.neurons, result.activity), (found.sensors, result.inputs)):
        expected = max_power(signals, FREQS, dt=5e-4, n_windows=3, **options)
        np.testing.assert_allclose(power, expected, rtol=1e-5)  # float32 inside, by batch
        assert power.shape == (signals.shape[0], FREQS.size, 3)


@pytest.mark.parametrize("skip", [0.0, 0.2])
def test_high_frequencies_are_the_measures_of_the_spectrum(skip):
    result = run(SMALL, seed=0)
    # No neuron silent in any presentation, and each with a spectrum of its own.
    activity = np.random.default_rng(0).random(result.activity.shape) ** np.arange(1, 7)[:, None]
    result = result._replace(activity=np.cumsum(activity, axis=-1) % 1.0)
    found = high_frequencies(result, FREQS, skip=skip)
    neurons = max_power(result.activity, FREQS, dt=1e-3, n_windows=3, skip=skip)
    sensors = max_power(result.inputs, FREQS, dt=1e-3, n_windows=3, skip=skip)
    low, high = (FREQS >= 4) & (FREQS <= 30), FREQS >= 100

    def ratio(power, source):
        gain = power / source
        return gain[high].mean() / gain[low].mean()

    source = sensors.mean(axis=(0, 2))
    network = neurons.mean(axis=(0, 2))
    close = {"rtol": 1e-4}  # float32 inside, by batch
    np.testing.assert_allclose(found.network, ratio(network, source), **close)
    for k in range(6):
        np.testing.assert_allclose(
            found.neurons[k], ratio(neurons[k].mean(axis=-1), source), **close
        )
        for p in range(3):
            expected = ratio(neurons[k, :, p], sensors[:, :, p].mean(axis=0))
            np.testing.assert_allclose(found.presentations[k, p], expected, **close)
    gain = network / source
    np.testing.assert_allclose(found.gain, gain / gain[low].mean(), **close)
    np.testing.assert_allclose(found.power, network, **close)


def test_transients_are_those_of_the_activity_and_of_its_drive():
    result = run(SMALL, seed=0)
    spiky = result.activity.copy()
    spiky[:, 700] += 1.0  # a transient for certain
    result = result._replace(activity=spiky)
    found = transients(result)
    assert (found.excursions > 0).all()
    np.testing.assert_array_equal(found.on_own_scale, measures.n_excursions(spiky, dt=1e-3))
    drive = result.network.w_in @ result.inputs
    np.testing.assert_array_equal(found.of_drive, measures.n_excursions(drive, dt=1e-3))


def test_a_silent_network_has_no_ratio():
    result = run(replace(SMALL, weights=Binary(p=0.0)), seed=0)
    found = high_frequencies(result, FREQS)
    assert np.isnan(found.network)
    assert np.isnan(found.neurons).all()


# Populations


LATE = replace(SMALL, n_presentations=4, duration=0.3)


def mean_power(signals, setting, **options):
    """Of each signal, one at a time."""
    rows = [
        max_power(x[None], FREQS, dt=setting.dt, n_windows=setting.n_presentations, **options)[0]
        for x in signals
    ]
    return np.mean(rows, axis=(0, 2))


@pytest.mark.parametrize("skip", [0.0, 0.1])
def test_the_power_of_a_network_is_the_mean_over_its_neurons_silent_ones_included(skip):
    result = run(replace(LATE, dt=5e-4), seed=0)
    activity = result.activity + np.random.default_rng(0).random(result.activity.shape)
    activity[[1, 4]] = 0.0
    result = result._replace(activity=activity)
    found = network_power(result, freqs=FREQS, skip=skip)
    expected = mean_power(activity, result.setting, skip=skip)
    np.testing.assert_allclose(found.power, expected, rtol=1e-4)  # float32 inside, by batch
    assert found.mean == pytest.approx(activity.mean(), rel=1e-12)
    assert found.variance == pytest.approx(np.mean([x.var() for x in activity]), rel=1e-12)
    assert found.n_silent == 2


@pytest.mark.parametrize("skip", [0.0, 0.1])
def test_the_power_of_the_input_is_the_mean_over_its_sensors(skip):
    result = run(replace(LATE, dt=5e-4), seed=0)
    found = input_power(result, freqs=FREQS, skip=skip)
    expected = mean_power(result.inputs, result.setting, skip=skip)
    np.testing.assert_allclose(found.power.mean(axis=-1), expected, rtol=1e-4)
    assert found.power.shape == (FREQS.size, result.setting.n_presentations)


def test_a_silent_network_has_no_power():
    found = network_power(run(replace(SMALL, weights=Binary(p=0.0)), seed=0), freqs=FREQS)
    assert found.power.shape == FREQS.shape
    assert not found.power.any()
    assert (found.mean, found.variance, found.n_silent) == (0, 0, 6)


@pytest.mark.parametrize("n_presentations", [1, 4])
def test_a_neuron_is_silent_if_it_stays_below_a_millionth_after_the_first_presentation(
    n_presentations,
):
    result = run(replace(LATE, n_presentations=n_presentations), seed=0)
    activity = np.zeros_like(result.activity)
    n_first = 300 if n_presentations > 1 else 0
    activity[0, n_first:] = 0.9e-6
    activity[1, n_first:] = 1.1e-6
    activity[2, n_first] = 1.1e-6  # at once after it
    activity[3, -1] = 0.5
    activity[4, :n_first] = 0.5
    found = network_power(result._replace(activity=activity), freqs=FREQS)
    assert found.n_silent == 3


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"autapses": True},
        {"neuron": LSM(k_static=0.05, tau_dyn=0.01, solver="euler")},
        {"weights": Binary(p=0.5), "count_zero": False, "neuron": LSM(k_static=0.1, shunting=-1.0)},
        {"neuron": LSM(k_static=0.05, tau_dyn=np.linspace(2e-3, 0.02, 6), solver="euler")},
    ],
)
def test_in_an_open_loop_each_neuron_sees_the_mean_of_the_others(changes):
    setting = replace(LATE, **changes)
    full = run(setting, seed=1, repeat=2)
    found = open_loop(setting, seed=1, repeat=2)
    np.testing.assert_array_equal(found.network.w_rec, full.network.w_rec)
    means = full.activity.mean(axis=1)
    w, neuron = full.network.w_rec, setting.neuron
    excitation = full.network.w_in @ full.inputs + (np.maximum(w, 0) @ means)[:, None]
    inhibition = (np.maximum(-w, 0) @ means)[:, None]
    static = neuron.k_static * full.network.n_synapses[:, None]
    opened = static + excitation + neuron.shunting * inhibition
    net = excitation - inhibition
    expected = np.divide(net, opened, out=np.zeros_like(net), where=net > 0)
    if np.any(neuron.tau_dyn):
        undamped, share = expected, setting.dt / np.asarray(neuron.tau_dyn)
        expected = np.zeros_like(undamped)
        for t in range(undamped.shape[1]):
            before = expected[:, t - 1] if t else 0.0
            expected[:, t] = before + share * (undamped[:, t] - before)
    np.testing.assert_allclose(found.activity, expected, atol=1e-12)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"autapses": True, "neuron": LSM(k_static=0.05, tau_dyn=0.01)},
        {"delay": 4e-3, "neuron": LSM(k_static=0.05, tau_dyn=np.linspace(0.0, 0.02, 6))},
        {"weights": Binary(p=0.5), "count_zero": False},
        {"delay": 10.0},  # nothing ever arrives
    ],
)
def test_passages_lead_to_the_network_itself(changes):
    """A signal cannot have passed more synapses than there were steps: so the first ones agree."""
    setting = replace(LATE, **changes)
    network = run(setting, seed=1, repeat=1).activity
    for n in (1, 7, 30):
        found = open_loop(setting, n_passages=n, seed=1, repeat=1).activity
        np.testing.assert_allclose(found[:, :n], network[:, :n], atol=1e-12)


def test_neurons_updated_in_turn_have_no_passages():
    setting = replace(LATE, update="in turn")
    assert open_loop(setting, seed=0).activity.any()
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
        open_loop(setting, n_passages=1, seed=0)


OF_INPUT = {
    *("n_sensors", "rate", "n_presentations", "duration", "jitter"),
    *("law", "kernel", "dt", "stream"),
}


def test_a_population_is_each_of_its_networks_under_its_own_input():
    assert list(OTHERS) == [field.name for field in fields(Setting)]
    freqs = FREQS[FREQS < 300]
    settings = [LATE, *(replace(LATE, **{name: value}) for name, value in OTHERS.items())]
    found = population(settings, freqs, seed=2, n_repeats=2, skip=0.1, n_workers=2)
    assert found.power.shape == found.input.shape == (len(settings), 2, freqs.size)
    assert found.mean.shape == found.variance.shape == found.n_silent.shape == (len(settings), 2)
    for i, setting in enumerate(settings):
        for repeat in range(2):
            result = run(setting, seed=2, repeat=repeat)
            of_network = network_power(result, freqs=freqs, skip=0.1)
            of_input = input_power(result, freqs=freqs, skip=0.1)
            for name in ("power", "mean", "variance", "n_silent"):
                np.testing.assert_array_equal(
                    getattr(found, name)[i, repeat], getattr(of_network, name)
                )
            np.testing.assert_array_equal(found.input[i, repeat], of_input.power.mean(axis=-1))


def test_an_input_that_networks_share_is_measured_once(monkeypatch, tmp_path):
    asked = []

    def watched(measure, settings, **options):
        asked.append((measure.func, settings))
        return sweep(measure, settings, **options)

    monkeypatch.setattr("lsm.population.sweep", watched)
    settings = [replace(LATE, **{name: value}) for name, value in OTHERS.items()]
    found = population(settings, [5.0, 20.0], seed=0, n_repeats=1, cache=tmp_path)
    (measured,) = [given for function, given in asked if function is input_power]
    assert len(measured) == len(OF_INPUT) + 1  # each field that matters to it, and all the others
    shared = [found.input[i] for i, name in enumerate(OTHERS) if name not in OF_INPUT]
    assert all((other == shared[0]).all() for other in shared)
    # Kept on disk under the name of the input alone.
    assert len(list(tmp_path.rglob("*.npz"))) == len(settings) + len(measured)


def test_a_population_from_disk_is_the_same(tmp_path):
    settings = [LATE, replace(LATE, neuron=LSM(tau_dyn=np.linspace(0, 0.02, 6)))]
    rows = [
        population(settings, [5.0, 20.0], seed=0, n_repeats=3, cache=cache, n_workers=n_workers)
        for cache, n_workers in ((None, 1), (tmp_path, 2), (tmp_path, 1))
    ]
    for found in rows[1:]:
        for got, expected in zip(found, rows[0], strict=True):
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == expected.dtype


# Neurons that die


def test_a_neuron_of_which_only_the_start_is_left_has_no_ratio():
    result = run(SMALL, seed=0)
    t = 1e-3 * np.arange(result.activity.shape[1])
    activity = np.random.default_rng(0).random(result.activity.shape)
    activity[2] = 1e-7 * np.exp(-t / 0.01)
    activity[3] = 1e-3 * activity[1]  # weak, but not silent
    found = high_frequencies(result._replace(activity=activity), FREQS)
    assert np.isnan(found.neurons).tolist() == [False, False, True, False, False, False]
    assert np.isnan(found.presentations[2]).all()
    assert np.isfinite(found.presentations[[0, 1, 3, 4, 5]]).all()
    assert found.neurons[3] == pytest.approx(found.neurons[1], rel=1e-3)
    np.testing.assert_allclose(found.mean, activity.mean(axis=-1))


# Linear theory of runs


def steady(setting, level, change, *, n_before=1000):
    """A run under a constant input and a small change of it, its start left out."""
    drawn = run(setting, seed=0)
    n_steps = drawn.inputs.shape[1]
    inputs = np.repeat(level[:, None], n_before + n_steps, axis=1)
    inputs += change(setting.dt * np.arange(n_before + n_steps))
    activity = simulate(drawn.network, inputs, setting.neuron, dt=setting.dt)
    return drawn._replace(inputs=inputs[:, n_before:], activity=activity[:, n_before:])


LEVEL = np.array([0.5, 0.8, 1.0])
LINEAR = replace(SMALL, n_presentations=4, duration=1.0, neuron=LSM(k_static=0.2, tau_dyn=5e-3))


@pytest.mark.parametrize("delay", [0.0, 4e-3])
def test_the_power_of_small_oscillations_is_the_predicted_one(delay):
    def change(t):
        rows = [np.cos(2 * np.pi * 20 * t), np.cos(2 * np.pi * 60 * t), 0 * t]
        return 1e-3 * np.array(rows) * [[1], [3], [1]]

    result = steady(replace(LINEAR, delay=delay), LEVEL, change)
    found = prediction(result, freqs=[20.0, 60.0])
    power = spectrum(result, [20.0, 60.0]).neurons.mean(axis=(0, 2))
    np.testing.assert_allclose(found.simulated, power, rtol=1e-5)
    np.testing.assert_allclose(found.predicted, power, rtol=0.02)
    source = spectrum(result, [20.0, 60.0]).sensors.mean(axis=(0, 2))
    np.testing.assert_allclose(found.source, source, rtol=1e-5)


def test_the_predicted_powers_of_independent_sensors_add():
    def single(which):
        def change(t):
            return 1e-3 * np.cos(2 * np.pi * 20 * t) * np.isin(range(3), which)[:, None]

        return prediction(steady(LINEAR, LEVEL, change), freqs=[20.0]).predicted

    assert single([0, 1]) == pytest.approx(single([0]) + single([1]), rel=1e-3)


def test_a_run_at_rest_is_as_stable_throughout_as_at_its_mean():
    result = steady(LINEAR, LEVEL, lambda t: 0 * t)
    found = stability(result)
    args = (result.network, LINEAR.neuron, LEVEL, result.activity[:, 0])
    assert found.at_mean == pytest.approx(spectral_radius(*args, dt=1e-3), rel=1e-9)
    assert found.largest == pytest.approx(found.at_mean, rel=1e-9)


def test_stability_is_the_largest_at_the_mean_and_at_instants_up_to_the_end():
    result = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=5e-3), delay=2e-3), seed=0)
    n_steps = result.inputs.shape[1]

    def radius(sensors, activity):
        return spectral_radius(result.network, result.setting.neuron, sensors, activity, dt=1e-3)

    at_mean = radius(result.inputs.mean(axis=1), result.activity.mean(axis=1))
    instants = [
        radius(result.inputs[:, t], result.activity[:, t - 1])
        for t in ((n_steps - 1) * i // 5 for i in range(1, 6))
    ]
    found = stability(result, n_instants=5)
    assert found.at_mean == pytest.approx(at_mean, rel=1e-9)
    assert found.largest == pytest.approx(max(at_mean, *instants), rel=1e-9)
    assert stability(result, n_instants=0)[:2] == (found.at_mean, found.at_mean)
    assert stability(result, n_instants=200).largest > at_mean
    # Weak input to a network at rest is answered most steeply: the last step decides.
    inputs, activity = result.inputs.copy(), result.activity.copy()
    inputs[:, -1], activity[:, -2] = 1e-3, 0.0
    last = radius(inputs[:, -1], activity[:, -2])
    weak = stability(result._replace(inputs=inputs, activity=activity), n_instants=1)
    assert weak.largest == pytest.approx(last, rel=1e-9)
    assert weak.largest > weak.at_mean


# Transients


def test_a_transient_counts_where_the_neuron_s_own_input_has_none_near():
    neuron = LSM(k_static=0.01, tau_dyn=0.02)
    setting = replace(SMALL, neuron=neuron, n_presentations=4, sizes=(3, 3))
    drawn = run(setting, seed=0)
    weaker = np.where(drawn.network.sign > 0, 1.0, 0.2)  # so that layer 2 is not silenced
    drawn = drawn._replace(network=replace(drawn.network, w_rec=weaker * drawn.network.w_rec))
    rng = np.random.default_rng(0)
    inputs = 1.0 + 0.01 * rng.normal(size=(3, 2000))
    inputs[:, [400, 1000]] += 0.2
    undamped = simulate(drawn.network, inputs, replace(setting.neuron, tau_dyn=0.0), dt=1e-3)
    scale = 1.4826 * np.median(np.abs(undamped - np.median(undamped, axis=1)[:, None]), axis=1)
    activity = 1.0 + scale[:, None] * rng.normal(size=undamped.shape)
    # Near the first excursion of the input, far from the second one, and a pair 6 ms apart.
    activity[:, [405, 1030, 1500, 1506]] += 20 * scale[:, None]
    found = transients(drawn._replace(inputs=inputs, activity=activity))
    active = scale > 1e-6
    layer = drawn.network.layer
    assert active[layer == 1].any()
    assert active[layer == 2].any()
    assert (found.of_drive[layer == 1] == 2).all()
    assert (found.of_drive[layer == 2] == 0).all()
    assert (found.without_counterpart[active & (layer == 1)] == 2).all()
    assert (found.without_counterpart[active & (layer == 2)] == 3).all()
    assert (found.excursions[active] >= 4).all()


@pytest.mark.parametrize("change", [{}, {"update": "in turn"}, {"delay": 3e-3}])
def test_the_scale_of_transients_is_that_of_the_same_run_without_leak(change):
    setting = replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=0.02, shunting=0.5), **change)
    result = run(setting, seed=0)
    undamped = run(replace(setting, neuron=LSM(k_static=0.05, shunting=0.5)), seed=0).activity
    spiky = result.activity.copy()
    spiky[:, ::50] += np.geomspace(1e-3, 1.0, spiky[:, ::50].shape[1])
    found = transients(result._replace(activity=spiky))
    expected = measures.n_excursions(spiky, dt=1e-3, scale_of=undamped)
    np.testing.assert_array_equal(found.excursions, expected)
    assert (found.excursions != found.on_own_scale).any()


def test_a_perturbation_is_forgotten_by_a_stable_network_and_not_by_a_memory():
    stable = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=5e-3)), seed=0)
    assert stability(stable).remainder < 1e-12
    slow = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=10.0)), seed=0)
    left = stability(slow).remainder
    assert 0.5 < left < 1  # 1.3 s of a time constant of 10 s
    silent = run(replace(SMALL, weights=Binary(p=0.0)), seed=0)
    assert np.isnan(stability(silent).remainder)


def test_a_network_moves_under_constant_input_only_if_it_oscillates_by_itself():
    # Without shunting by inhibition the output can answer more steeply than by 1, and turns about.
    steep = replace(SMALL, neuron=LSM(k_static=1e-3, shunting=-1.0), autapses=True)
    assert stability(run(steep, seed=1)).motion > 0.1
    still = run(replace(SMALL, neuron=LSM(k_static=0.05)), seed=0)
    assert np.ptp(still.activity[:, -100:], axis=1).max() > 0.1  # its input is not constant
    assert stability(still).motion < 1e-9


@pytest.mark.parametrize("solver", ["exact", "euler"])
def test_activity_filtered_afterwards_is_smoothed_as_by_the_leak(solver):
    setting = replace(SMALL, neuron=LSM(k_static=0.05, solver=solver))
    plain = run(setting, seed=2, repeat=1)
    found = filtered(setting, tau_dyn=4e-3, seed=2, repeat=1)
    share = 1 - np.exp(-0.25) if solver == "exact" else 0.25
    expected, state = np.empty_like(plain.activity), 0.0
    for t, x in enumerate(plain.activity.T):
        state = state + share * (x - state)
        expected[:, t] = state
    np.testing.assert_allclose(found.activity, expected, atol=1e-12)
    np.testing.assert_array_equal(found.inputs, plain.inputs)
    same = filtered(setting, tau_dyn=0.0, seed=2, repeat=1)
    np.testing.assert_allclose(same.activity, plain.activity)


def test_further_networks_follow_those_drawn():
    options = dict(seed=3, skip=0.1)
    drawn = population([SMALL], FREQS, n_repeats=2, **options)
    short = population([replace(SMALL, n_presentations=2)], FREQS, n_repeats=4, **options)
    found = extended(drawn, short)
    for name in found._fields:
        both = getattr(found, name)
        np.testing.assert_array_equal(both[:, :2], getattr(drawn, name))
        np.testing.assert_array_equal(both[:, 2:], getattr(short, name)[:, 2:])


def test_another_wavelet_or_end_reaches_the_transform():
    plain = population([SMALL], FREQS, seed=0, n_repeats=1)
    for change in ({"wavelet": "cmor1.5-1.0"}, {"ends": "zero"}):
        found = population([SMALL], FREQS, seed=0, n_repeats=1, **change)
        result = run(SMALL, seed=0)
        expected = max_power(result.inputs, FREQS, dt=1e-3, n_windows=3, **change)
        np.testing.assert_allclose(found.input[0, 0], expected.mean(axis=(0, 2)), rtol=1e-6)
        assert (found.power != plain.power).any()


def test_transients_of_some_neurons_are_those_of_all_of_them():
    result = run(SMALL, seed=0)
    everything, some = transients(result), transients(result, neurons=[4, 1])
    for a, b in zip(everything, some, strict=True):
        np.testing.assert_array_equal(a[[4, 1]], b)


def test_fewer_further_networks_than_drawn_are_refused():
    drawn, further = (population([SMALL], FREQS, seed=0, n_repeats=n) for n in (2, 1))
    with pytest.raises(ValueError, match=r"^further: expected at least 2 repeats, as drawn, got 1"):
        extended(drawn, further)


@pytest.mark.parametrize("measure", [stability, partial(prediction, freqs=FREQS)])
def test_linear_measures_refuse_neurons_updated_in_turn(measure):
    result = run(replace(SMALL, update="in turn"), seed=0)
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
        measure(result)
