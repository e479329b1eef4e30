"""What is measured on runs of networks, and on populations of them."""

from dataclasses import replace

import numpy as np
import pytest

from lsm import measures
from lsm.network import Binary
from lsm.population import high_frequencies, spectrum, transients
from lsm.spectrum import log_frequencies, max_power
from lsm.sweeps import Setting, run

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
