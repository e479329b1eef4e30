"""Linear theory of runs: stability, and the response to the input."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from lsm.dynamics import simulate
from lsm.neurons import LSM
from lsm.runs import Setting, run
from lsm.spectrum import log_frequencies
from lsm.theory import jacobian, spectral_radius
from lsm.weights import Binary, Normal
from rongala2021.linear import linear_activity, prediction, stability
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


def test_sensors_are_added_with_their_phases():
    spectrum = Spectrum(freqs=[20.0])

    def predicted(*phases):
        def change(t):
            return 1e-3 * np.array([np.cos(2 * np.pi * 20 * t + p) for p in phases])

        alike = replace(LINEAR, weights=Normal(mean=0.3, cv=0.0))
        result = steady(alike, np.full(3, 0.7), change)
        return prediction(result, spectrum=spectrum).predicted[0]

    one = predicted(0, np.pi / 2, -np.pi / 2)  # the other two cancel
    assert predicted(0, 0, 0) == pytest.approx(9 * one, rel=1e-3)
    assert predicted(0, 2 * np.pi / 3, -2 * np.pi / 3) < 1e-6 * one


def test_the_maximum_of_a_sum_is_not_the_sum_of_maxima():
    """Sensors that swing one after the other: their largest power is that of one."""
    spectrum = Spectrum(freqs=[40.0])

    def predicted(*starts):
        def change(t):
            late = t - 1.0 - np.array(starts)[:, None]
            return 1e-3 * np.cos(2 * np.pi * 40 * t) * np.exp(-((late / 0.08) ** 2))

        alike = replace(LINEAR, weights=Normal(mean=0.3, cv=0.0), n_presentations=1, duration=2.0)
        return prediction(steady(alike, np.full(3, 0.7), change), spectrum=spectrum).predicted[0]

    together, apart = predicted(1.0, 1.0, 1.0), predicted(0.5, 1.0, 1.5)
    assert together == pytest.approx(9 * apart, rel=0.02)


def stepped(result):
    """Activity of the linear network that a run becomes at its mean, step by step from there."""
    network, neuron, dt = result.network, result.setting.neuron, result.setting.dt
    level, mean = result.inputs.mean(axis=1), result.activity.mean(axis=1)
    by_neurons, by_sensors = jacobian(network, neuron, level, mean)
    share = -np.expm1(-dt / neuron.tau_dyn)
    lags = 1 + np.rint(network.delays / dt).astype(int)
    swings = result.inputs - level[:, None]
    found = np.zeros_like(result.activity)
    # Twice over the record, which counts as periodic.
    for t in [*range(swings.shape[1]), *range(swings.shape[1])]:
        heard = found[np.arange(len(mean)), t - lags]
        drive = (by_neurons * heard).sum(axis=1) + by_sensors @ swings[:, t]
        found[:, t] = found[:, t - 1] + share * (drive - found[:, t - 1])
    return found


@pytest.mark.parametrize("delay", [0.0, 4e-3])
def test_the_prediction_is_the_power_of_the_linear_network_run_step_by_step(delay):
    """With swings of the input so large that the network itself is far from linear."""
    neuron = LSM(k_static=0.05, tau_dyn=5e-3)
    result = run(replace(SMALL, neuron=neuron, delay=delay), seed=1)
    found = prediction(result, spectrum=SPECTRUM)
    power = SPECTRUM.max_power(stepped(result), dt=1e-3, n_windows=3).mean(axis=(0, 2))
    np.testing.assert_allclose(found.predicted, power, rtol=1e-3)
    assert np.abs(found.predicted / found.simulated - 1).max() > 0.1


def test_a_run_at_rest_is_as_stable_throughout_as_at_its_mean():
    result = steady(LINEAR, LEVEL, lambda t: 0 * t)
    found = stability(result)
    args = (result.network, LINEAR.neuron, LEVEL, result.activity[:, 0])
    assert found.at_mean == pytest.approx(spectral_radius(*args, dt=1e-3), rel=1e-9)
    np.testing.assert_allclose(found.at_instants, found.at_mean, rtol=1e-9)


@pytest.mark.parametrize("delay", [0.0, 2e-3])
@pytest.mark.parametrize("solver", ["exact", "euler"])
def test_stability_is_that_of_the_mean_and_of_instants_up_to_the_end(delay, solver):
    taus = np.linspace(0.0, 5e-3, 6)
    neuron = LSM(k_static=0.05, tau_dyn=taus, solver=solver)
    result = run(replace(SMALL, neuron=neuron, delay=delay), seed=0)
    n_steps = result.inputs.shape[1]

    def radius(sensors, activity):
        return spectral_radius(result.network, neuron, sensors, activity, dt=1e-3)

    at_mean = radius(result.inputs.mean(axis=1), result.activity.mean(axis=1))
    instants = [
        radius(result.inputs[:, t], result.activity[:, t - 1])
        for t in ((n_steps - 1) * i // 5 for i in range(1, 6))
    ]
    found = stability(result, n_instants=5)
    assert found.at_mean == pytest.approx(at_mean, rel=1e-9)
    np.testing.assert_allclose(found.at_instants, instants, rtol=1e-9)
    alone = stability(result, n_instants=0)
    assert (alone.at_mean, alone.at_instants.size) == (found.at_mean, 0)
    # Weak input to a network at rest is answered most steeply: the last step decides.
    inputs, activity = result.inputs.copy(), result.activity.copy()
    inputs[:, -1], activity[:, -2] = 1e-3, 0.0
    weak = stability(result._replace(inputs=inputs, activity=activity), n_instants=1)
    np.testing.assert_allclose(weak.at_instants, radius(inputs[:, -1], activity[:, -2]), rtol=1e-9)
    assert weak.at_instants > max(weak.at_mean, *instants)


def test_a_perturbation_is_forgotten_by_a_stable_network_and_not_by_a_memory():
    stable = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=5e-3)), seed=0)
    assert stability(stable).remainder < 1e-12
    slow = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=10.0)), seed=0)
    left = stability(slow).remainder
    assert 0.5 < left < 1  # 1.3 s of a time constant of 10 s
    silent = run(replace(SMALL, weights=Binary(p=0.0)), seed=0)
    assert stability(silent).remainder == 0


def test_a_silent_network_that_a_touch_wakes_is_not_stable():
    """No sensor reaches it, and two of its neurons excite each other."""
    found = run(replace(SMALL, neuron=LSM(k_static=0.05, tau_dyn=5e-3)), seed=0)
    w_rec = np.zeros_like(found.network.w_rec)
    w_rec[0, 1] = w_rec[1, 0] = 1.0
    network = replace(found.network, w_in=0 * found.network.w_in, w_rec=w_rec)
    silent = found._replace(network=network, activity=0 * found.activity)
    assert stability(silent).at_mean > 1
    assert stability(silent).remainder > 0.5


def test_a_network_moves_under_constant_input_only_if_it_oscillates_by_itself():
    # Without shunting by inhibition the output can answer more steeply than by 1, and turns about.
    steep = replace(SMALL, neuron=LSM(k_static=1e-3, shunting=-1.0), autapses=True)
    assert stability(run(steep, seed=1)).motion > 0.1
    still = run(replace(SMALL, neuron=LSM(k_static=0.05)), seed=0)
    assert np.ptp(still.activity[:, -100:], axis=1).max() > 0.1  # its input is not constant
    assert stability(still).motion < 1e-9


@pytest.mark.parametrize("measure", [stability, partial(prediction, spectrum=SPECTRUM)])
def test_linear_measures_refuse_neurons_that_are_not_updated_together(measure):
    for update in ("in turn", "layer by layer"):
        result = run(replace(SMALL, update=update), seed=0)
        expected = rf"^update: expected neurons updated together, got '{update}'"
        with pytest.raises(ValueError, match=expected):
            measure(result)


@pytest.mark.parametrize("measured", [stability, linear_activity])
def test_the_linear_network_is_of_what_neurons_send(measured):
    result = run(replace(SMALL, recorded="internal activity"), seed=0)
    with pytest.raises(
        ValueError, match=r"^recorded: expected 'activity', got 'internal activity'"
    ):
        measured(result)
