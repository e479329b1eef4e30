"""Runs of a setting: what they are made of, and what they share."""

from dataclasses import replace

import numpy as np
import pytest

from lsm.delays import UPDATES, with_delays
from lsm.dynamics import internal_activity, simulate
from lsm.inputs import PSPKernel, bin_spikes, convolve_psp, present, spike_times
from lsm.network import CONNECTIVITY, two_layer
from lsm.neurons import LSM
from lsm.runs import (
    Setting,
    bytes_of_run,
    generators,
    respond,
    run,
    sensory_input,
    sensory_spikes,
)
from lsm.weights import Binary, Lognormal, Normal

SMALL = Setting(sizes=(2, 1), n_sensors=3, n_presentations=3, duration=0.5)
LEAK = LSM(k_static=0.05, tau_dyn=0.01)


def test_a_run_is_the_chain_of_its_parts_with_every_value_of_its_setting():
    setting = Setting(
        weights=Lognormal(mean=0.3, cv=0.5),
        sizes=(3, 2),
        n_sensors=4,
        autapses=True,
        delay=4e-3,
        rate=80.0,
        n_presentations=4,
        duration=0.25,
        jitter=3e-3,
        law="gaussian",
        kernel=PSPKernel(tau_decay=5e-3, latency=2e-3),
        neuron=LSM(k_static=0.2, tau_dyn=0.02),
        dt=5e-4,
        stream=2,
    )
    found = run(setting, seed=3, repeat=1)
    for_inputs, for_weights, for_delays = generators(setting, 3, 1)
    times = spike_times(80.0, 0.25, 4, rng=for_inputs)
    times = present(times, 4, 0.25, jitter=3e-3, law="gaussian", rng=for_inputs)
    inputs = convolve_psp(bin_spikes(times, 2000, dt=5e-4), dt=5e-4, kernel=setting.kernel)
    network = two_layer(setting.weights, sizes=(3, 2), n_sensors=4, autapses=True, rng=for_weights)
    network = with_delays(network, 4e-3, rng=for_delays)
    assert found.setting is setting
    np.testing.assert_array_equal(found.inputs, inputs)
    np.testing.assert_array_equal(found.network.w_rec, network.w_rec)
    np.testing.assert_array_equal(found.network.delays, network.delays)
    np.testing.assert_array_equal(
        found.activity, simulate(network, inputs, setting.neuron, dt=5e-4)
    )


def test_defaults_are_those_of_the_methods():
    s = Setting()
    assert (s.sizes, s.n_sensors, s.autapses, s.delay) == ((5, 4), 6, False, 0)
    assert (s.rate, s.n_presentations, s.duration, s.jitter) == (50, 50, 1, 0.01)
    assert (s.kernel, s.neuron.tau_dyn, s.weights.cv) == (PSPKernel(), 0, 0.2)


def test_a_whole_number_of_steps_may_be_one_only_up_to_rounding():
    assert 0.6 / 2e-4 != 3000
    setting = Setting(duration=0.6, dt=2e-4, n_presentations=2, n_sensors=2)
    assert sensory_input(setting, rng=np.random.default_rng(0)).shape == (2, 6000)


@pytest.mark.parametrize(
    "change", [{"neuron": LEAK}, {"autapses": True}, {"delay": 5e-3}, {"dt": 5e-4}, {"rate": 90.0}]
)
def test_settings_of_one_stream_share_their_weights(change):
    first, second = run(SMALL, seed=0), run(replace(SMALL, **change), seed=0)
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_array_equal(first.network.w_in, second.network.w_in)
    np.testing.assert_array_equal(first.network.w_rec[off], second.network.w_rec[off])


@pytest.mark.parametrize(
    "change",
    [
        {"neuron": LEAK},
        {"autapses": True},
        {"delay": 5e-3},
        {"sizes": (3, 3)},
        {"weights": Binary(p=0.3)},
    ],
)
def test_settings_of_one_stream_share_their_input(change):
    first, second = run(SMALL, seed=0), run(replace(SMALL, **change), seed=0)
    np.testing.assert_array_equal(first.inputs, second.inputs)
    assert (
        first.activity.shape != second.activity.shape or (first.activity != second.activity).any()
    )


def test_leak_and_no_leak_share_their_delays():
    with_delay = replace(SMALL, delay=5e-3)
    first, second = run(with_delay, seed=0), run(replace(with_delay, neuron=LEAK), seed=0)
    np.testing.assert_array_equal(first.network.delays, second.network.delays)
    assert first.network.delays.any()


@pytest.mark.parametrize(
    ("other", "seed", "repeat"),
    [({}, 1, 0), ({}, 0, 1), ({"stream": 1}, 0, 0), ({"stream": 1}, 0, 1)],
    ids=["seed", "repeat", "stream", "stream and repeat"],
)
def test_another_seed_repeat_or_stream_draws_everything_anew(other, seed, repeat):
    setting = replace(SMALL, delay=5e-3)
    first = run(setting, seed=0)
    second = run(replace(setting, **other), seed=seed, repeat=repeat)
    assert (first.inputs != second.inputs).mean() > 0.9
    assert (first.network.w_in != second.network.w_in).sum() == 4 * 3  # layer 1
    assert (first.network.w_rec != second.network.w_rec).sum() == 6 * 5
    assert (first.network.delays != second.network.delays).all()


def test_stream_and_repeat_are_not_exchangeable():
    first, second = (
        run(replace(SMALL, stream=stream), seed=0, repeat=repeat)
        for stream, repeat in ((0, 1), (1, 0))
    )
    assert (first.network.w_rec != second.network.w_rec).any()


def test_inputs_weights_and_delays_are_drawn_apart():
    draws = [generator.random(1000) for generator in generators(SMALL, 0)]
    between = np.corrcoef(draws)[np.triu_indices(3, 1)]
    assert np.abs(between).max() < 5 / np.sqrt(1000)


def test_normal_weights_are_the_default():
    assert Setting().weights == Normal(mean=0.4)


def test_a_run_follows_the_update_and_the_law_of_delays_of_its_setting():
    in_turn = run(replace(SMALL, update="in turn"), seed=0)
    expected = simulate(in_turn.network, in_turn.inputs, SMALL.neuron, dt=1e-3, update="in turn")
    np.testing.assert_array_equal(in_turn.activity, expected)
    assert (in_turn.activity != run(SMALL, seed=0).activity).any()
    setting = replace(SMALL, delay=4e-3, delay_law="uniform")
    found = run(setting, seed=0)
    _, _, for_delays = generators(setting, 0)
    expected = with_delays(found.network, 4e-3, law="uniform", rng=for_delays).delays
    np.testing.assert_array_equal(found.network.delays, expected)


def test_synapses_of_weight_zero_count_or_not():
    setting = replace(SMALL, weights=Binary(p=0.4))
    counted, not_counted = (
        run(replace(setting, count_zero=flag), seed=0).network for flag in (True, False)
    )
    np.testing.assert_array_equal(counted.w_rec, not_counted.w_rec)
    np.testing.assert_array_equal(counted.n_synapses, [8, 8, 5, 8, 8, 5])
    weights = np.concatenate([not_counted.w_in, not_counted.w_rec], axis=1)
    np.testing.assert_array_equal(not_counted.n_synapses, (weights != 0).sum(axis=1))


# Choices that the text leaves open


TO_ENS = (CONNECTIVITY[0], CONNECTIVITY[1], CONNECTIVITY[1], CONNECTIVITY[1])
WITHIN = (
    (1.0, 1.0, 1.0, 0.8, 0.0),
    (0.0, 1.0, 1.0, 0.0, 0.8),
    (1.0, 1.0, 1.0, 0.8, 0.0),
    (0.0, 1.0, 1.0, 0.0, 0.8),
)


@pytest.mark.parametrize("connectivity", [TO_ENS, WITHIN])
def test_a_run_has_the_network_of_its_connectivity(connectivity):
    setting = replace(SMALL, connectivity=connectivity, autapses=True)
    found = run(setting, seed=3, repeat=1)
    expected = two_layer(
        setting.weights,
        sizes=(2, 1),
        n_sensors=3,
        autapses=True,
        connectivity=connectivity,
        rng=generators(setting, 3, 1)[1],
    )
    assert found.network == expected
    plain = run(replace(SMALL, autapses=True), seed=3, repeat=1)
    np.testing.assert_array_equal(found.inputs, plain.inputs)
    assert (found.activity != plain.activity).any()
    # Where there is a synapse in both, they are of the same draw.
    ratio = found.network.w_rec / plain.network.w_rec
    assert set(ratio.ravel().round(12)) <= {0.0, 0.8, 1.0}


@pytest.mark.parametrize("connectivity", [CONNECTIVITY, TO_ENS, WITHIN])
def test_synapses_that_are_not_there_never_count(connectivity):
    setting = replace(SMALL, connectivity=connectivity)  # of normal weights none is zero
    one, two = (run(replace(setting, count_zero=flag), seed=0).network for flag in (True, False))
    np.testing.assert_array_equal(one.n_synapses, two.n_synapses)


DRAWN = replace(SMALL, delay=4e-3, neuron=LSM(k_static=0.05, tau_dyn=4e-3))


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("neuron", [SMALL.neuron, DRAWN.neuron, LSM(k_static=0.1, shunting=-1.0)])
def test_a_run_records_what_its_setting_says(update, neuron):
    setting = replace(DRAWN, update=update, neuron=neuron)
    plain = run(setting, seed=2, repeat=3)
    how = dict(dt=1e-3, update=update)
    np.testing.assert_array_equal(
        plain.activity, simulate(plain.network, plain.inputs, neuron, **how)
    )
    found = run(replace(setting, recorded="internal activity"), seed=2, repeat=3)
    assert found.network == plain.network
    np.testing.assert_array_equal(found.inputs, plain.inputs)
    expected = internal_activity(plain.network, plain.inputs, plain.activity, neuron, **how)
    np.testing.assert_array_equal(found.activity, expected)
    assert found.activity.min() < -0.01
    if not neuron.tau_dyn:
        np.testing.assert_allclose(np.maximum(found.activity, 0), plain.activity, atol=1e-12)


@pytest.mark.parametrize("recorded", ["activity", "internal activity"])
@pytest.mark.parametrize("update", UPDATES)
def test_a_network_that_is_given_responds_as_in_a_run(update, recorded):
    setting = replace(DRAWN, update=update, recorded=recorded)
    found = run(setting, seed=2, repeat=3)
    again = respond(setting, found.network, found.inputs)
    assert again.setting is setting
    assert again.network is found.network
    assert again.inputs is found.inputs
    np.testing.assert_array_equal(again.activity, found.activity)
    cut = replace(found.network, w_rec=0 * found.network.w_rec)
    other = respond(setting, cut, 2 * found.inputs)
    np.testing.assert_array_equal(other.inputs, 2 * found.inputs)
    assert (other.activity >= 0).all()
    assert (other.activity != found.activity).any()


@pytest.mark.parametrize("law", ["walk", "lossy walk"])
def test_a_run_s_input_walks_as_its_setting_says(law):
    setting = replace(SMALL, law=law, jitter=0.1, n_presentations=6)
    rng = generators(setting, 4, 2)[0]
    reference, times = sensory_spikes(setting, rng=generators(setting, 4, 2)[0])
    expected = spike_times(50.0, 0.5, 3, rng=rng)
    np.testing.assert_array_equal(reference, expected)
    expected = present(reference, 6, 0.5, jitter=0.1, law=law, rng=rng)
    np.testing.assert_array_equal(times, expected)
    counts = bin_spikes(times, 3000, dt=1e-3)
    inputs = run(setting, seed=4, repeat=2).inputs
    np.testing.assert_array_equal(inputs, convolve_psp(counts, dt=1e-3))
    n_spikes = counts.reshape(3, 6, 500).sum(axis=-1)
    if law == "lossy walk":
        assert (np.diff(n_spikes, axis=1) <= 0).all()
        assert (n_spikes[:, -1] < n_spikes[:, 0]).all()
    else:
        np.testing.assert_array_equal(n_spikes.sum(axis=1), 6 * 25)


def test_what_is_recorded_and_the_order_of_update_take_memory():
    long = replace(SMALL, n_presentations=100)
    plain = bytes_of_run(long)
    n_signals = 6 * 50_000 * 8  # of all neurons
    internal = bytes_of_run(replace(long, recorded="internal activity"))
    assert internal - plain == pytest.approx(4 * n_signals, rel=0.01)
    for update in ("in turn", "layer by layer"):
        history = bytes_of_run(replace(long, update=update)) - plain
        assert history == pytest.approx(n_signals, rel=0.01)
