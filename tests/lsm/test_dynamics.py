"""Equations 1-5 and the appendix, against loops written from the text and against theory."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsm.delays import UPDATES, with_delays
from lsm.dynamics import (
    hodgkin_huxley_response,
    internal_activity,
    izhikevich_response,
    leak_gain,
    lsm_response,
    simulate,
)
from lsm.inputs import convolve_psp
from lsm.network import Network, two_layer
from lsm.neurons import LSM, HodgkinHuxley, Izhikevich, izhikevich_grid
from lsm.weights import weight_distribution
from tests.equations import (
    DT,
    assert_close,
    chain,
    eq1_and_3,
    eq2,
    network_by_sayings,
    random_inputs,
    random_network,
    renumbered,
)

quick = settings(deadline=None, max_examples=100, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def rng(seed=0):
    return np.random.default_rng(seed)


def network_by_loop(network, inputs, k_static, tau, dt):
    """Every neuron gathers each synapse's past activity, from `1 + delay / dt` steps ago."""
    n, n_steps = network.n_neurons, inputs.shape[1]
    taus = np.broadcast_to(tau, n)
    ago = 1 + np.floor(network.delays / dt + 0.5).astype(int)
    sources = np.arange(n)
    past = np.zeros((n, n_steps + ago.max()))  # silence before the first step
    start = ago.max()
    for t in range(n_steps):
        for k in range(n):
            w = np.concatenate([network.w_in[k], network.w_rec[k]])
            a = np.concatenate([inputs[:, t], past[sources, start + t - ago[k]]])
            undamped = eq1_and_3(w, a, k_static, network.n_synapses[k])
            past[k, start + t] = eq2(past[k, start + t - 1], undamped, taus[k], dt)
    return past[:, start:]


def izhikevich_by_loop(current, model, step, n_substeps):
    """Eq. 4-5, both derivatives taken before either variable moves."""
    v, u = model.c, model.b * model.c
    spikes = []
    for value in current:
        spikes.append(0)
        for _ in range(n_substeps):
            v_rate = model.A * v**2 + model.B * v + model.C - u + value * model.k
            u_rate = model.a * (model.b * v - u)
            v, u = v + step * v_rate, u + step * u_rate
            if v >= model.v_peak:
                v, u = model.c, u + model.d
                spikes[-1] += 1
    return np.array(spikes)


# Networks against the loop


@pytest.mark.parametrize("delay", [0.0, 4e-3])
@pytest.mark.parametrize("tau", [0.0, 0.01])
@pytest.mark.parametrize("autapses", [False, True])
@pytest.mark.parametrize("kind", ["normal", "lognormal", "binary"])
def test_the_paper_s_network_is_the_loop_over_its_equations(kind, autapses, tau, delay):
    network = two_layer(weight_distribution(kind, 0.4), sizes=(3, 2), autapses=autapses, rng=rng())
    if delay:
        network = with_delays(network, delay, rng=rng(1))
    inputs = random_inputs(2, 6, 150)
    activity = simulate(network, inputs, LSM(k_static=0.05, tau_dyn=tau), dt=DT)
    assert activity.max() > 0.05  # else nothing is tested
    assert_close(activity, network_by_loop(network, inputs, 0.05, tau, DT))


@quick
@given(
    seeds,
    st.sampled_from([0.0, 1e-3, 0.05, 1.0, 50.0]),
    st.sampled_from([0.0, 1e-3, 0.02]),
    st.integers(0, 12),
    st.sampled_from([1e-3, 5e-4]),
)
def test_any_network_is_the_loop_over_the_paper_s_equations(seed, k_static, tau, most_delay, dt):
    network = random_network(seed, most_delay=most_delay)
    inputs = random_inputs(seed, network.n_sensors, 40)
    activity = simulate(network, inputs, LSM(k_static=k_static, tau_dyn=tau), dt=dt)
    assert_close(activity, network_by_loop(network, inputs, k_static, tau, dt))


@pytest.mark.parametrize("most_delay", [0, 3])
@pytest.mark.parametrize("n", [5, 8, 9, 41, 64, 127, 128, 129, 201])
def test_a_network_of_any_size_is_the_loop_over_the_paper_s_equations(n, most_delay):
    network = random_network(n, n=n, most_delay=most_delay)
    inputs = random_inputs(n, network.n_sensors, 70 if n < 50 else 8)
    activity = simulate(network, inputs, LSM(k_static=0.05, tau_dyn=0.01), dt=DT)
    assert activity.any()
    assert_close(activity, network_by_loop(network, inputs, 0.05, 0.01, DT))


def test_each_neuron_may_have_its_own_leak():
    network = random_network(3, n=5, most_delay=3)
    inputs = random_inputs(3, network.n_sensors, 100)
    tau = np.array([0.0, 1e-3, 5e-3, 20e-3, 0.1])
    activity = simulate(network, inputs, LSM(k_static=0.1, tau_dyn=tau), dt=DT)
    assert_close(activity, network_by_loop(network, inputs, 0.1, tau, DT))


def test_a_delay_is_rounded_to_the_nearest_step():
    network = random_network(4, n=4)
    inputs = random_inputs(4, network.n_sensors, 60)
    neuron = LSM(k_static=0.1)
    delays = np.full((4, 4), 3.0)
    whole = simulate(replace(network, delays=delays * DT), inputs, neuron, dt=DT)
    for off in (-0.4, 0.4):
        near = simulate(replace(network, delays=(delays + off) * DT), inputs, neuron, dt=DT)
        np.testing.assert_array_equal(near, whole)
    far = simulate(replace(network, delays=(delays + 0.6) * DT), inputs, neuron, dt=DT)
    assert not np.array_equal(far, whole)


# Invariants of networks


@quick
@given(
    seeds,
    st.floats(1e-6, 100),
    st.sampled_from([0.0, 1e-6, 0.01, 10.0]),
    st.integers(0, 5),
    st.floats(1e-6, 1.0),
)
def test_activity_stays_from_zero_to_below_one(seed, k_static, tau, most_delay, dt):
    network = random_network(seed, most_delay=most_delay)
    inputs = random_inputs(seed, network.n_sensors, 60)
    activity = simulate(
        replace(network, delays=network.delays * (dt / DT)),
        inputs,
        LSM(k_static=k_static, tau_dyn=tau),
        dt=dt,
    )
    assert ((activity >= 0) & (activity < 1)).all()


@quick
@given(seeds, st.integers(0, 5), st.integers(0, 38), st.sampled_from([0.0, 0.01]))
def test_what_comes_later_changes_nothing_before(seed, most_delay, t, tau):
    network = random_network(seed, most_delay=most_delay)
    inputs = random_inputs(seed, network.n_sensors, 40)
    changed = inputs.copy()
    changed[:, t + 1 :] = random_inputs(seed + 1, network.n_sensors, 39 - t)
    first, second = (
        simulate(network, x, LSM(k_static=0.1, tau_dyn=tau), dt=DT) for x in (inputs, changed)
    )
    np.testing.assert_array_equal(first[:, : t + 1], second[:, : t + 1])


def test_input_reaches_layer_1_at_once_and_layer_2_one_step_later():
    network = two_layer(weight_distribution("normal", 0.4), rng=rng())
    inputs = np.zeros((6, 10))
    inputs[:, 4:] = 1.0
    active = simulate(network, inputs, LSM(k_static=0.05), dt=DT) > 0
    first, second = active[network.layer == 1], active[network.layer == 2]
    assert first[:, 4].all()
    assert second[:, 5].any()
    assert not first[:, :4].any()
    assert not second[:, :5].any()


@quick
@given(seeds, st.integers(0, 5), st.sampled_from([0.0, 0.01]))
def test_renumbering_the_neurons_renumbers_the_result(seed, most_delay, tau):
    network = random_network(seed, most_delay=most_delay)
    inputs = random_inputs(seed, network.n_sensors, 60)
    to = rng(seed).permutation(network.n_neurons)
    taus = tau * np.arange(network.n_neurons)
    assert_close(
        simulate(renumbered(network, to), inputs, LSM(k_static=0.1, tau_dyn=taus[to]), dt=DT),
        simulate(network, inputs, LSM(k_static=0.1, tau_dyn=taus), dt=DT)[to],
    )


@pytest.mark.parametrize("tau", [0.0, 0.01])
def test_without_recurrent_weights_a_network_is_so_many_single_neurons(tau):
    network = two_layer(weight_distribution("lognormal", 0.4), rng=rng())
    n_inputs = network.n_sensors
    alone = replace(
        network, w_rec=np.zeros_like(network.w_rec), n_synapses=np.full(18, float(n_inputs))
    )
    inputs = random_inputs(1, n_inputs, 200)
    neuron = LSM(k_static=0.3, tau_dyn=tau)
    assert_close(
        simulate(alone, inputs, neuron, dt=DT), lsm_response(inputs, network.w_in, neuron, dt=DT)
    )


@quick
@given(seeds, st.integers(0, 8))
def test_equal_delays_are_the_case_of_different_delays_that_happen_to_be_equal(seed, delay):
    network = random_network(seed, n=5)
    present = np.ones((5, 5))
    present[2, 3] = 0.0
    network = replace(network, w_rec=network.w_rec * present)
    inputs = random_inputs(seed, network.n_sensors, 60)
    delays = np.full((5, 5), delay * DT)
    equal = simulate(replace(network, delays=delays), inputs, LSM(k_static=0.1), dt=DT)
    delays[2, 3] += 7 * DT  # on the way of a synapse that is not there
    other = simulate(replace(network, delays=delays), inputs, LSM(k_static=0.1), dt=DT)
    assert_close(equal, other)


@pytest.mark.parametrize("dt", [1e-3, 2.5e-4])
@pytest.mark.parametrize("delay", [0.0, 1e-3, 4.1e-3, 20e-3])
@pytest.mark.parametrize("extra", [0.0, 9e-3])  # all delays equal, or not
def test_a_synapse_passes_activity_on_after_its_delay_and_one_step(delay, extra, dt):
    inputs = random_inputs(5, 1, 200)
    network = chain(delay, unused=delay + extra)
    first, second = simulate(network, inputs, LSM(k_static=0.2), dt=dt)
    n_steps = 1 + round(delay / dt)
    passed = 0.7 * first / (0.2 + 0.7 * first)  # Eq. 1 of a neuron with this one synapse
    assert_close(second[n_steps:], passed[:-n_steps])
    np.testing.assert_array_equal(second[:n_steps], 0.0)


def test_a_delay_longer_than_the_record_cuts_the_synapse():
    _, second = simulate(chain(1.0), np.ones((1, 100)), LSM(k_static=0.2), dt=DT)
    np.testing.assert_array_equal(second, 0.0)


@pytest.mark.parametrize("most_delay", [0, 4])
def test_a_neuron_without_synapses_is_silent(most_delay):
    network = random_network(6, n=4, most_delay=most_delay)
    others = np.array([[1.0], [0.0], [1.0], [1.0]])
    network = replace(network, w_in=network.w_in * others, w_rec=network.w_rec * others)
    inputs = random_inputs(6, network.n_sensors, 50)
    activity = simulate(network, inputs, LSM(k_static=0.0), dt=DT)
    assert np.isfinite(activity).all()
    assert not activity[1].any()
    assert activity.any()


@pytest.mark.parametrize("sign", [1, -1])
def test_networks_of_one_kind_of_neuron_are_simulated_too(sign):
    network = random_network(8, n=3)
    network = replace(network, w_rec=np.abs(network.w_rec) * sign, sign=np.full(3, sign))
    inputs = random_inputs(8, network.n_sensors, 50)
    activity = simulate(network, inputs, LSM(k_static=0.1), dt=DT)
    assert activity.any()
    assert_close(activity, network_by_loop(network, inputs, 0.1, 0.0, DT))


def test_simulate_leaves_its_arguments_alone():
    network = random_network(8, n=4, most_delay=3)
    inputs = random_inputs(8, network.n_sensors, 50)
    before = [x.copy() for x in (inputs, network.w_in, network.w_rec, network.delays)]
    simulate(network, inputs, LSM(tau_dyn=0.01), dt=DT)
    for x, y in zip((inputs, network.w_in, network.w_rec, network.delays), before, strict=True):
        np.testing.assert_array_equal(x, y)


# The dynamic leak (Eq. 2)


@quick
@given(st.floats(1e-4, 1.0), st.floats(1e-6, 1.0))
def test_a_step_of_input_is_answered_by_an_exponential_at_any_step_size(tau, dt):
    n_steps = 50
    neuron = LSM(k_static=1.0, tau_dyn=tau)
    response = lsm_response(np.full((1, n_steps), 3.0), [0.5], neuron, dt=dt)
    elapsed = dt * np.arange(1, n_steps + 1)
    assert_close(response, 1.5 / (1 + 1.5) * (1 - np.exp(-elapsed / tau)))


def test_after_the_input_activity_decays_with_the_time_constant():
    inputs = np.ones((1, 300))
    inputs[:, 100:] = 0.0
    response = lsm_response(inputs, [1.0], LSM(tau_dyn=0.02), dt=DT)
    elapsed = DT * np.arange(1, 201)
    assert_close(response[100:], response[99] * np.exp(-elapsed / 0.02))


def test_no_leak_is_the_limit_of_a_short_time_constant():
    network = random_network(9, n=5, most_delay=3)
    inputs = random_inputs(9, network.n_sensors, 100)
    without = simulate(network, inputs, LSM(k_static=0.1), dt=DT)
    errors = [
        np.abs(simulate(network, inputs, LSM(k_static=0.1, tau_dyn=tau), dt=DT) - without).max()
        for tau in (DT, DT / 5, DT / 10, DT / 40)
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.01
    assert errors[-1] < 1e-15


@pytest.mark.parametrize("tau", [1e-3, 0.01, 1.0, 1e6])
def test_the_gain_of_two_half_steps_is_that_of_the_whole(tau):
    half, whole = leak_gain(tau, DT / 2), leak_gain(tau, DT)
    assert whole == pytest.approx(half + (1 - half) * half, rel=1e-12, abs=0)
    assert 0 < whole <= DT / tau  # Euler's gain is its upper bound


def test_the_gain_is_accurate_for_slow_leaks():
    taylor = 1e-9 - 1e-18 / 2
    assert leak_gain(1e6, DT) == pytest.approx(taylor, rel=1e-14, abs=0)


# Silence: what decays ends at zero, not among denormal numbers, which some processors are slow at


def assert_ends_at_zero(activity):
    assert (activity.max(axis=-1) > 0.01).all()
    assert not ((activity != 0) & (np.abs(activity) < np.finfo(float).tiny)).any()
    assert (activity[..., -1] == 0).all()


def early_input(n_inputs, n_steps=3000):
    inputs = np.zeros((n_inputs, n_steps))
    inputs[:, :20] = 1.0
    return inputs


@pytest.mark.parametrize("solver", ["exact", "euler"])
def test_a_silent_leaky_neuron_ends_at_zero(solver):
    neuron = LSM(tau_dyn=np.array([1e-3, 2e-3]), solver=solver)
    assert_ends_at_zero(lsm_response(early_input(3), np.ones((2, 3)), neuron, dt=DT / 2))


@pytest.mark.parametrize(
    ("update", "most_delay"), [("together", 0), ("together", 4), ("in turn", 0)]
)
def test_a_silent_leaky_network_ends_at_zero(update, most_delay):
    network = random_network(13, n=10)
    delays = rng(1).integers(0, most_delay + 1, (10, 10)) * DT
    # Without recurrence neurons fall silent with their input.
    network = replace(
        network, w_in=np.ones_like(network.w_in), w_rec=np.zeros((10, 10)), delays=delays
    )
    inputs = early_input(network.n_sensors)
    neuron = LSM(k_static=0.05, tau_dyn=2e-3)
    assert_ends_at_zero(simulate(network, inputs, neuron, dt=DT, update=update))


@pytest.mark.parametrize("method", ["implicit", "explicit"])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_silent_conductance_based_neuron_ends_at_zero(sign, method):
    neuron = HodgkinHuxley(tau=3e-3)
    found = hodgkin_huxley_response(early_input(2), sign * np.ones(2), neuron, dt=DT, method=method)
    assert_ends_at_zero(sign * found)


def test_the_potential_of_one_early_spike_ends_at_zero():
    counts = np.zeros((2, 20_000))
    counts[:, 3] = [1.0, 4.0]
    assert_ends_at_zero(convolve_psp(counts, dt=DT))


# Single linear summation neurons (Eq. 1, 3)


def test_eq_1_by_hand():
    inputs = np.array([[0.6, 0.6, 0.0, 0.0], [0.2, 2.0, 0.5, 0.0]])
    response = lsm_response(inputs, [1.0, -0.5], LSM(k_static=2.0), dt=DT)
    assert_close(response, [(0.6 - 0.1) / (2 * 2 + 0.6 + 0.1), 0, 0, 0])


@quick
@given(seeds, st.sampled_from([0.0, 0.05, 1.0]), st.sampled_from([0.0, 0.01]))
def test_a_single_neuron_is_the_loop_over_the_paper_s_equations(seed, k_static, tau):
    draw = rng(seed)
    n_inputs = draw.integers(1, 7)
    inputs = random_inputs(seed, n_inputs, 50)
    weights = draw.normal(0.2, 1.0, n_inputs) * (draw.random(n_inputs) < 0.8)
    expected = np.zeros(51)
    for t in range(50):
        undamped = eq1_and_3(weights, inputs[:, t], k_static, n_inputs)
        expected[t + 1] = eq2(expected[t], undamped, tau, DT)
    neuron = LSM(k_static=k_static, tau_dyn=tau)
    assert_close(lsm_response(inputs, weights, neuron, dt=DT), expected[1:])


def test_many_neurons_are_answered_one_by_one():
    inputs = random_inputs(10, 4, 60)
    weights = rng(10).normal(0, 1, (5, 4))
    tau = np.array([0.0, 1e-3, 0.01, 0.0, 0.1])
    together = lsm_response(inputs, weights, LSM(tau_dyn=tau), dt=DT)
    conductance = hodgkin_huxley_response(inputs, weights, HodgkinHuxley(), dt=DT)
    assert together.shape == conductance.shape == (5, 60)
    for k in range(5):
        alone = lsm_response(inputs, weights[k], LSM(tau_dyn=tau[k]), dt=DT)
        assert_close(together[k], alone)
        alone = hodgkin_huxley_response(inputs, weights[k], HodgkinHuxley(), dt=DT)
        assert_close(conductance[k], alone)


def test_a_single_neuron_without_weights_or_static_leak_is_silent():
    response = lsm_response(np.ones((3, 20)), np.zeros(3), LSM(k_static=0.0), dt=DT)
    np.testing.assert_array_equal(response, 0.0)


# The conductance-based neuron of the appendix


@quick
@given(seeds, st.floats(-6, 6))
def test_implicit_euler_solves_a7(seed, exponent):
    ratio = 10.0**exponent  # h / tau
    inputs = random_inputs(seed, 4, 40)
    weights = rng(seed).normal(0, 1, 4)
    found = hodgkin_huxley_response(inputs, weights, HodgkinHuxley(tau=DT / ratio), dt=DT)
    v_next, v = found, np.concatenate([[0.0], found[:-1]])
    # A7 as printed: inhibitory weights are negative there.
    rates = weights[:, None] * inputs
    excitatory, inhibitory = rates.clip(min=0).sum(axis=0), rates.clip(max=0).sum(axis=0)
    slope = -v_next + (1 - v_next) * excitatory + (1 + v_next) * inhibitory
    residual = v_next - v - ratio * slope
    scale = 1 + ratio * (1 + excitatory - inhibitory)
    assert np.abs(residual / scale).max() < 1e-14


@quick
@given(seeds, st.floats(-9, 9), st.sampled_from([1.0, 1e6]))
def test_the_potential_stays_between_the_reversal_potentials(seed, exponent, strength):
    inputs = strength * random_inputs(seed, 4, 60)
    weights = rng(seed).normal(0, 3, (3, 4))
    neuron = HodgkinHuxley(tau=DT / 10.0**exponent)
    potential = hodgkin_huxley_response(inputs, weights, neuron, dt=DT)
    assert ((potential >= -1) & (potential <= 1)).all()


@quick
@given(seeds, st.floats(-2, 4))
def test_a8_settles_where_a9_and_the_linear_summation_neuron_lie(seed, exponent):
    weights = rng(seed).normal(0.3, 1, 5)
    level = rng(seed).exponential(1.0, 5)
    inputs = np.repeat(level[:, None], 4000, axis=1)
    neuron = HodgkinHuxley(tau=DT / 10.0**exponent)
    settled = hodgkin_huxley_response(inputs, weights, neuron, dt=DT)[-1]
    wa = weights * level
    assert settled == pytest.approx(wa.sum() / (1 + np.abs(wa).sum()), rel=1e-12)
    static_leak_of_one = LSM(k_static=1 / 5)  # times five synapses, as in A9
    linear = lsm_response(inputs[:, :1], weights, static_leak_of_one, dt=DT)[0]
    assert linear == pytest.approx(max(settled, 0.0), rel=1e-12, abs=1e-12)


def test_explicit_euler_is_the_slope_of_a6_followed_for_a_step():
    inputs, w = random_inputs(3, 3, 40), np.array([0.5, 2.0, -1.0])
    v, expected = 0.0, []
    for x in inputs.T:
        slope = -v + (1 - v) * (w[:2] @ x[:2]) - (1 + v) * x[2]
        v += 0.02 * slope
        expected.append(v)
    got = hodgkin_huxley_response(inputs, w, HodgkinHuxley(tau=0.05), dt=DT, method="explicit")
    assert_close(got, expected)


def test_explicit_euler_leaves_the_reversal_potentials_where_implicit_does_not():
    inputs = np.full((1, 50), 4.0)
    implicit, explicit = (
        hodgkin_huxley_response(inputs, [1.0], HodgkinHuxley(tau=1e-3), dt=DT, method=method)
        for method in ("implicit", "explicit")
    )
    assert implicit.max() < 1 < np.abs(explicit).max()
    with pytest.raises(ValueError, match="method: expected one of explicit, implicit, got 'rk4'"):
        hodgkin_huxley_response(inputs, [1.0], HodgkinHuxley(), dt=DT, method="rk4")


def test_small_steps_approach_the_solution_of_a6():
    # With constant rates A6 is linear: rate (1 + E + I) / tau towards (E - I) / (1 + E + I).
    tau, excitatory, inhibitory = 0.01, 1.3, 0.4
    channels = 1 + excitatory + inhibitory
    errors = []
    for dt in (1e-4, 1e-5):
        n_steps = round(0.02 / dt)
        inputs = np.tile([[excitatory], [inhibitory]], n_steps)
        found = hodgkin_huxley_response(inputs, [1.0, -1.0], HodgkinHuxley(tau=tau), dt=dt)
        elapsed = dt * np.arange(1, n_steps + 1)
        exact = (excitatory - inhibitory) / channels * (1 - np.exp(-channels * elapsed / tau))
        errors.append(np.abs(found - exact).max())
    assert errors[0] < 5e-3
    assert errors[0] / errors[1] == pytest.approx(10, rel=0.1)  # a method of first order


# Izhikevich neurons


@pytest.mark.parametrize("n_substeps", [1, 2, 5])
@pytest.mark.parametrize("dt", [1e-3, 5e-4])
def test_izhikevich_neurons_are_the_loop_over_their_equations(dt, n_substeps):
    inputs = random_inputs(11, 3, 300).clip(max=2)
    weights = np.array([0.05, 0.1, -0.03])
    models = [*izhikevich_grid()[::27], Izhikevich(A=0.05, B=4.5, C=120.0, v_peak=25.0)]
    found = izhikevich_response(inputs, weights, models, dt=dt, n_substeps=n_substeps)
    assert found.shape == (16, 300)
    assert (found.sum(axis=1) > 0).all()
    for spikes, model in zip(found, models, strict=True):
        expected = izhikevich_by_loop(weights @ inputs, model, 1e3 * dt / n_substeps, n_substeps)
        np.testing.assert_array_equal(spikes, expected)


def test_many_izhikevich_neurons_are_answered_one_by_one():
    inputs = random_inputs(12, 3, 200).clip(max=2)
    models = izhikevich_grid()[::40]
    together = izhikevich_response(inputs, [0.05, 0.1, 0.02], models, dt=DT)
    for spikes, model in zip(together, models, strict=True):
        alone = izhikevich_response(inputs, [0.05, 0.1, 0.02], model, dt=DT)
        assert alone.shape == (200,)
        np.testing.assert_array_equal(spikes, alone)


def izhikevich_s_program(current, model, step):
    """The program in Izhikevich (2003), line by line, for one neuron and steps of `step` ms.

    It notes a spike, and resets, at the start of the step after the one that reached the peak.
    """
    v = model.c
    u = model.b * v
    firings = []
    for t, i in enumerate(current):
        fired = v >= model.v_peak
        if fired:
            firings.append(t)
            v = model.c
            u = u + model.d
        v = v + step * 0.5 * (model.A * v**2 + model.B * v + model.C - u + i)
        v = v + step * 0.5 * (model.A * v**2 + model.B * v + model.C - u + i)
        u = u + step * model.a * (model.b * v - u)
    return np.array(firings)


@pytest.mark.parametrize("n_substeps", [1, 2, 5])
@pytest.mark.parametrize("dt", [1e-3, 5e-4])
def test_izhikevich_s_own_scheme_is_his_program(dt, n_substeps):
    inputs = random_inputs(11, 3, 300).clip(max=2)
    weights = np.array([0.05, 0.1, -0.03])
    models = [*izhikevich_grid()[::27], Izhikevich(A=0.05, B=4.5, C=120.0, v_peak=25.0)]
    how = dict(dt=dt, n_substeps=n_substeps)
    found = izhikevich_response(inputs, weights, models, **how, scheme="izhikevich")
    for spikes, model in zip(found, models, strict=True):
        current = np.repeat(weights @ inputs * model.k, n_substeps)
        noted = izhikevich_s_program(np.append(current, 0.0), model, 1e3 * dt / n_substeps)
        expected = np.bincount((noted - 1) // n_substeps, minlength=300)
        np.testing.assert_array_equal(spikes, expected)
    euler = izhikevich_response(inputs, weights, models, **how)
    assert (euler != found).any(axis=1).all()
    np.testing.assert_array_equal(
        euler, izhikevich_response(inputs, weights, models, **how, scheme="euler")
    )


def test_with_fine_steps_both_schemes_have_the_same_spikes():
    inputs = np.full((1, 300), 0.04)
    trains = [
        [
            np.flatnonzero(
                izhikevich_response(
                    inputs, [1.0], Izhikevich(), dt=DT, n_substeps=n_substeps, scheme=scheme
                )
            )
            for scheme in ("euler", "izhikevich")
        ]
        for n_substeps in (1, 1000)
    ]
    coarse, fine = trains
    assert len(fine[0]) == len(fine[1]) > 5
    assert np.abs(fine[0] - fine[1]).max() <= 1
    assert coarse[0].tolist() != coarse[1].tolist()


def test_an_unknown_scheme_is_refused():
    expected = r"^scheme: expected one of euler, izhikevich, got 'heun'"
    with pytest.raises(ValueError, match=expected):
        izhikevich_response(np.ones((1, 5)), [1.0], Izhikevich(), dt=DT, scheme="heun")


def regular_spiking(current):
    """Spike times (ms) over 2 s of constant current, at Izhikevich's step of 0.5 ms."""
    inputs = np.full((1, 2000), current)
    spikes = izhikevich_response(inputs, [1 / 300], Izhikevich(), dt=DT, n_substeps=2)
    assert spikes.max() <= 1
    return np.flatnonzero(spikes)


def test_regular_spiking_is_silent_without_input():
    assert regular_spiking(0.0).size == 0


def test_regular_spiking_fires_on_and_on_at_a_rate_that_grows_with_the_input():
    trains = [regular_spiking(current) for current in (5.0, 8.0, 12.0, 20.0)]
    assert all(train[0] < 200 and train[-1] > 1800 for train in trains)
    counts = [train.size for train in trains]
    assert counts == sorted(set(counts))
    assert 2 * 2 <= counts[0] < counts[-1] <= 2 * 100  # cortical rates, some to tens of Hz


def test_regular_spiking_adapts():
    intervals = np.diff(regular_spiking(12.0))
    assert intervals[0] < 0.8 * intervals[-10:].mean()


def test_inhibition_alone_makes_no_izhikevich_neuron_fire():
    inputs = np.full((1, 500), 0.01)
    assert not izhikevich_response(inputs, [-1.0], Izhikevich(), dt=DT).any()


# The other reading of Eq. 1: the magnitude of the sum, not the sum of magnitudes


def test_eq_1_with_less_shunting_by_hand():
    inputs = np.array([[0.6, 0.6, 0.0, 0.0], [0.2, 2.0, 0.5, 0.0]])
    for shunting, channels in ((1.0, 0.6 + 0.1), (0.5, 0.6 + 0.05), (0.0, 0.6), (-1.0, 0.6 - 0.1)):
        neuron = LSM(k_static=2.0, shunting=shunting)
        response = lsm_response(inputs, [1.0, -0.5], neuron, dt=DT)
        assert_close(response, [(0.6 - 0.1) / (2 * 2 + channels), 0, 0, 0])


@quick
@given(seeds, st.sampled_from([0.0, 0.05, 1.0]), st.sampled_from([0.0, 0.01]))
def test_a_single_neuron_may_divide_by_the_magnitude_of_the_sum(seed, k_static, tau):
    draw = rng(seed)
    n_inputs = draw.integers(1, 7)
    inputs = random_inputs(seed, n_inputs, 40)
    weights = draw.normal(0.2, 1.0, n_inputs) * (draw.random(n_inputs) < 0.8)
    expected = np.zeros(41)
    for t in range(40):
        total = float(weights @ inputs[:, t])
        channels = k_static * n_inputs + abs(total)
        undamped = max(total, 0.0) / channels if total > 0 else 0.0
        expected[t + 1] = eq2(expected[t], undamped, tau, DT)
    neuron = LSM(k_static=k_static, tau_dyn=tau, shunting=-1.0)
    # Without static leak the smallest remainder of a sum decides between 0 and 1.
    found = lsm_response(inputs, weights, neuron, dt=DT)
    sure = np.abs(weights @ inputs) > 1e-9
    if tau == 0:
        np.testing.assert_allclose(found[sure], expected[1:][sure], rtol=1e-6, atol=1e-9)
    elif k_static > 0:
        np.testing.assert_allclose(found, expected[1:], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("update", ["together", "in turn"])
@pytest.mark.parametrize("tau", [0.0, 0.01])
def test_a_network_may_divide_by_the_magnitude_of_the_sum(update, tau):
    network = random_network(12, n=7)
    inputs = random_inputs(12, network.n_sensors, 60)
    activity, expected = np.zeros(7), []
    for x in inputs.T:
        before = activity if update == "in turn" else activity.copy()
        for k in range(7):
            total = network.w_in[k] @ x + network.w_rec[k] @ before
            undamped = max(total, 0.0) / (0.1 * network.n_synapses[k] + abs(total))
            activity[k] = eq2(activity[k], undamped, tau, DT)
        expected.append(activity.copy())
    neuron = LSM(k_static=0.1, tau_dyn=tau, shunting=-1.0)
    found = simulate(network, inputs, neuron, dt=DT, update=update)
    assert found.max() > 0.1
    assert_close(found, np.transpose(expected))
    printed = simulate(network, inputs, LSM(k_static=0.1, tau_dyn=tau), dt=DT, update=update)
    assert (printed <= found + 1e-12).any()
    assert np.abs(printed - found).max() > 1e-3


@quick
@given(
    seeds,
    st.floats(1e-3, 1e3),
    st.sampled_from([1.0, 0.3, -1.0]),
    st.sampled_from(UPDATES),
    st.sampled_from([0, 4]),
)
def test_only_the_ratio_of_weights_and_static_leak_counts(
    seed, factor, shunting, update, most_delay
):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    scaled = replace(network, w_in=factor * network.w_in, w_rec=factor * network.w_rec)
    inputs = random_inputs(seed, network.n_sensors, 30)
    neuron = LSM(k_static=0.1, tau_dyn=2e-3, shunting=shunting)
    np.testing.assert_allclose(
        simulate(scaled, inputs, replace(neuron, k_static=0.1 * factor), dt=DT, update=update),
        simulate(network, inputs, neuron, dt=DT, update=update),
        rtol=1e-6,
        atol=1e-9,
    )


def test_euler_s_leak_is_the_first_order_of_the_exact_one():
    tau = np.array([0.0, 1.0, 0.02, 1e-3, 1e-4])
    found = leak_gain(tau, 1e-3, "euler")
    np.testing.assert_allclose(found, [1.0, 1e-3, 0.05, 1.0, 1.0], rtol=1e-12)
    exact = leak_gain(tau[1], 1e-3)
    assert found[1] - exact == pytest.approx(found[1] ** 2 / 2, rel=1e-3)


def test_a_neuron_s_solver_is_used_by_single_neurons_and_networks():
    x = np.random.default_rng(0).random((3, 50))
    neuron = LSM(tau_dyn=5e-3, solver="euler")
    undamped = lsm_response(x, np.ones(3), LSM(), dt=1e-3)
    expected = np.zeros(51)
    for t in range(50):
        expected[t + 1] = expected[t] + 0.2 * (undamped[t] - expected[t])
    np.testing.assert_allclose(lsm_response(x, np.ones(3), neuron, dt=1e-3), expected[1:])
    network = two_layer(
        weight_distribution("normal", 0.4), sizes=(1, 1), n_sensors=3, rng=np.random.default_rng(0)
    )
    first = simulate(network, x, neuron, dt=1e-3)
    assert (first != simulate(network, x, LSM(tau_dyn=5e-3), dt=1e-3)).any()


# What neurons would be without the threshold of Eq. 3


orders = st.sampled_from(UPDATES)
heard_late = st.sampled_from([0, 1, 4, 60])  # of records of 40 steps


@quick
@given(
    seeds,
    orders,
    heard_late,
    st.sampled_from([1e-3, 0.05, 1.0]),
    st.sampled_from([1.0, 0.3, 0.0, -1.0]),
)
def test_without_leak_activity_is_the_internal_one_above_zero(
    seed, update, most_delay, k_static, shunting
):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    inputs = random_inputs(seed, network.n_sensors, 40)
    neuron = LSM(k_static=k_static, shunting=shunting)
    how = dict(dt=DT, update=update)
    activity = simulate(network, inputs, neuron, **how)
    found = internal_activity(network, inputs, activity, neuron, **how)
    # Where excitation and inhibition all but cancel, the magnitude of their sum has few digits.
    np.testing.assert_allclose(
        np.maximum(found, 0.0), activity, rtol=0, atol=1e-12 if shunting >= 0 else 1e-9
    )
    assert ((found > -1) & (found < 1)).all()


@quick
@given(
    seeds,
    orders,
    heard_late,
    st.sampled_from([1e-3, 0.05, 1.0]),
    st.sampled_from([1.0, 0.3, -1.0]),
    st.sampled_from([1e-3, 5e-4]),
)
def test_internal_activity_is_eq_1_of_whatever_is_sent(
    seed, update, most_delay, k_static, shunting, dt
):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    n, inputs = network.n_neurons, random_inputs(seed, network.n_sensors, 40)
    sent = random_inputs(seed + 1, n, 40)
    taus = np.where(np.arange(n) % 3, 2e-3 * np.arange(n), 0.0)
    neuron = LSM(k_static=k_static, tau_dyn=taus, shunting=shunting)
    found = internal_activity(network, inputs, sent, neuron, dt=dt, update=update)
    _, undamped = network_by_sayings(network, inputs, neuron, dt, update, sent=sent)
    expected = np.zeros((n, 41))
    for t in range(40):
        for k in range(n):
            expected[k, t + 1] = eq2(expected[k, t], undamped[k, t], taus[k], dt)
    np.testing.assert_allclose(found, expected[:, 1:], rtol=0, atol=1e-12 / min(k_static, 1e-2))


@pytest.mark.parametrize("shunting", [1.0, -1.0])
def test_internal_activity_by_hand(shunting):
    # One sensor and one inhibitory neuron, which sends what it is told; both hear both.
    network = Network(
        w_in=[[0.5], [1.0]],
        w_rec=[[0.0, -0.25], [0.0, -0.5]],
        n_synapses=[2, 2],
        delays=np.zeros((2, 2)),
        layer=[1, 1],
        sign=[1, -1],
    )
    inputs, sent = np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[0.0] * 4, [4.0, 0.8, 0.0, 9.0]])
    neuron = LSM(k_static=0.1, shunting=shunting)
    found = internal_activity(network, inputs, sent, neuron, dt=DT)
    both = {1.0: [1.5, 3.0], -1.0: [0.5, 1.0]}[shunting]  # sums of magnitudes, or magnitude of sum
    channels = 0.2 + np.array([[0.5, both[0], 0.2, 0.0], [1.0, both[1], 0.4, 0.0]])
    totals = np.array([[0.5, 0.5 - 1.0, -0.2, 0.0], [1.0, 1.0 - 2.0, -0.4, 0.0]])
    assert_close(found, totals / channels)


@quick
@given(seeds, orders, st.sampled_from([1.0, 0.3, -1.0]), st.sampled_from([0.0, 3e-3]))
def test_other_signs_of_all_sources_turn_the_internal_activity_over(seed, update, shunting, tau):
    network = random_network(seed, most_delay=2, n_layers=2)
    network = replace(network, w_in=0 * network.w_in)
    other = replace(network, w_rec=-network.w_rec, sign=-network.sign)
    n = network.n_neurons
    inputs, sent = np.zeros((network.n_sensors, 30)), random_inputs(seed, n, 30)
    neuron = LSM(k_static=0.1, tau_dyn=tau, shunting=shunting)
    one, two = (
        internal_activity(each, inputs, sent, neuron, dt=DT, update=update)
        for each in (network, other)
    )
    np.testing.assert_allclose(one, -two, rtol=0, atol=1e-15)


@pytest.mark.parametrize("update", UPDATES)
def test_with_leak_neurons_hear_the_threshold_and_the_internal_activity_does_not(update):
    network = two_layer(weight_distribution("normal", 0.4), sizes=(3, 2), rng=rng(1))
    inputs = random_inputs(3, 6, 300)
    neuron = LSM(k_static=0.05, tau_dyn=0.01)
    activity = simulate(network, inputs, neuron, dt=DT, update=update)
    found = internal_activity(network, inputs, activity, neuron, dt=DT, update=update)
    assert found.min() < -0.05
    # A mean of kept values is no less than the kept mean.
    assert (activity >= np.maximum(found, 0.0) - 1e-12).all()
    assert (activity > found + 1e-3).any()
    undamped = internal_activity(
        network, inputs, activity, replace(neuron, tau_dyn=0.0), dt=DT, update=update
    )
    assert_close(activity, smoothed(np.maximum(undamped, 0.0), 1 - np.exp(-0.1)))
    assert_close(found, smoothed(undamped, 1 - np.exp(-0.1)))
    euler = replace(neuron, solver="euler")
    by_euler = internal_activity(network, inputs, activity, euler, dt=DT, update=update)
    assert_close(by_euler, smoothed(undamped, 0.1))


def smoothed(signals, share):
    """Each step goes a share of the way, from zero."""
    state, out = 0.0, np.empty_like(signals)
    for t, x in enumerate(signals.T):
        state = state + share * (x - state)
        out[:, t] = state
    return out


def test_without_channels_there_is_no_internal_activity():
    network = random_network(6, n=4)
    others = np.array([[1.0], [0.0], [1.0], [1.0]])
    network = replace(network, w_in=network.w_in * others, w_rec=network.w_rec * others)
    inputs = random_inputs(6, network.n_sensors, 50)
    found = internal_activity(network, inputs, np.ones((4, 50)), LSM(k_static=0.0), dt=DT)
    np.testing.assert_array_equal(found[1], 0.0)
    assert np.abs(found).max() == 1.0  # without static leak one kind of source alone


def test_internal_activity_leaves_its_arguments_alone():
    network = random_network(8, n=4, most_delay=3)
    inputs, sent = random_inputs(8, network.n_sensors, 50), random_inputs(9, 4, 50)
    before = inputs.copy(), sent.copy()
    internal_activity(network, inputs, sent, LSM(tau_dyn=0.01), dt=DT)
    for x, y in zip((inputs, sent), before, strict=True):
        np.testing.assert_array_equal(x, y)
