"""What is measured on one run of a network."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy.signal import lfilter

from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.spectrum import log_frequencies, max_power
from lsm.sweeps import Setting, run
from lsm.theory import spectral_radius
from lsm.weights import Binary
from rongala2021.claim_measures import n_excursions
from rongala2021.run_measures import (
    high_frequencies,
    input_power,
    network_power,
    prediction,
    read_out,
    spectra,
    stability,
    transients,
)
from rongala2021.spectra import Spectrum

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
FREQS = log_frequencies(5.0, 400.0, voices=5)
SPECTRUM = Spectrum(freqs=FREQS)


@pytest.mark.parametrize(
    "options", [{}, {"warm_up": 0.2}, {"wavelet": "cmor1.5-1.0"}, {"ends": "zero"}]
)
def test_spectra_are_the_maximum_power_of_activity_and_inputs(options):
    result = run(replace(SMALL, dt=5e-4), seed=0)
    found = spectra(result, spectrum=Spectrum(freqs=FREQS, **options))
    for power, signals in ((found.neurons, result.activity), (found.sensors, result.inputs)):
        expected = max_power(signals, FREQS, dt=5e-4, n_windows=3, **options)
        np.testing.assert_allclose(power, expected, rtol=1e-5)  # float32 inside, by batch
        assert power.shape == (signals.shape[0], FREQS.size, 3)


@pytest.mark.parametrize("warm_up", [0.0, 0.2])
def test_high_frequencies_are_the_measures_of_the_spectrum(warm_up):
    result = run(SMALL, seed=0)
    # No neuron silent in any presentation, and each with a spectrum of its own.
    activity = np.random.default_rng(0).random(result.activity.shape) ** np.arange(1, 7)[:, None]
    result = result._replace(activity=np.cumsum(activity, axis=-1) % 1.0)
    found = high_frequencies(result, spectrum=Spectrum(freqs=FREQS, warm_up=warm_up))
    neurons = max_power(result.activity, FREQS, dt=1e-3, n_windows=3, warm_up=warm_up)
    sensors = max_power(result.inputs, FREQS, dt=1e-3, n_windows=3, warm_up=warm_up)
    low, high = (FREQS >= 4) & (FREQS <= 30), FREQS >= 100

    def ratio(power, source):
        gain = power / source
        return gain[high].mean() / gain[low].mean()

    source = sensors.mean(axis=(0, 2))
    network = neurons.mean(axis=(0, 2))
    close = {"rtol": 1e-4}  # float32 inside, by batch
    np.testing.assert_allclose(found.hf, ratio(network, source), **close)
    for k in range(6):
        np.testing.assert_allclose(
            found.hf_neuron[k], ratio(neurons[k].mean(axis=-1), source), **close
        )
        for p in range(3):
            expected = ratio(neurons[k, :, p], sensors[:, :, p].mean(axis=0))
            np.testing.assert_allclose(found.hf_presentation[k, p], expected, **close)
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
    np.testing.assert_array_equal(found.on_own_scale, n_excursions(spiky, dt=1e-3))
    drive = result.network.w_in @ result.inputs
    np.testing.assert_array_equal(found.of_drive, n_excursions(drive, dt=1e-3))


def test_a_silent_network_has_no_ratio():
    result = run(replace(SMALL, weights=Binary(p=0.0)), seed=0)
    found = high_frequencies(result, spectrum=SPECTRUM)
    assert np.isnan(found.hf)
    assert np.isnan(found.hf_neuron).all()


# Power of whole networks


LATE = replace(SMALL, n_presentations=4, duration=0.3)


def mean_power(signals, setting, **options):
    """Of each signal, one at a time."""
    rows = [
        max_power(x[None], FREQS, dt=setting.dt, n_windows=setting.n_presentations, **options)[0]
        for x in signals
    ]
    return np.mean(rows, axis=(0, 2))


@pytest.mark.parametrize("warm_up", [0.0, 0.1])
def test_the_power_of_a_network_is_the_mean_over_its_neurons_silent_ones_included(warm_up):
    result = run(replace(LATE, dt=5e-4), seed=0)
    activity = result.activity + np.random.default_rng(0).random(result.activity.shape)
    activity[[1, 4]] = 0.0
    result = result._replace(activity=activity)
    found = network_power(result, spectrum=Spectrum(freqs=FREQS, warm_up=warm_up))
    expected = mean_power(activity, result.setting, warm_up=warm_up)
    np.testing.assert_allclose(found.power, expected, rtol=1e-4)  # float32 inside, by batch
    assert found.activity == pytest.approx(activity.mean(), rel=1e-12)
    assert found.variance == pytest.approx(np.mean([x.var() for x in activity]), rel=1e-12)
    assert found.n_silent == 2


@pytest.mark.parametrize("warm_up", [0.0, 0.1])
def test_the_power_of_the_input_is_the_mean_over_its_sensors(warm_up):
    result = run(replace(LATE, dt=5e-4), seed=0)
    found = input_power(result, spectrum=Spectrum(freqs=FREQS, warm_up=warm_up))
    expected = mean_power(result.inputs, result.setting, warm_up=warm_up)
    np.testing.assert_allclose(found.power.mean(axis=-1), expected, rtol=1e-4)
    assert found.power.shape == (FREQS.size, result.setting.n_presentations)


def test_a_silent_network_has_no_power():
    found = network_power(run(replace(SMALL, weights=Binary(p=0.0)), seed=0), spectrum=SPECTRUM)
    assert found.power.shape == FREQS.shape
    assert not found.power.any()
    assert (found.activity, found.variance, found.n_silent) == (0, 0, 6)


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
    found = network_power(result._replace(activity=activity), spectrum=SPECTRUM)
    assert found.n_silent == 3


# Neurons that die


def test_a_neuron_of_which_only_the_start_is_left_has_no_ratio():
    result = run(SMALL, seed=0)
    t = 1e-3 * np.arange(result.activity.shape[1])
    activity = np.random.default_rng(0).random(result.activity.shape)
    activity[2] = 1e-7 * np.exp(-t / 0.01)
    activity[3] = 1e-3 * activity[1]  # weak, but not silent
    found = high_frequencies(result._replace(activity=activity), spectrum=SPECTRUM)
    assert np.isnan(found.hf_neuron).tolist() == [False, False, True, False, False, False]
    assert np.isnan(found.hf_presentation[2]).all()
    assert np.isfinite(found.hf_presentation[[0, 1, 3, 4, 5]]).all()
    assert found.hf_neuron[3] == pytest.approx(found.hf_neuron[1], rel=1e-3)
    np.testing.assert_allclose(found.activity, activity.mean(axis=-1))


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
    spectrum = Spectrum(freqs=[20.0, 60.0])
    found = prediction(result, spectrum=spectrum)
    power = spectra(result, spectrum=spectrum).neurons.mean(axis=(0, 2))
    np.testing.assert_allclose(found.simulated, power, rtol=1e-5)
    np.testing.assert_allclose(found.predicted, power, rtol=0.02)
    source = spectra(result, spectrum=spectrum).sensors.mean(axis=(0, 2))
    np.testing.assert_allclose(found.source, source, rtol=1e-5)


def test_the_predicted_powers_of_independent_sensors_add():
    spectrum = Spectrum(freqs=[20.0])

    def single(which):
        def change(t):
            return 1e-3 * np.cos(2 * np.pi * 20 * t) * np.isin(range(3), which)[:, None]

        return prediction(steady(LINEAR, LEVEL, change), spectrum=spectrum).predicted

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
    expected = n_excursions(spiky, dt=1e-3, scale_of=undamped)
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


def test_transients_of_some_neurons_are_those_of_all_of_them():
    result = run(SMALL, seed=0)
    everything, some = transients(result), transients(result, neurons=[4, 1])
    for a, b in zip(everything, some, strict=True):
        np.testing.assert_array_equal(a[[4, 1]], b)


@pytest.mark.parametrize("measure", [stability, partial(prediction, spectrum=SPECTRUM)])
def test_linear_measures_refuse_neurons_updated_in_turn(measure):
    result = run(replace(SMALL, update="in turn"), seed=0)
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
        measure(result)


# Read-out


def of_sensors(mixing, *, noise=0.0, n_presentations=4):
    """A run whose activity is a mixture of its sensors."""
    setting = replace(SMALL, n_sensors=2, n_presentations=n_presentations)
    result = run(setting, seed=0)
    rng = np.random.default_rng(0)
    activity = np.asarray(mixing) @ result.inputs + 0.3
    return result._replace(activity=activity + noise * rng.normal(size=activity.shape))


def test_sensors_are_read_out_of_a_mixture_that_tells_them_apart():
    result = of_sensors([[1.0, 0.5], [0.2, -1.0], [1.0, 1.0]])
    estimate, explained = read_out(result)
    np.testing.assert_allclose(estimate, result.inputs, atol=1e-10)
    np.testing.assert_allclose(explained, 1.0)
    _, explained = read_out(of_sensors([[1.0, 0.0], [2.0, 0.0]], noise=0.01))
    assert explained[0] > 0.99
    assert abs(explained[1]) < 0.1  # nothing tells of it


def test_a_filter_is_undone_by_one_more_step():
    result = of_sensors(np.eye(2))
    slow = result._replace(activity=lfilter([0.1], [1.0, -0.9], result.inputs, axis=-1))
    now, before = (read_out(slow, n_steps=n)[1] for n in (1, 2))
    assert now.max() < 0.95
    np.testing.assert_allclose(before, 1.0)


def test_a_read_out_is_judged_by_presentations_that_it_did_not_see():
    noise = np.random.default_rng(1).normal(size=(150, 1000))
    result = of_sensors(np.eye(2), n_presentations=2)._replace(activity=noise)
    _, explained = read_out(result)
    assert explained.max() < 0  # 150 signals fit 500 steps of anything, but foretell nothing
    with pytest.raises(ValueError, match=r"^n_presentations: expected at least 2"):
        read_out(of_sensors(np.eye(2), n_presentations=1))
