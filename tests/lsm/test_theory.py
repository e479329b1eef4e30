"""Linear theory against the simulation that it approximates, and against known values."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.delays import with_delays
from lsm.dynamics import leak_gain, simulate
from lsm.network import Network, two_layer
from lsm.neurons import LSM
from lsm.theory import jacobian, linear_response, spectral_radius
from lsm.weights import Lognormal, Normal

DT = 1e-3
NETWORK = two_layer(
    Normal(mean=0.4), sizes=(3, 2), n_sensors=4, autapses=True, rng=np.random.default_rng(0)
)
DELAYED = with_delays(NETWORK, 3e-3, law="uniform", rng=np.random.default_rng(1))
LEVEL = np.array([0.8, 0.5, 1.2, 0.9])
NEURONS = {
    "plain": LSM(k_static=0.2),
    "leak": LSM(k_static=0.2, tau_dyn=0.01),
    "leaks": LSM(k_static=0.2, tau_dyn=np.linspace(0.02, 0.0, 10)),
    "sum": LSM(k_static=0.2, tau_dyn=2e-3, shunting=-1.0),
}
CASES = [
    pytest.param(network, neuron, id=f"{kind}-{name}")
    for name, neuron in NEURONS.items()
    for kind, network in (("direct", NETWORK), ("delayed", DELAYED))
]


def settled(network, neuron, level, n_steps=3000):
    """Activity under constant input, which must have come to rest."""
    activity = simulate(network, np.repeat(level[:, None], n_steps, axis=1), neuron, dt=DT)
    np.testing.assert_allclose(activity[:, -1], activity[:, -2], rtol=0, atol=1e-14)
    return activity[:, -1]


def one_step(network, neuron, sensors, activity):
    """The step after one in which further sensors, one for each neuron, set the activity."""
    n = network.n_neurons
    setter = replace(network, w_in=np.concatenate([network.w_in, np.eye(n)], axis=1))
    inputs = np.zeros((network.n_sensors + n, 2))
    # Eq. 1 of a neuron at rest, solved for its input.
    static = neuron.k_static * network.n_synapses
    inputs[network.n_sensors :, 0] = static * activity / (1 - activity)
    inputs[: network.n_sensors, 1] = sensors
    found = simulate(setter, inputs, neuron, dt=DT)
    np.testing.assert_allclose(found[:, 0], activity, rtol=1e-12)
    return found[:, 1]


# Jacobian


@pytest.mark.parametrize("shunting", [1.0, 0.3, -1.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_jacobian_is_that_of_one_step_of_the_network(seed, shunting):
    rng = np.random.default_rng(seed)
    network = two_layer(
        Lognormal(mean=0.4, cv=1.0), sizes=(3, 2), n_sensors=4, autapses=True, rng=rng
    )
    neuron = LSM(k_static=0.1, shunting=shunting)
    sensors, activity = 0.5 * rng.random(4), rng.random(10) * 0.8 + 0.05
    activity[network.sign > 0] *= 0.6  # so that some are silenced
    output = one_step(network, neuron, sensors, activity)
    assert (output > 0).any()
    assert (output == 0).any()
    by_neurons, by_sensors = jacobian(network, neuron, sensors, activity)
    assert by_neurons.shape == (10, 10)
    assert by_sensors.shape == (10, 4)
    for j in range(10):
        d = 1e-6 * (np.arange(10) == j)
        up, down = (one_step(network, neuron, sensors, activity + s * d) for s in (1, -1))
        np.testing.assert_allclose(by_neurons[:, j], (up - down) / 2e-6, rtol=1e-6, atol=1e-8)
    for j in range(4):
        d = 1e-6 * (np.arange(4) == j)
        up, down = (one_step(network, neuron, sensors + s * d, activity) for s in (1, -1))
        np.testing.assert_allclose(by_sensors[:, j], (up - down) / 2e-6, rtol=1e-6, atol=1e-8)
    assert not by_neurons[output == 0].any()
    assert not by_sensors[output == 0].any()
    assert by_neurons[output > 0].all()


def test_the_jacobian_does_not_depend_on_delays_or_leak():
    activity = np.linspace(0.1, 0.6, 10)
    plain = jacobian(NETWORK, LSM(k_static=0.2), LEVEL, activity)
    other = jacobian(DELAYED, LSM(k_static=0.2, tau_dyn=0.03), LEVEL, activity)
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_network_at_rest_without_input_answers_what_excites_it():
    neuron, rest, step = LSM(k_static=0.2), np.zeros(10), 1e-7
    by_neurons, by_sensors = jacobian(NETWORK, neuron, np.zeros(4), rest)
    for column, unit in enumerate(step * np.eye(10)):
        grown = one_step(NETWORK, neuron, np.zeros(4), unit)
        np.testing.assert_allclose(by_neurons[:, column], grown / step, rtol=1e-4)
    for column, unit in enumerate(step * np.eye(4)):
        grown = one_step(NETWORK, neuron, unit, rest)
        np.testing.assert_allclose(by_sensors[:, column], grown / step, rtol=1e-4)
    assert by_neurons.any()
    assert by_sensors.any()
    # Where Eq. 1 would divide 0 by 0 there is nothing to answer.
    for found in jacobian(NETWORK, LSM(k_static=0.0), np.zeros(4), rest):
        assert not found.any()


# Spectral radius


@pytest.mark.parametrize(("network", "neuron"), CASES)
def test_small_deviations_die_out_as_the_spectral_radius_says(network, neuron):
    n_before, n_after = 3000, 400
    inputs = np.repeat(LEVEL[:, None], n_before + n_after, axis=1)
    pulsed = inputs.copy()
    pulsed[:, n_before] *= 1 + 0.3 * np.array([1, -2, 3, 1])
    rest, after = (simulate(network, x, neuron, dt=DT)[:, n_before:] for x in (inputs, pulsed))
    radius = spectral_radius(network, neuron, LEVEL, rest[:, 0], dt=DT)
    assert 0 < radius < 1
    # Late, when other modes have died out, but well above rounding errors.
    deviation = after - rest
    size = np.linalg.norm(deviation, axis=0)
    late_steps = (size < 1e-8) & (size > 1e-13)
    late = deviation[:, late_steps]
    assert late.shape[1] >= 6
    if network.delays.any():
        observed = np.exp(np.polyfit(np.arange(late.shape[1]), np.log(size[late_steps]), 1)[0])
    else:
        # A real mode or a pair of complex ones, which few steps of decay leave no envelope of:
        # x[t] = c1 x[t - 1] + c2 x[t - 2] in all neurons.
        weight = 1 / size[late_steps][2:]
        before = [(weight * late[:, i : i - 2]).ravel() for i in (1, 0)]
        terms = np.linalg.lstsq(np.stack(before, axis=1), (weight * late[:, 2:]).ravel())[0]
        observed = np.abs(np.roots([1, *-terms])).max()
    assert observed == pytest.approx(radius, rel=0.01)


def test_where_a_network_does_not_settle_its_rest_is_unstable_and_the_leak_changes_that():
    network = two_layer(Normal(mean=0.4), rng=np.random.default_rng(0))
    network = replace(network, w_rec=4 * network.w_rec)
    neuron, damped = LSM(k_static=0.03), LSM(k_static=0.03, tau_dyn=0.05)
    level = np.full(6, 0.5)
    activity = simulate(network, np.repeat(level[:, None], 3000, axis=1), neuron, dt=DT)
    assert np.ptp(activity[:, -500:], axis=1).max() > 0.1
    at_rest = settled(network, damped, level, 6000)  # the leak does not move the fixed point
    np.testing.assert_allclose(one_step(network, neuron, level, at_rest), at_rest, atol=1e-10)
    assert spectral_radius(network, neuron, level, at_rest, dt=DT) > 1
    assert spectral_radius(network, damped, level, at_rest, dt=DT) < 1


@pytest.mark.parametrize("dt", [1e-3, 5e-4])
@pytest.mark.parametrize("network", [NETWORK, DELAYED], ids=["direct", "delayed"])
def test_without_recurrence_deviations_decay_with_the_slowest_leak(network, dt):
    alone = replace(network, w_rec=np.zeros((10, 10)))
    activity = np.full(10, 0.3)
    for tau in (0.01, np.linspace(0.0, 0.02, 10), np.linspace(0.05, 0.01, 10)):
        found = spectral_radius(alone, LSM(tau_dyn=tau), LEVEL, activity, dt=dt)
        assert found == pytest.approx(np.exp(-dt / np.max(tau)), rel=1e-12)
    assert spectral_radius(alone, LSM(), LEVEL, activity, dt=dt) == pytest.approx(0, abs=1e-12)


def pair(n_lags, own=0.0):
    """Two neurons that excite each other after `n_lags` steps; at rest each answers with j."""
    return Network(
        w_in=np.eye(2),
        w_rec=np.array([[own, 0.7], [0.7, own]]),
        n_synapses=np.array([2.0, 2.0]),
        delays=np.full((2, 2), (n_lags - 1) * DT),
        layer=np.array([1, 1]),
        sign=np.array([1, 1]),
    )


@pytest.mark.parametrize("n_lags", [1, 2, 5, 20])
def test_a_loop_of_delays_needs_so_many_steps_for_one_round(n_lags):
    static, total = 0.6, 0.2 + 0.7 * 0.3
    gain = 0.7 * static / (static + total) ** 2  # derivative of x / (static + x)
    found = spectral_radius(pair(n_lags), LSM(k_static=0.3), [0.2, 0.2], [0.3, 0.3], dt=DT)
    assert found == pytest.approx(gain ** (1 / n_lags), rel=1e-9)


def test_a_loop_with_leak_has_the_eigenvalue_of_its_common_mode():
    static, total = 0.6, 0.2 + 0.7 * 0.3
    loop = 0.7 * static / (static + total) ** 2
    gain = 1 - np.exp(-1e-3 / 0.01)
    neuron = LSM(k_static=0.3, tau_dyn=0.01)
    found = spectral_radius(pair(1), neuron, [0.2, 0.2], [0.3, 0.3], dt=DT)
    assert found == pytest.approx(1 - gain + gain * loop, rel=1e-12)
    # Of the lag n the eigenvalue solves z = 1 - gain + gain * loop / z^(n-1).
    z = spectral_radius(pair(4), neuron, [0.2, 0.2], [0.3, 0.3], dt=DT)
    assert z == pytest.approx(1 - gain + gain * loop / z**3, rel=1e-12)


@pytest.mark.parametrize("factor", [1e-3, 30.0])
@pytest.mark.parametrize(("network", "neuron"), CASES)
def test_only_the_ratio_of_weights_and_static_leak_counts(network, neuron, factor):
    activity = settled(network, neuron, LEVEL)
    scaled = replace(network, w_in=factor * network.w_in, w_rec=factor * network.w_rec)
    other = replace(neuron, k_static=factor * neuron.k_static)
    freqs = [0.0, 20.0, 300.0]
    for one, two in (
        (
            spectral_radius(network, neuron, LEVEL, activity, dt=DT),
            spectral_radius(scaled, other, LEVEL, activity, dt=DT),
        ),
        (
            linear_response(network, neuron, LEVEL, activity, freqs, dt=DT),
            linear_response(scaled, other, LEVEL, activity, freqs, dt=DT),
        ),
    ):
        np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-14)


# Response


@pytest.mark.parametrize("f", [4.0, 40.0, 250.0])
@pytest.mark.parametrize(("network", "neuron"), CASES)
def test_the_response_is_that_of_the_simulation_to_a_small_oscillation(network, neuron, f):
    activity = settled(network, neuron, LEVEL)
    found = linear_response(network, neuron, LEVEL, activity, [f], dt=DT)
    assert found.shape == (1, 10, 4)
    t = DT * np.arange(3000)
    carrier = np.exp(-2j * np.pi * f * t[-1000:])  # whole periods in a second
    for sensor in (0, 3):
        inputs = np.repeat(LEVEL[:, None], t.size, axis=1)
        inputs[sensor] += 1e-3 * np.cos(2 * np.pi * f * t)
        simulated = simulate(network, inputs, neuron, dt=DT)[:, -1000:]
        measured = 2 * (simulated - activity[:, None]) @ carrier / 1000 / 1e-3
        size = np.abs(measured).max()
        assert size > 0
        np.testing.assert_allclose(found[0, :, sensor], measured, rtol=0.01, atol=1e-4 * size)


@pytest.mark.parametrize(("network", "neuron"), CASES)
def test_the_response_to_a_lasting_change_is_the_shift_of_the_fixed_point(network, neuron):
    activity = settled(network, neuron, LEVEL)
    found = linear_response(network, neuron, LEVEL, activity, [0.0], dt=DT)[0]
    np.testing.assert_allclose(found.imag, 0, atol=1e-12)
    for sensor in range(4):
        d = 1e-5 * (np.arange(4) == sensor)
        up, down = (settled(network, neuron, LEVEL + s * d) for s in (1, -1))
        np.testing.assert_allclose(found[:, sensor].real, (up - down) / 2e-5, rtol=1e-5, atol=1e-8)


def test_without_recurrence_the_response_is_that_of_the_leak():
    alone = replace(NETWORK, w_rec=np.zeros((10, 10)))
    neuron, activity = LSM(k_static=0.2, tau_dyn=0.01), np.full(10, 0.3)
    freqs = np.array([0.0, 1.0, 15.9, 100.0, 500.0])
    found = linear_response(alone, neuron, LEVEL, activity, freqs, dt=DT)
    gain = leak_gain(0.01, DT)
    z = np.exp(2j * np.pi * freqs * DT)
    pole = gain / (1 - (1 - gain) / z)
    _, by_sensors = jacobian(alone, neuron, LEVEL, activity)
    np.testing.assert_allclose(found, pole[:, None, None] * by_sensors, rtol=1e-12)


def test_excitation_and_inhibition_that_cancel_but_for_rounding_leave_no_derivative():
    """A total of zero up to rounding is silent, on whichever side of zero the digits fall."""
    even = two_layer(
        Normal(mean=0.4, cv=0.0), n_sensors=4, autapses=True, rng=np.random.default_rng(0)
    )
    active = even.layer == 1
    found = []
    for scale in (1.0, 1 + 1e-15, 1 - 1e-15):
        a = np.where(active, 0.1, 0.0) * np.where(even.sign > 0, scale, 1.0)
        by_neurons, by_sensors = jacobian(even, LSM(k_static=0.2), LEVEL, a)
        assert not by_neurons[~active].any()
        assert by_neurons[active].any(axis=1).all()
        assert by_sensors[active].all()
        found.append(spectral_radius(even, LSM(k_static=0.2), LEVEL, a, dt=DT))
    np.testing.assert_allclose(found, found[0], rtol=1e-12)
