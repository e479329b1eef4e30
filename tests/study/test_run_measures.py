"""What is measured on one run of a network."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter

from lsm.runs import Setting, run
from lsm.spectrum import log_frequencies, max_power
from lsm.weights import Binary
from rongala2021.run_measures import (
    high_frequencies,
    input_power,
    network_power,
    read_out,
    spectra,
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
