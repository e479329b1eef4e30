"""Linear theory of runs: stability, and the response to the input."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.spectrum import log_frequencies
from lsm.sweeps import Setting, run
from lsm.theory import spectral_radius
from lsm.weights import Binary
from rongala2021.linear import prediction, stability
from rongala2021.run_measures import spectra
from rongala2021.spectra import Spectrum

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
FREQS = log_frequencies(5.0, 400.0, voices=5)
SPECTRUM = Spectrum(freqs=FREQS)


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


@pytest.mark.parametrize("measure", [stability, partial(prediction, spectrum=SPECTRUM)])
def test_linear_measures_refuse_neurons_updated_in_turn(measure):
    result = run(replace(SMALL, update="in turn"), seed=0)
    with pytest.raises(ValueError, match=r"^update: expected neurons updated together, got"):
        measure(result)
