"""When neurons hear each other: delays, and who is updated before whom, by their own words."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from lsm.delays import UPDATES, synaptic_lags, update_turns
from lsm.delays import with_delays as delayed
from lsm.dynamics import simulate
from lsm.network import Network, two_layer
from lsm.neurons import LSM
from lsm.weights import Normal, weight_distribution
from tests.equations import (
    DT,
    assert_close,
    assert_moments,
    chain,
    groups_of,
    network_by_sayings,
    random_inputs,
    random_network,
    renumbered,
)

quick = settings(deadline=None, max_examples=100, derandomize=True)
seeds = st.integers(0, 2**32 - 1)
updates = st.sampled_from(UPDATES)
most_delays = st.sampled_from([0, 1, 4, 12])


def rng(seed=0):
    return np.random.default_rng(seed)


# Delays as they are drawn


def test_delays_have_their_mean_and_cv():
    network = two_layer(Normal(mean=0.4), sizes=(100, 100), rng=rng())
    assert_moments(delayed(network, 5e-3, rng=rng(1)).delays, 5e-3, 0.2 * 5e-3)
    assert_moments(delayed(network, 5e-3, cv=0.1, rng=rng(1)).delays, 5e-3, 0.1 * 5e-3)


def test_delays_are_never_negative():
    network = two_layer(Normal(mean=0.4), rng=rng())
    assert delayed(network, 1e-3, cv=3.0, rng=rng()).delays.min() >= 0


def test_delays_change_nothing_else():
    network = two_layer(Normal(mean=0.4), rng=rng())
    after = delayed(network, 5e-3, rng=rng())
    for name in {f.name for f in fields(Network)} - {"delays"}:
        np.testing.assert_array_equal(getattr(after, name), getattr(network, name))
    assert not network.delays.any()


def test_a_mean_delay_of_zero_is_no_delay():
    network = two_layer(Normal(mean=0.4), rng=rng())
    np.testing.assert_array_equal(delayed(network, 0.0, rng=rng()).delays, network.delays)


def test_uniform_delays_are_anything_from_zero_to_twice_their_mean():
    network = two_layer(Normal(mean=0.4), sizes=(100, 100), rng=rng())
    delays = delayed(network, 5e-3, law="uniform", rng=rng(1)).delays
    assert_moments(delays, 5e-3, 10e-3 / np.sqrt(12), kurtosis=1.8)
    assert delays.min() >= 0
    assert delays.max() <= 10e-3
    assert kstest(delays.ravel(), "uniform", args=(0, 10e-3)).pvalue > 1e-5


def test_uniform_delays_ignore_the_cv_and_change_nothing_else():
    network = two_layer(Normal(mean=0.4), rng=rng())
    one, two = (delayed(network, 5e-3, cv=cv, law="uniform", rng=rng()) for cv in (0.2, 1.0))
    np.testing.assert_array_equal(one.delays, two.delays)
    for name in {f.name for f in fields(Network)} - {"delays"}:
        np.testing.assert_array_equal(getattr(one, name), getattr(network, name))
    assert not delayed(network, 0.0, law="uniform", rng=rng()).delays.any()


def test_delays_are_normal_unless_asked_otherwise():
    network = two_layer(Normal(mean=0.4), rng=rng())
    one, two = delayed(network, 5e-3, rng=rng()), delayed(network, 5e-3, law="normal", rng=rng())
    np.testing.assert_array_equal(one.delays, two.delays)


# Delays in steps


HALVES = [
    (0.5, 1e-3, 1),
    (1.5, 1e-3, 2),
    (2.5, 1e-3, 3),
    (21.5, 1e-3, 22),  # 0.0215 / 0.001 is 21.499999999999996
    (1.5, 1e-4, 2),
    (5.5, 1e-4, 6),
    (2.4999, 1e-3, 2),
    (2.5001, 1e-3, 3),
    (0.4999, 1e-3, 0),
]


@pytest.mark.parametrize(("delay", "dt", "n_steps"), HALVES)
def test_a_delay_of_half_a_step_is_rounded_up(delay, dt, n_steps):
    delay = float(f"{delay * dt:.12g}")  # as it would be typed
    inputs = np.zeros((1, 40))
    inputs[0, 3] = 1.0
    _, second = simulate(chain(delay), inputs, LSM(k_static=0.2), dt=dt)
    assert np.flatnonzero(second).tolist() == [3 + 1 + n_steps]
    assert synaptic_lags(chain(delay), dt)[1, 0] == 1 + n_steps


@quick
@given(st.floats(0, 1e4), st.sampled_from([1e-3, 5e-4, 1e-4, 0.3]))
def test_no_lag_is_more_than_half_a_step_off(delay, dt):
    lag = synaptic_lags(chain(delay), dt)[1, 0] - 1
    assert abs(lag - delay / dt) <= 0.5 * (1 + 1e-12 * lag)


# Order of update


def earlier(network, update):
    """Whether each source is updated before each target within a step, [target, source]."""
    n = network.n_neurons
    place = {k: i for i, group in enumerate(groups_of(network, update)) for k in group}
    return np.array([[place[j] < place[k] for j in range(n)] for k in range(n)])


@quick
@given(seeds, updates, most_delays)
def test_a_lag_is_the_delay_and_one_step_unless_the_source_comes_first(seed, update, most_delay):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    lag = synaptic_lags(network, DT, update)
    steps = np.rint(network.delays / DT).astype(int)
    np.testing.assert_array_equal(lag, steps + 1 - earlier(network, update))
    assert (lag.diagonal() >= 1).all()  # no neuron hears of itself what it has yet to say
    assert ((lag > 0) | (lag.T > 0)).all()  # nor two each other


def test_the_turns_of_the_two_layer_network_are_excitatory_neurons_first_or_layers():
    network = two_layer(Normal(mean=0.4), sizes=(2, 1), rng=rng())
    assert network.names == ("EN1", "EN2", "EN3", "IN1", "IN2", "IN3")
    turns = {update: update_turns(network, update).tolist() for update in UPDATES}
    assert turns == {
        "together": [0] * 6,
        "in turn": [0, 1, 2, 3, 4, 5],
        "layer by layer": [1, 1, 2, 1, 1, 2],
    }


def test_together_is_the_order_unless_asked_otherwise():
    network = random_network(2, n=6, most_delay=3, n_layers=2)
    inputs = random_inputs(2, network.n_sensors, 50)
    np.testing.assert_array_equal(
        synaptic_lags(network, DT), synaptic_lags(network, DT, "together")
    )
    plain, named = (
        simulate(network, inputs, LSM(k_static=0.1), dt=DT, **how)
        for how in ({}, {"update": "together"})
    )
    np.testing.assert_array_equal(plain, named)


@pytest.mark.parametrize("update", UPDATES)
def test_delays_count_at_most_as_many_steps_as_asked(update):
    network = replace(random_network(3, n=4), delays=np.diag([0.0, 2e-3, 5e-3, 1e50]))
    full = synaptic_lags(replace(network, delays=np.minimum(network.delays, 4e-3)), DT, update)
    np.testing.assert_array_equal(synaptic_lags(network, DT, update, at_most=4), full)
    with pytest.raises(ValueError, match=r"^dt: expected delays of at most .* steps, got 1e\+53"):
        synaptic_lags(network, DT, update)


@pytest.mark.parametrize("call", [update_turns, lambda n, update: synaptic_lags(n, DT, update)])
def test_an_unknown_order_is_refused(call):
    expected = r"^update: expected one of in turn, layer by layer, together, got 'by layer'"
    with pytest.raises(ValueError, match=expected):
        call(random_network(0), "by layer")


@quick
@given(
    seeds,
    updates,
    most_delays,
    st.sampled_from([0.0, 1e-3, 0.05, 1.0]),
    st.sampled_from([0.0, 1e-3, 0.02]),
    st.sampled_from([1e-3, 5e-4]),
)
def test_in_any_order_a_network_is_neurons_that_say_what_they_are(
    seed, update, most_delay, k_static, tau, dt
):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    inputs = random_inputs(seed, network.n_sensors, 30)
    neuron = LSM(k_static=k_static, tau_dyn=tau * np.arange(network.n_neurons))
    expected, _ = network_by_sayings(network, inputs, neuron, dt, update)
    assert_close(simulate(network, inputs, neuron, dt=dt, update=update), expected)


@pytest.mark.parametrize("delay", [0.0, 3e-3])
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("neuron", [LSM(k_static=0.05), LSM(k_static=0.05, shunting=-1.0)])
def test_in_any_order_the_paper_s_network_is_such_neurons(neuron, update, delay):
    neuron = replace(neuron, tau_dyn=np.linspace(0.0, 0.02, 10))
    network = two_layer(weight_distribution("binary", 0.4), sizes=(3, 2), rng=rng())
    network = delayed(network, delay, rng=rng(1))
    inputs = random_inputs(2, 6, 120)
    expected, _ = network_by_sayings(network, inputs, neuron, DT, update)
    found = simulate(network, inputs, neuron, dt=DT, update=update)
    assert found.max() > 0.05  # else nothing is tested
    assert_close(found, expected)
    others = [u for u in UPDATES if u != update]
    for other in others:
        assert np.abs(simulate(network, inputs, neuron, dt=DT, update=other) - found).max() > 1e-3


@quick
@given(
    seeds,
    st.sampled_from(["in turn", "layer by layer"]),
    most_delays,
    st.sampled_from([0.0, 2e-3]),
    st.sampled_from([1.0, 0.3]),
)
def test_an_earlier_neuron_with_one_step_more_of_delay_is_one_updated_together(
    seed, update, most_delay, tau, shunting
):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    later = replace(network, delays=network.delays + DT * earlier(network, update))
    inputs = random_inputs(seed, network.n_sensors, 40)
    neuron = LSM(k_static=0.1, tau_dyn=tau * np.arange(network.n_neurons), shunting=shunting)
    assert_close(
        simulate(later, inputs, neuron, dt=DT, update=update),
        simulate(network, inputs, neuron, dt=DT),
    )


@quick
@given(seeds, st.sampled_from([0, 4]), st.sampled_from([0.0, 0.01]))
def test_layer_by_layer_the_numbers_of_neurons_do_not_matter(seed, most_delay, tau):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    inputs = random_inputs(seed, network.n_sensors, 40)
    to = rng(seed).permutation(network.n_neurons)
    taus = tau * np.arange(network.n_neurons)
    assert_close(
        simulate(
            renumbered(network, to),
            inputs,
            LSM(k_static=0.1, tau_dyn=taus[to]),
            dt=DT,
            update="layer by layer",
        ),
        simulate(network, inputs, LSM(k_static=0.1, tau_dyn=taus), dt=DT, update="layer by layer")[
            to
        ],
    )


def test_in_turn_the_numbers_of_neurons_matter():
    inputs = np.zeros((1, 9))
    inputs[0, 2] = 1.0
    network, neuron = chain(0.0, 0.0), LSM(k_static=0.2)
    forth, back = (
        simulate(renumbered(network, to), inputs, neuron, dt=DT, update="in turn")[to]
        for to in ([0, 1, 2], [2, 1, 0])
    )
    assert [np.flatnonzero(row).tolist() for row in forth] == [[2], [2], [2]]
    assert [np.flatnonzero(row).tolist() for row in back] == [[2], [3], [4]]


@quick
@given(seeds, most_delays, st.sampled_from([0.0, 0.01]))
def test_layers_of_one_neuron_in_order_are_neurons_in_turn(seed, most_delay, tau):
    network = random_network(seed, most_delay=most_delay)
    n = network.n_neurons
    inputs = random_inputs(seed, network.n_sensors, 30)
    neuron = LSM(k_static=0.1, tau_dyn=tau)
    # Layers need not follow each other without gap.
    for layer, update in ((3 * np.arange(n) + 2, "in turn"), (np.full(n, 7), "together")):
        layered = replace(network, layer=layer)
        assert_close(
            simulate(layered, inputs, neuron, dt=DT, update="layer by layer"),
            simulate(network, inputs, neuron, dt=DT, update=update),
        )


def test_layer_by_layer_layer_2_hears_layer_1_at_once_and_not_the_other_way_round():
    network = two_layer(weight_distribution("normal", 0.4), rng=rng())
    sensors = np.zeros((6, 12))
    sensors[:, 4] = 1.0
    neuron = LSM(k_static=0.05)
    # Excitation alone, so that all who hear anything are active.
    network = replace(network, w_rec=np.maximum(network.w_rec, 0.0))
    upward = replace(
        network, w_rec=network.w_rec * ((network.layer == 2)[:, None] & (network.layer == 1))
    )
    active = simulate(upward, sensors, neuron, dt=DT, update="layer by layer") > 0
    expected = np.broadcast_to(np.arange(12) == 4, active.shape)
    np.testing.assert_array_equal(active, expected)
    active = simulate(network, sensors, neuron, dt=DT, update="layer by layer") > 0
    np.testing.assert_array_equal(active, np.broadcast_to(np.arange(12) >= 4, active.shape))
    # Cut from above, layer 1 is the same: of this step it has heard nothing.
    alone = replace(network, w_rec=network.w_rec * (network.layer == 1))
    two = [simulate(n, sensors, neuron, dt=DT, update="layer by layer") for n in (network, alone)]
    first = network.layer == 1
    np.testing.assert_allclose(two[0][first, :5], two[1][first, :5], atol=1e-15)
    assert (np.abs(two[0] - two[1])[first, 5] > 1e-3).all()


# Chains


LATE = {"together": 1, "in turn": 0, "layer by layer": 0}


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("dt", [1e-3, 2.5e-4])
@pytest.mark.parametrize("delays", [(0, 0, 0, 0), (2, 2, 2, 2), (0, 3, 1, 0)])
@pytest.mark.parametrize("unused", [0, 9])  # delays of synapses that are not there
def test_a_chain_passes_a_pulse_on_after_its_delays(update, dt, delays, unused):
    inputs = np.zeros((1, 40))
    inputs[0, 5] = value = 1.0
    network = chain(*(dt * np.array(delays)), unused=unused * dt)
    found = simulate(network, inputs, LSM(k_static=0.2), dt=dt, update=update)
    expected, at, weight = np.zeros_like(found), 5, 1.0
    for k in range(5):
        value = weight * value / (0.2 + weight * value)  # Eq. 1 of a neuron with one synapse
        expected[k, at] = value
        weight = 0.7
        at += LATE[update] + delays[k] if k < 4 else 0
    assert_close(found, expected)


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("delay", [0, 1, 2, 30, 99])
def test_what_arrives_after_the_record_s_end_does_not_arrive(update, delay):
    arrives = delay + LATE[update]
    for n_steps in (arrives, arrives + 1, arrives + 2):
        if n_steps:
            inputs = np.zeros((1, n_steps))
            inputs[0, 0] = 1.0
            network = chain(delay * DT)
            _, second = simulate(network, inputs, LSM(k_static=0.2), dt=DT, update=update)
            expected = [arrives] if n_steps > arrives else []
            assert np.flatnonzero(second).tolist() == expected


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("delay", [0.05, 10.0, 1e12])
def test_with_delays_longer_than_the_record_nobody_hears_anybody(update, delay):
    network = random_network(8, n=6, n_layers=2)
    inputs = random_inputs(8, network.n_sensors, 50)
    neuron = LSM(k_static=0.1, tau_dyn=2e-3)
    never = replace(network, delays=np.full((6, 6), delay))
    alone = replace(network, w_rec=np.zeros((6, 6)))
    found = simulate(never, inputs, neuron, dt=DT, update=update)
    assert_close(found, simulate(alone, inputs, neuron, dt=DT))
    assert np.abs(found - simulate(network, inputs, neuron, dt=DT, update=update)).max() > 1e-3
    # Nor is there memory for what would be remembered in vain.
    some = replace(network, delays=np.where(np.eye(6, k=1) > 0, delay, 0.0))
    cut = replace(network, w_rec=network.w_rec * (np.eye(6, k=1) == 0))
    assert_close(
        simulate(some, inputs, neuron, dt=DT, update=update),
        simulate(cut, inputs, neuron, dt=DT, update=update),
    )


@quick
@given(seeds, updates, most_delays, st.integers(0, 28), st.sampled_from([0.0, 0.01]))
def test_in_no_order_does_the_future_change_the_past(seed, update, most_delay, t, tau):
    network = random_network(seed, most_delay=most_delay, n_layers=3)
    inputs = random_inputs(seed, network.n_sensors, 30)
    changed = inputs.copy()
    changed[:, t + 1 :] = random_inputs(seed + 1, network.n_sensors, 29 - t)
    first, second = (
        simulate(network, x, LSM(k_static=0.1, tau_dyn=tau), dt=DT, update=update)
        for x in (inputs, changed)
    )
    np.testing.assert_array_equal(first[:, : t + 1], second[:, : t + 1])


@pytest.mark.parametrize("tau", [0.0, 0.01])
def test_in_turn_the_order_matters_only_to_who_reads_an_earlier_neuron(tau):
    # What a neuron reads of itself and of later ones is of the step before either way.
    network = random_network(11, n=6)
    network = replace(network, w_rec=np.triu(np.full((6, 6), 0.3)) * network.sign)
    inputs = random_inputs(11, network.n_sensors, 80)
    neuron = LSM(k_static=0.1, tau_dyn=tau)
    together, in_turn = (
        simulate(network, inputs, neuron, dt=DT, update=update)
        for update in ("together", "in turn")
    )
    assert (together > 0).sum() > 100
    assert_close(in_turn, together)
    w_rec = network.w_rec.copy()
    w_rec[4, 3] = 0.3 * network.sign[3]
    network = replace(network, w_rec=w_rec)
    together, in_turn = (
        simulate(network, inputs, neuron, dt=DT, update=update)
        for update in ("together", "in turn")
    )
    assert np.abs(in_turn - together).max() > 1e-3
